/** A word that is explained where it stands: it looks like the text around it until it is pointed at. */
import type { KeyboardEvent, MouseEvent, ReactNode } from "react";
import type { TermName } from "../../store/term-names.ts";
import { useLookStore } from "../store-context.ts";
import { piecesOf } from "./prose.ts";

export function Term({ name, children = name }: { name: TermName; children?: ReactNode }) {
  const open = useOpenTerms();
  // A button would not break where the line around it does.
  return (
    <span
      role="button"
      tabIndex={0}
      className="term"
      data-terms={name}
      aria-haspopup="dialog"
      onClick={(event) => open([name], event)}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") open([name], event);
      }}
    >
      {children}
    </span>
  );
}

/** Shows what words mean beside what was pressed. */
export function useOpenTerms() {
  const store = useLookStore();
  return (names: readonly TermName[], event: MouseEvent | KeyboardEvent) => {
    const { left, top, bottom } = event.currentTarget.getBoundingClientRect();
    event.preventDefault();
    store.getState().openTerms({ names, x: left, top, bottom });
  };
}

/** Words in brackets are explained; see prose.ts. */
export function Prose({ text }: { text: string }) {
  return piecesOf(text).map((piece, i) =>
    typeof piece === "string" ? (
      piece
    ) : (
      <Term key={i} name={piece.name}>
        {piece.text}
      </Term>
    ),
  );
}
