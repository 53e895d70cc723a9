/** A word that is explained where it stands: a button that looks like the text around it. */
import type { ReactNode } from "react";
import type { TermName } from "../../store/term-names.ts";
import { useLookStore } from "../store-context.ts";
import { piecesOf } from "./prose.ts";

export function Term({ name, children = name }: { name: TermName; children?: ReactNode }) {
  const store = useLookStore();
  return (
    <button
      type="button"
      className="term"
      aria-haspopup="dialog"
      onClick={({ currentTarget }) => {
        const { left, top, bottom } = currentTarget.getBoundingClientRect();
        store.getState().openTerm({ name, x: left, top, bottom });
      }}
    >
      {children}
    </button>
  );
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
