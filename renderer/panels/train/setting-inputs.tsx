/** The plain inputs of a recipe: a typed number or text that may be wrong for a while, a switch, a choice. */
import { createContext, useContext, useEffect, useState } from "react";
import {
  formatNumber,
  parseNumber,
  parseText,
  type FieldDescription,
  type Parsed,
  type SettingPath,
} from "./recipe-form.ts";

export interface InputProps {
  readonly field: FieldDescription;
  readonly value: unknown;
  readonly path: SettingPath;
  /** Of the element that the label belongs to. */
  readonly id: string;
  /** What the setting is called, for parts that have no label of their own. */
  readonly title: string;
  readonly disabled: boolean;
  /** Ids of findings beside the setting. */
  readonly describedBy?: string | undefined;
  readonly onChange: (value: unknown) => void;
}

/** Told of text that is not valid and therefore not in the recipe; undefined once it is. */
export type ReportProblem = (path: string, message: string | undefined) => void;
export const ProblemContext = createContext<ReportProblem>(() => {});

export function NumberInput(props: InputProps) {
  const { field, value } = props;
  return (
    <TypedInput
      {...props}
      shown={typeof value === "number" ? formatNumber(value) : ""}
      parse={(text) => parseNumber(text, field)}
      isNumber
    />
  );
}

export function TextInput(props: InputProps) {
  const shown = typeof props.value === "string" ? props.value : "";
  return <TypedInput {...props} shown={shown} parse={parseText} />;
}

/** What is typed stays as it is typed; what is valid is sent up at once. */
function TypedInput(
  props: InputProps & {
    shown: string;
    parse: (text: string) => Parsed<unknown>;
    isNumber?: boolean;
  },
) {
  const { field, value, path, id, title, disabled, describedBy, onChange, shown, parse } = props;
  const [draft, setDraft] = useState<{ text: string; of: unknown }>();
  // A value that came from elsewhere, as from a preset, takes the place of what was typed.
  const text = draft && Object.is(draft.of, value) ? draft.text : shown;
  const parsed = text === shown || (field.nullable && text.trim() === "") ? undefined : parse(text);
  const message = parsed && "message" in parsed ? parsed.message : undefined;
  useProblem(path, title, message);

  const type = (typed: string) => {
    const next =
      field.nullable && typed.trim() === "" ? ({ value: null } as Parsed<unknown>) : parse(typed);
    const isValid = "value" in next;
    setDraft({ text: typed, of: isValid ? next.value : value });
    if (isValid && !Object.is(next.value, value)) onChange(next.value);
  };
  return (
    <>
      <input
        id={id}
        className={props.isNumber ? "num" : ""}
        type="text"
        inputMode={props.isNumber ? "decimal" : "text"}
        autoComplete="off"
        spellCheck={false}
        placeholder={field.nullable ? "none" : ""}
        value={text}
        disabled={disabled}
        aria-invalid={message !== undefined}
        aria-describedby={
          [message && `${id}-problem`, describedBy].filter(Boolean).join(" ") || undefined
        }
        onChange={(event) => type(event.target.value)}
        onBlur={() => message === undefined && setDraft(undefined)}
      />
      {message !== undefined && (
        <p className="problem" id={`${id}-problem`} role="status">
          {message}
        </p>
      )}
    </>
  );
}

function useProblem(path: SettingPath, title: string, message: string | undefined): void {
  const report = useContext(ProblemContext);
  const place = path.join(".");
  useEffect(() => {
    if (message === undefined) return;
    report(place, `${title}: ${message}`);
    return () => report(place, undefined);
  }, [report, place, title, message]);
}

export function SwitchInput({ value, id, disabled, describedBy, onChange }: InputProps) {
  return (
    <span className="switch">
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={value === true}
        disabled={disabled}
        aria-describedby={describedBy}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span aria-hidden="true">{value === true ? "on" : "off"}</span>
    </span>
  );
}

/** `written` is what a value that is no name is called, where there may be one. */
export function SelectInput(props: InputProps & { written?: { start: () => unknown } }) {
  const { field, value, id, disabled, describedBy, onChange, written } = props;
  const choices = field.choices ?? [];
  const isName = typeof value === "string";
  const none = -1;
  const shape = choices.length;
  return (
    <select
      id={id}
      disabled={disabled}
      aria-describedby={describedBy}
      title={isName ? value : value === null ? "none" : "written out"}
      value={value === null ? none : isName ? choices.indexOf(value) : shape}
      onChange={(event) => {
        const index = Number(event.target.value);
        if (index === none) onChange(null);
        else onChange(index === shape ? written?.start() : choices[index]);
      }}
    >
      {field.nullable && <option value={none}>none</option>}
      {choices.map((name, index) => (
        <option key={name} value={index}>
          {name}
        </option>
      ))}
      {written && <option value={shape}>written out…</option>}
    </select>
  );
}
