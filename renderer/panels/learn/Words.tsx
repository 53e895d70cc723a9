/** Text whose words the glossary explains, wherever the page writes a sentence, a heading or a label. */
import { Children, useCallback, useState, type ReactNode } from "react";
import type { TermName } from "../../store/term-names.ts";
import { joinPanel } from "./first-mention.ts";
import { Term, useOpenTerms } from "./Term.tsx";
import { termsIn, wordsIn } from "./word-forms.ts";

/**
 * Strings among the children are searched; elements stay as they are.
 *
 * @param means what words as they are written here stand for, where they have other senses
 */
export function Words({ children, means = {} }: { children: ReactNode; means?: Meanings }) {
  return Children.map(children, (child) =>
    typeof child === "string" ? <Sentence text={child} means={means} /> : child,
  );
}

export type Meanings = Readonly<Record<string, TermName>>;

function Sentence({ text, means }: { text: string; means: Meanings }) {
  const pieces = wordsIn(text);
  if (pieces.every((piece) => typeof piece === "string")) return text;
  return (
    // One element: in a row of a flexible box it stays one part.
    <span>
      {pieces.map((piece, i) =>
        typeof piece === "string" ? (
          piece
        ) : (
          <Mention key={i} name={means[piece.text] ?? piece.name}>
            {piece.text}
          </Mention>
        ),
      )}
    </span>
  );
}

/** One word, a link where it is the first of its panel. */
export function Mention({ name, children }: { name: TermName; children: ReactNode }) {
  const [isLinked, setLinked] = useState(false);
  const join = useCallback((element: HTMLElement) => joinPanel(element, name, setLinked), [name]);
  return (
    <span ref={join} data-mention={name}>
      {isLinked ? <Term name={name}>{children}</Term> : children}
    </span>
  );
}

/**
 * Beside a label, which has a use of its own for a click: a mark that tells what the label's words
 * mean, seen while the field is pointed at or has the focus.
 */
export function TermMark({ of: text, means }: { of: string; means?: TermName | undefined }) {
  const open = useOpenTerms();
  const [linked, setLinked] = useState<readonly TermName[]>([]);
  const names = (means === undefined ? termsIn(text) : [means]).join("\n");
  const join = useCallback(
    (element: HTMLElement) => {
      const leaving = (names.split("\n") as TermName[]).map((name) =>
        joinPanel(element, name, () => setLinked((before) => [...before, name])),
      );
      return () => {
        for (const leave of leaving) leave();
        setLinked([]);
      };
    },
    [names],
  );
  if (names === "") return null;
  return (
    <span className="term-mark" ref={join}>
      {linked.length > 0 && (
        <button
          type="button"
          data-terms={linked.join("\n")}
          aria-label={`What is meant: ${linked.join(", ")}`}
          title={`What is meant: ${linked.join(", ")}`}
          aria-haspopup="dialog"
          onClick={(event) => open(linked, event)}
        />
      )}
    </span>
  );
}

/** A field's label with its mark; a label for nobody's eyes needs none. */
export function FieldLabel(props: {
  htmlFor: string;
  /** What the whole label stands for, where its word has other senses. */
  means?: TermName | undefined;
  children: string;
}) {
  const { htmlFor, means, children } = props;
  return (
    <span className="named">
      <label htmlFor={htmlFor} data-mention={means}>
        {children}
      </label>
      <TermMark of={children} means={means} />
    </span>
  );
}
