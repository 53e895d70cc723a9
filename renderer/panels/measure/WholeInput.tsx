/** A whole number of a form, kept as it is typed; what is no such number is marked. */
import { useId, useState } from "react";
import { readWhole, wholeProblem, type WholeNumber } from "../../store/measure-numbers.ts";
import { TermMark } from "../learn/Words.tsx";

export function WholeInput(props: {
  number: WholeNumber;
  value: string;
  /** What counts while nothing is written; without it something has to be. */
  placeholder?: string;
  unit?: string;
  title?: string;
  /** Words that are allowed beside numbers. */
  words?: readonly string[];
  onChange: (text: string) => void;
}) {
  const { number, value, placeholder, unit, title, words = [], onChange } = props;
  const id = useId();
  const isEmpty = value.trim() === "" && placeholder !== undefined;
  const isRight = isEmpty || words.includes(value.trim()) || readWhole(value, number) !== undefined;
  return (
    <div className="whole-input" title={isRight ? title : wholeProblem(value, number)}>
      <span className="named">
        <label htmlFor={id}>
          {number.title}
          {unit !== undefined && <span className="unit"> {unit}</span>}
        </label>
        <TermMark of={number.title} />
      </span>
      <input
        id={id}
        className="num"
        inputMode="numeric"
        autoComplete="off"
        value={value}
        placeholder={placeholder}
        aria-invalid={!isRight}
        list={words.length > 0 ? `${id}-words` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {words.length > 0 && (
        <datalist id={`${id}-words`}>
          {words.map((word) => (
            <option key={word} value={word} />
          ))}
        </datalist>
      )}
    </div>
  );
}

/** The same for a number that counts at once: what is no number yet is kept here, and not told. */
export function LiveWholeInput(props: {
  number: WholeNumber;
  value: number;
  title?: string;
  onChange: (value: number) => void;
}) {
  const { number, value, title, onChange } = props;
  const [draft, setDraft] = useState<{ text: string; of: number }>();
  return (
    <WholeInput
      number={number}
      value={draft?.of === value ? draft.text : String(value)}
      {...(title === undefined ? {} : { title })}
      onChange={(text) => {
        const read = readWhole(text, number);
        setDraft({ text, of: read ?? value });
        if (read !== undefined) onChange(read);
      }}
    />
  );
}
