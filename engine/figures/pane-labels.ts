/** Words in a picture: around their place as far as the picture's edges let them, none over another. */
import type { FigurePane } from "../protocol/figure.ts";
import type { Box, Colour, Part, TextPart, TextStyle } from "./drawing.ts";
import { textWidth } from "./fonts.ts";
import { pointOnPage, type Stage } from "./pane-marks.ts";
import { fitted } from "./text-lines.ts";

/** Beside the words, in points. */
const margin = 2.5;

/** @param inks the words' own, and the paper's that what lies behind them shows through a little */
export function labelParts(
  labels: FigurePane["labels"],
  stage: Stage,
  style: TextStyle,
  { colour, paper }: { readonly colour: Colour; readonly paper: Colour },
): Part[] {
  const { box } = stage;
  const papers: Box[] = [];
  const line = style.size * 1.2;
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  const words = labels.flatMap((label): TextPart[] => {
    const lines = linesOf(label.text, style, box.width);
    const width = Math.max(...lines.map((text) => textWidth(text, style)));
    const height = lines.length * line;
    const at = pointOnPage(label, stage);
    const x = within(at.x, box.x + width / 2, box.x + box.width - width / 2);
    const [left, right] = [x - width / 2, x + width / 2];
    const floor = box.y + box.height - height;
    let top = within(label.isOver ? at.y - height - 1 : at.y + 1, box.y, floor);
    const hides = (one: (typeof taken)[number]) =>
      left < one.right && one.left < right && top < one.bottom && one.top < top + height;
    // Down where there is room below, otherwise up.
    const step = top + 2 * height <= floor + height ? 1 : -1;
    for (let tries = 0; taken.some(hides) && tries < box.height; tries++) top += step;
    taken.push({ left, right, top, bottom: top + height });
    papers.push({ x: left - margin, y: top, width: width + 2 * margin, height });
    return lines.map((text, i) => ({
      kind: "text",
      text,
      x,
      y: top + i * line + style.size,
      style,
      anchor: "middle",
      colour,
    }));
  });
  const fill = { colour: paper, opacity: 0.78 };
  return [...papers.map((own): Part => ({ kind: "rectangle", box: own, fill })), ...words];
}

/** "1st component (50.7 % of variance)": what is in brackets goes below where there is no room beside. */
function linesOf(text: string, style: TextStyle, room: number): string[] {
  const bracket = text.indexOf(" (");
  const parts =
    textWidth(text, style) <= room || bracket < 0
      ? [text]
      : [text.slice(0, bracket), text.slice(bracket + 1)];
  return parts.map((part) => fitted(part, style, room));
}

const within = (value: number, least: number, most: number) =>
  Math.max(least, Math.min(most, value));
