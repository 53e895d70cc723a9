/** Text with words of the glossary in it: "Each [patch token] is …", or "[crops|crop]" for another form. */
import { termNames, type TermName } from "../../store/term-names.ts";

export type Piece = string | { readonly text: string; readonly name: TermName };

/** @throws {Error} where a word is none of the glossary's: a fault of ours */
export function piecesOf(text: string): Piece[] {
  return text.split(/(\[[^\]]+\])/).flatMap((piece): Piece[] => {
    if (piece === "") return [];
    if (!piece.startsWith("[")) return [piece];
    const [shown = "", name = shown] = piece.slice(1, -1).split("|");
    const term = termNames.find((one) => one === name);
    if (!term) throw new Error(`internal: no glossary entry "${name}"`);
    return [{ text: shown, name: term }];
  });
}

/** The same text without the marks. */
export const plainText = (text: string): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? piece : piece.text))
    .join("");
