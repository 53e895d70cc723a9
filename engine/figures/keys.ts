/** What colours mean: a thin bar with its ends in numbers, or swatches with their names. */
import type { FigureKey } from "../protocol/figure.ts";
import type { Colour, Part } from "./drawing.ts";
import { pixelsOf } from "./drawing.ts";
import { textWidth } from "./fonts.ts";
import { fitted } from "./text-lines.ts";

const style = { size: 7, weight: 400 } as const;
/** Points. */
const bar = { height: 3.5, above: 2 } as const;
const swatch = { side: 5, gap: 2.5, between: 7 } as const;
const line = 9;

export interface KeyParts {
  readonly parts: readonly Part[];
  readonly height: number;
}

/** A key is no wider than this, however wide its pane. */
export const widestKey = 170;

/**
 * @param snap to the page's pixels, so that the bar's colours are not mixed
 * @param room points across
 */
export function keyParts(
  key: FigureKey,
  at: { readonly x: number; readonly y: number },
  room: number,
  page: { readonly dpi: number; readonly ink: Colour; snap(value: number): number },
): KeyParts {
  return key.kind === "bar" ? barParts(key, at, room, page) : swatchParts(key, at, room, page.ink);
}

function barParts(
  { colours, ends, unit }: Extract<FigureKey, { kind: "bar" }>,
  at: { readonly x: number; readonly y: number },
  room: number,
  { dpi, ink, snap }: { dpi: number; ink: Colour; snap(value: number): number },
): KeyParts {
  const x = snap(at.x);
  const y = snap(at.y + bar.above);
  const box = { x, y, width: snap(Math.min(room, widestKey)), height: snap(bar.height) };
  const width = Math.max(1, pixelsOf(box.width, dpi));
  const height = Math.max(1, pixelsOf(box.height, dpi));
  const count = colours.shape[0] ?? 0;
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width; i++) {
    const colour = 3 * Math.min(count - 1, Math.floor(((i + 0.5) / width) * count));
    for (let row = 0; row < height; row++) {
      pixels.set(colours.data.subarray(colour, colour + 3), 3 * (row * width + i));
    }
  }
  const baseline = y + box.height + 7.5;
  const text = (words: string, left: number, anchor: "start" | "middle" | "end"): Part => ({
    kind: "text",
    text: words,
    x: left,
    y: baseline,
    style,
    anchor,
    colour: ink,
  });
  const [low, high] = ends;
  // The unit stands in the middle, as long as the numbers leave it room there.
  const side = Math.max(textWidth(low, style), textWidth(high, style)) + 4;
  const middle = fitted(unit, style, box.width - 2 * side);
  return {
    parts: [
      { kind: "picture", box, width, height, pixels, channels: 3, opacity: 1, isPhotograph: false },
      text(low, x, "start"),
      ...(middle === "" ? [] : [text(middle, x + box.width / 2, "middle")]),
      text(high, x + box.width, "end"),
    ],
    height: baseline + 2 - at.y,
  };
}

/** Beside each other, and below where they do not fit. */
function swatchParts(
  { entries, note }: Extract<FigureKey, { kind: "swatches" }>,
  at: { readonly x: number; readonly y: number },
  room: number,
  ink: Colour,
): KeyParts {
  const parts: Part[] = [];
  let [x, y] = [at.x, at.y];
  const put = (words: string, colour: Colour | undefined) => {
    const before = colour ? swatch.side + swatch.gap : 0;
    const name = fitted(words, style, room - before);
    const wide = before + textWidth(name, style);
    if (x > at.x && x + wide > at.x + room) [x, y] = [at.x, y + line];
    if (colour) {
      const box = { x, y: y + 2.5, width: swatch.side, height: swatch.side };
      parts.push({ kind: "rectangle", box, fill: { colour, opacity: 1 } });
    }
    const baseline = y + 7.5;
    parts.push({
      kind: "text",
      text: name,
      x: x + before,
      y: baseline,
      style,
      anchor: "start",
      colour: ink,
    });
    x += wide + swatch.between;
  };
  for (const { colour, text } of entries) put(text, colour);
  if (note !== undefined) put(note, undefined);
  return { parts, height: y + line + 1 - at.y };
}
