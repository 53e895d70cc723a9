/** Panels put together into one picture: a heading, rows of panels with their titles, a legend. */
import sharp from "sharp";
import { withText } from "../probes/png.ts";
import { colormapTable, type ColormapName } from "../protocol/colormap.ts";
import { Canvas, type Place } from "./canvas.ts";
import type { Colour } from "../protocol/class-colours.ts";
import type { Panel } from "./panel.ts";
import { lettering, letteringWithin, type Lettering, type TextLook } from "./words.ts";

export interface LegendEntry {
  readonly name: string;
  readonly colour: Colour;
  /** A line instead of a square. */
  readonly line?: "solid" | "dashed" | undefined;
}

export interface ColourBar {
  readonly colormap: ColormapName;
  /** At its left and right end. */
  readonly ends: readonly [string, string];
}

/** Rows of smaller panels beside a large one. */
export interface Stack {
  readonly rows: readonly (readonly Panel[])[];
}

export interface Figure {
  /** In bold: what it shows and how well that went. */
  readonly heading: string;
  /** Below it: of what. */
  readonly subject: string;
  readonly rows: readonly (readonly (Panel | Stack)[])[];
  readonly legend?: readonly LegendEntry[] | undefined;
  readonly bar?: ColourBar | undefined;
  /** All of it in words; goes into the file too. */
  readonly caption: string;
}

const margin = 16;
const gap = 10;
const looks = { heading: { size: 17, isBold: true }, small: { size: 12 } } as const;
const inks = { strong: [21, 24, 27], weak: [93, 100, 109] } as const;
const leastWidth = 320;
/** A heading that is longer is cut. */
const mostWidth = 900;
const barSize = { width: 280, height: 10 };
const swatch = { square: 12, line: 24 } as const;

/** Something of a known size that is drawn when its place is known. */
interface Block {
  readonly width: number;
  readonly height: number;
  draw(canvas: Canvas, left: number, top: number): void;
}

/** @returns a PNG file */
export async function drawFigure(figure: Figure): Promise<Uint8Array> {
  const { heading, subject, rows, legend, bar, caption } = figure;
  const first = textBlock(heading, looks.heading, inks.strong, mostWidth, 5);
  const panels = rows.map(rowBlock);
  const inner = Math.max(leastWidth, first.width, ...panels.map(({ width }) => width));
  const blocks = [first, textBlock(subject, looks.small, inks.weak, inner, 12), ...panels];
  if (bar) blocks.push(barBlock(bar));
  if (legend && legend.length > 0) blocks.push(legendBlock(legend, inner));
  const height = blocks.reduce((sum, block) => sum + block.height, 2 * margin - gap);
  const canvas = new Canvas(inner + 2 * margin, height);
  let top = margin;
  for (const block of blocks) {
    block.draw(canvas, margin, top);
    top += block.height;
  }
  const raw = { width: canvas.width, height, channels: 3 } as const;
  const png = await sharp(canvas.pixels, { raw }).png({ compressionLevel: 8 }).toBuffer();
  return Uint8Array.from(
    withText(png, [
      ["Software", "Gramscope"],
      ["Title", heading],
      ["Description", caption],
    ]),
  );
}

function textBlock(
  text: string,
  look: TextLook,
  colour: Colour,
  room: number,
  below: number,
): Block {
  const letters = letteringWithin(text, look, room);
  return {
    width: letters.width,
    height: letters.height + below,
    draw: (canvas, x, y) => canvas.write(letters, { x, y }, colour),
  };
}

function rowBlock(row: readonly (Panel | Stack)[]): Block {
  const blocks = row.map((part) => ("rows" in part ? stackBlock(part) : panelBlock(part)));
  return {
    width: blocks.reduce((sum, { width }) => sum + width, gap * (blocks.length - 1)),
    height: Math.max(...blocks.map(({ height }) => height)),
    draw: (canvas, left, top) => {
      let x = left;
      for (const block of blocks) {
        block.draw(canvas, x, top);
        x += block.width + gap;
      }
    },
  };
}

function stackBlock({ rows }: Stack): Block {
  const blocks = rows.map(rowBlock);
  return {
    width: Math.max(0, ...blocks.map(({ width }) => width)),
    height: blocks.reduce((sum, { height }) => sum + height, 0),
    draw: (canvas, left, top) => {
      let y = top;
      for (const block of blocks) {
        block.draw(canvas, left, y);
        y += block.height;
      }
    },
  };
}

function panelBlock(panel: Panel): Block {
  const { title, width, height } = panel;
  const letters = title === undefined ? undefined : letteringWithin(title, looks.small, width);
  const above = letters ? letters.height + 5 : 0;
  return {
    width,
    height: above + height + gap,
    draw: (canvas, x, y) => {
      if (letters) canvas.write(letters, { x, y }, inks.weak);
      drawPanel(canvas, panel, x, y + above);
    },
  };
}

function drawPanel(canvas: Canvas, panel: Panel, x: number, y: number): void {
  const { width, height, marks, frame } = panel;
  canvas.place(panel, { x, y });
  canvas.within({ x, y, width, height }, () => {
    marks?.(canvas);
    if (!frame) return;
    const inside = { x: 1.5, y: 1.5, width: width - 3, height: height - 3 };
    canvas.frame(inside, { colour: frame, width: 3 });
  });
}

function barBlock({ colormap, ends }: ColourBar): Block {
  const table = colormapTable(colormap);
  const [left, right] = [lettering(ends[0], looks.small), lettering(ends[1], looks.small)];
  const { width, height } = barSize;
  return {
    width,
    height: 2 + height + 4 + left.height + gap,
    draw: (canvas, start, top) => {
      for (let x = 0; x < width; x++) {
        const at = 3 * Math.round((255 * x) / (width - 1));
        const colour = [table[at]!, table[at + 1]!, table[at + 2]!] as const;
        canvas.fill({ x: start + x, y: top + 2, width: 1, height }, colour);
      }
      const y = top + 2 + height + 4;
      canvas.write(left, { x: start, y }, inks.weak);
      canvas.write(right, { x: start + width - right.width, y }, inks.weak);
    },
  };
}

/** Entries beside each other, and below where they do not fit. */
function legendBlock(legend: readonly LegendEntry[], room: number): Block {
  const lineHeight = 20;
  let [x, y] = [0, 4];
  const entries: (LegendEntry & Place & { letters: Lettering; own: number })[] = [];
  for (const { name, colour, line } of legend) {
    const letters = lettering(name, looks.small);
    const own = line ? swatch.line : swatch.square;
    const wide = own + 6 + letters.width;
    if (x > 0 && x + wide > room) [x, y] = [0, y + lineHeight];
    entries.push({ name, letters, colour, line, own, x, y });
    x += wide + 16;
  }
  return {
    width: room,
    height: y + lineHeight - 4,
    draw: (canvas, start, top) => {
      for (const { letters, colour, line, own, x: across, y: down } of entries) {
        const left = start + across;
        const middle = top + down + swatch.square / 2;
        const dash = line === "dashed" ? ([6, 4] as const) : undefined;
        if (line) {
          const stroke = { colour, width: 3, dash };
          canvas.line({ x: left + 1, y: middle }, { x: left + own - 1, y: middle }, stroke);
        } else canvas.fill({ x: left, y: top + down, width: own, height: own }, colour);
        const y0 = Math.round(middle - letters.height / 2);
        canvas.write(letters, { x: left + own + 6, y: y0 }, inks.strong);
      }
    },
  };
}
