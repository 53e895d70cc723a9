/** The few kinds of input that the panels are made of, each with its label, value and shortcut. */
import { useId, type ReactNode } from "react";
import type { TermName } from "../store/term-names.ts";
import { FieldLabel, Words, type Meanings } from "./learn/Words.tsx";

interface FieldProps {
  readonly label: string;
  /** Shown as the tooltip; names the keys. */
  readonly title?: string;
  /** What the label stands for, where its word has other senses. */
  readonly means?: TermName;
}

export function Slider(
  props: FieldProps & {
    value: number;
    min: number;
    max: number;
    step?: number;
    shown: string;
    onChange: (value: number) => void;
  },
) {
  const id = useId();
  const { label, title, means, value, min, max, step = 1, shown, onChange } = props;
  const filled = max > min ? ((value - min) / (max - min)) * 100 : 100;
  return (
    <div className="field" title={title}>
      <FieldLabel htmlFor={id} means={means}>
        {label}
      </FieldLabel>
      <output className="num" htmlFor={id}>
        {shown}
      </output>
      <input
        id={id}
        type="range"
        {...{ min, max, step, value }}
        disabled={max <= min}
        aria-valuetext={shown}
        style={{ "--filled": `${filled}%` } as React.CSSProperties}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
    </div>
  );
}

export interface Option<T> {
  readonly value: T;
  readonly label: string;
  readonly title?: string;
}

export function Choice<T extends string>(
  props: FieldProps & {
    value: T;
    options: readonly Option<T>[];
    onChange: (value: T) => void;
    note?: ReactNode;
  },
) {
  const id = useId();
  const { label, title, means, value, options, onChange, note } = props;
  return (
    <div className="field" title={title}>
      <FieldLabel htmlFor={id} means={means}>
        {label}
      </FieldLabel>
      {note !== undefined && (
        <output className="num">
          <Words>{note}</Words>
        </output>
      )}
      <select
        id={id}
        // In full, where the field is narrower than its words.
        title={title ?? options.find((option) => option.value === value)?.label}
        value={value}
        onChange={(event) => onChange(event.target.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} title={option.title}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A row of radio buttons that looks like one control. */
export function Segments<T extends string>(
  props: FieldProps & {
    value: T;
    options: readonly Option<T>[];
    columns?: number;
    hideLabel?: boolean;
    onChange: (value: T) => void;
  },
) {
  const name = useId();
  const { label, title, value, options, columns = options.length, hideLabel, onChange } = props;
  return (
    <fieldset className="field segments" title={title}>
      <legend className={hideLabel ? "unseen" : ""}>
        {hideLabel ? label : <Words>{label}</Words>}
      </legend>
      <div style={{ gridTemplateColumns: `repeat(${columns}, auto)` }}>
        {options.map((option) => (
          <label key={option.value} title={option.title}>
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function NumberField(
  props: FieldProps & { value: number; min: number; max: number; onChange: (v: number) => void },
) {
  const id = useId();
  const { label, title, means, value, min, max, onChange } = props;
  return (
    <div className="field inline" title={title}>
      <FieldLabel htmlFor={id} means={means}>
        {label}
      </FieldLabel>
      <input
        id={id}
        className="num"
        type="number"
        {...{ min, max, value }}
        onChange={({ target }) => {
          const next = target.valueAsNumber;
          if (Number.isInteger(next) && next >= min && next <= max) onChange(next);
        }}
      />
    </div>
  );
}

/** Label and text, one pair a line. */
export function Facts(props: {
  facts: readonly { label: string; means?: Meanings; text: ReactNode }[];
  /** Longer texts read better from the left. */
  isProse?: boolean;
}) {
  const { facts, isProse = false } = props;
  return (
    <dl className={isProse ? "facts prose" : "facts"}>
      {facts.map(({ label, means = {}, text }, index) => (
        <div key={`${index} ${label}`}>
          <dt>
            <Words means={means}>{label}</Words>
          </dt>
          <dd>
            <Words>{text}</Words>
          </dd>
        </div>
      ))}
    </dl>
  );
}
