/** Text cut to a width: a title that ends in an ellipsis, a caption in lines. */
import type { TextStyle } from "./drawing.ts";
import { textWidth } from "./fonts.ts";

/** The text, or as much of its beginning as there is room for. @param room points */
export function fitted(text: string, style: TextStyle, room: number): string {
  if (textWidth(text, style) <= room) return text;
  const letters = Array.from(text);
  let [fits, over] = [0, letters.length];
  const cut = (count: number) => `${letters.slice(0, count).join("").trimEnd()}…`;
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (textWidth(cut(middle), style) <= room) fits = middle;
    else over = middle;
  }
  return fits === 0 ? "" : cut(fits);
}

/** Lines as wide as the room; a word that is wider is broken. Line breaks of the text are kept. */
export function wrapped(text: string, style: TextStyle, room: number): string[] {
  return text.split(/\r?\n/).flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/\s+/).filter(Boolean).flatMap(broken(style, room))) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && textWidth(longer, style) > room) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  });
}

const broken = (style: TextStyle, room: number) => (word: string) => {
  if (textWidth(word, style) <= room) return [word];
  const parts: string[] = [];
  let part = "";
  for (const letter of word) {
    if (part !== "" && textWidth(part + letter, style) > room) {
      parts.push(part);
      part = "";
    }
    part += letter;
  }
  return [...parts, part];
};
