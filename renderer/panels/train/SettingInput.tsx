/** The input of one setting by its kind, objects and lists with the inputs of what is in them. */
import { useRef } from "react";
import type { TermName } from "../../store/term-names.ts";
import {
  describeNumber,
  partsOf,
  setValue,
  startOf,
  titleOf,
  type FieldDescription,
  type SettingPath,
} from "./recipe-form.ts";
import {
  NumberInput,
  SelectInput,
  SwitchInput,
  TextInput,
  type InputProps,
} from "./setting-inputs.tsx";
import { TermMark } from "../learn/Words.tsx";

/** Kinds whose title is a legend: there is no single input that it could label. */
export const isContainer = ({ kind }: FieldDescription) => kind === "object" || kind === "list";

/** A cell with the control, and under it what is nested. */
export function SettingInput(props: InputProps) {
  const { field, value } = props;
  switch (field.kind) {
    case "integer":
    case "number":
      return (
        <Control {...props}>
          <NumberInput {...props} />
        </Control>
      );
    case "text":
      return (
        <Control {...props}>
          <TextInput {...props} />
        </Control>
      );
    case "boolean":
      return (
        <Control {...props}>
          <SwitchInput {...props} />
        </Control>
      );
    case "choice":
      return (
        <Control {...props}>
          <SelectInput {...props} />
        </Control>
      );
    case "choiceOrObject":
      return (
        <>
          <Control {...props}>
            <SelectInput {...props} written={{ start: () => partsOf(field) }} />
          </Control>
          {isObject(value) && <Parts {...props} />}
        </>
      );
    case "object":
      return (
        <>
          {field.nullable && <Control {...props} />}
          {isObject(value) && <Parts {...props} />}
        </>
      );
    case "list":
      return (
        <>
          {field.nullable && <Control {...props} />}
          {Array.isArray(value) && <Entries {...props} entries={value} />}
        </>
      );
  }
}

/** The control with its unit, and "none" where null is a value and the control cannot say it. */
function Control(props: InputProps & { children?: React.ReactNode }) {
  const { field, value, id, title, disabled, onChange, children } = props;
  const cell = useRef<HTMLDivElement>(null);
  const isSelect = field.kind === "choice" || field.kind === "choiceOrObject";
  const toggleNone = () => {
    if (value !== null) {
      onChange(null);
      return;
    }
    const start = startOf(field);
    // A number or a text has no start to guess: it is typed.
    if (start === null) cell.current?.querySelector("input")?.focus();
    else onChange(start);
  };
  return (
    <div className="control" ref={cell}>
      {children}
      {field.unit && !isContainer(field) && <span className="unit">{field.unit}</span>}
      {field.nullable && !isSelect && (
        <button
          id={children === undefined ? id : undefined}
          aria-pressed={value === null}
          aria-label={`${title}: none`}
          disabled={disabled}
          onClick={toggleNone}
        >
          none
        </button>
      )}
    </div>
  );
}

function Parts(props: InputProps) {
  const { field, value, path, id, title, disabled, describedBy, onChange } = props;
  return (
    <fieldset className="nested" aria-describedby={describedBy}>
      <legend className="unseen">{title}</legend>
      {Object.entries(field.parts ?? {}).map(([key, part]) => (
        <Part
          key={key}
          name={key}
          of={title}
          field={part}
          value={(value as Record<string, unknown>)[key]}
          path={[...path, key]}
          id={`${id}-${key}`}
          disabled={disabled}
          onChange={(next) => onChange(setValue(value, [key], next))}
        />
      ))}
    </fieldset>
  );
}

/** Parts of a model whose names have other senses. */
const partMeans: Readonly<Record<string, TermName>> = { depth: "block", heads: "attention head" };

function Part(props: {
  name: string;
  of: string;
  field: FieldDescription;
  value: unknown;
  path: SettingPath;
  id: string;
  disabled: boolean;
  onChange: (value: unknown) => void;
}) {
  const { name, of, field, id } = props;
  const title = titleOf(name);
  const isNumber = field.kind === "integer" || field.kind === "number";
  return (
    <div
      className="part"
      title={[field.help, isNumber && `${describeNumber(field)}.`].filter(Boolean).join(" ")}
    >
      {isContainer(field) ? (
        <span className="label">{title}</span>
      ) : (
        <span className="named">
          <label htmlFor={id} data-mention={partMeans[name]}>
            {title}
          </label>
          <TermMark of={`${title}, ${field.unit}`} means={partMeans[name]} />
        </span>
      )}
      <SettingInput {...props} title={`${of}, ${title.toLowerCase()}`} />
    </div>
  );
}

function Entries(props: InputProps & { entries: readonly unknown[] }) {
  const { field, entries, path, id, title, disabled, describedBy, onChange } = props;
  const { item, range: [fewest, most] = [0, Infinity] } = field;
  if (!item) return null;
  const isPlain = !isContainer(item);
  return (
    <fieldset
      className={isPlain ? "nested list plain" : "nested list"}
      aria-describedby={describedBy}
    >
      <legend className="unseen">{title}</legend>
      {entries.map((entry, index) => (
        <div className="entry" key={index}>
          <div className="entry-head">
            {isPlain ? (
              <label className="num" htmlFor={`${id}-${index}`}>
                <span className="unseen">{title} </span>
                {index + 1}
              </label>
            ) : (
              <span className="label">{`${title} ${index + 1}`}</span>
            )}
            <button
              aria-label={`Remove ${index + 1} of ${title}`}
              disabled={disabled || entries.length <= fewest}
              onClick={() => onChange(entries.filter((_, other) => other !== index))}
            >
              Remove
            </button>
          </div>
          <SettingInput
            field={item}
            value={entry}
            path={[...path, index]}
            id={`${id}-${index}`}
            title={`${title} ${index + 1}`}
            disabled={disabled}
            onChange={(next) => onChange(entries.with(index, next))}
          />
        </div>
      ))}
      <button
        className="add"
        id={id}
        disabled={disabled || entries.length >= most}
        onClick={() => onChange([...entries, startOf(item)])}
      >
        Add<span className="unseen"> to {title}</span>
      </button>
      {entries.length === 0 && <span className="faint"> none yet</span>}
    </fieldset>
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
