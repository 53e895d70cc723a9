/** A line for what is to be opened, and the button that opens it. */
import { useId, useState, type ReactNode } from "react";
import { FieldLabel } from "./learn/Words.tsx";

export function OpenForm(props: {
  label: string;
  placeholder?: string;
  title: string;
  /** What the button says. */
  action: string;
  /** What stands there at first. */
  initial?: string | undefined;
  /** Offered while a person types. */
  offered?: readonly { readonly value: string; readonly label: string }[] | undefined;
  /** Beneath: other ways. */
  children?: ReactNode;
  /** @param text without spaces around it, and not empty */
  onOpen: (text: string) => unknown;
}) {
  const { label, placeholder = "path on the engine's machine", title, action } = props;
  const { initial = "", offered = [], children, onOpen } = props;
  const id = useId();
  const [text, setText] = useState(initial);
  const wanted = text.trim();
  return (
    <form
      className="open-model"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== "") onOpen(wanted);
      }}
    >
      <FieldLabel htmlFor={id}>{label}</FieldLabel>
      <input
        id={id}
        list={`${id}-offered`}
        value={text}
        placeholder={placeholder}
        title={title}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      <datalist id={`${id}-offered`}>
        {offered.map(({ value, label: name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </datalist>
      <button type="submit" disabled={wanted === ""}>
        {action}
      </button>
      {children}
    </form>
  );
}
