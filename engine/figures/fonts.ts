/**
 * The letters of all figures: Inter, which the program brings along (SIL Open Font License), so that
 * a figure is the same on every machine. Widths are for the layout, outlines for pictures of pixels,
 * files for documents.
 */
import { create, type Font } from "fontkit";
import cyrillic400 from "@fontsource/inter/files/inter-cyrillic-400-normal.woff?inline";
import cyrillic600 from "@fontsource/inter/files/inter-cyrillic-600-normal.woff?inline";
import greek400 from "@fontsource/inter/files/inter-greek-400-normal.woff?inline";
import greek600 from "@fontsource/inter/files/inter-greek-600-normal.woff?inline";
import latin400 from "@fontsource/inter/files/inter-latin-400-normal.woff?inline";
import latin600 from "@fontsource/inter/files/inter-latin-600-normal.woff?inline";
import latinExt400 from "@fontsource/inter/files/inter-latin-ext-400-normal.woff?inline";
import latinExt600 from "@fontsource/inter/files/inter-latin-ext-600-normal.woff?inline";
import type { Part, TextStyle } from "./drawing.ts";

export interface Face {
  /** As CSS names it: each part of the alphabet is a family of its own. */
  readonly family: string;
  readonly weight: 400 | 600;
  /** data:font/woff;base64,... */
  readonly address: string;
  readonly font: Font;
  /** The .woff file. */
  readonly file: Buffer;
}

/** Part of a text that one face holds. */
export interface Run {
  readonly face: Face;
  readonly text: string;
}

/** x and y of each corner in turn, closed, y downward. */
export type Contour = readonly number[];

const files = {
  400: [latin400, latinExt400, greek400, cyrillic400],
  600: [latin600, latinExt600, greek600, cyrillic600],
} as const;

/** By the order of {@link files}. */
export const families = ["Inter", "Inter Latin Extended", "Inter Greek", "Inter Cyrillic"] as const;

const faces = new Map<string, Face>();

function faceOf(weight: 400 | 600, index: number): Face {
  const key = `${weight} ${index}`;
  let face = faces.get(key);
  if (!face) {
    const address = files[weight][index]!;
    const file = Buffer.from(address.slice(address.indexOf(",") + 1), "base64");
    face = { family: families[index]!, weight, address, file, font: create(file) as Font };
    faces.set(key, face);
  }
  return face;
}

/** The text as faces can write it, in order. What none of them has stays with the first. */
export function runsOf(text: string, weight: 400 | 600): Run[] {
  const runs: { face: Face; text: string }[] = [];
  for (const letter of text) {
    const code = letter.codePointAt(0)!;
    const index = families.findIndex((_, i) => faceOf(weight, i).font.hasGlyphForCodePoint(code));
    const face = faceOf(weight, Math.max(0, index));
    const last = runs.at(-1);
    if (last?.face === face) last.text += letter;
    else runs.push({ face, text: letter });
  }
  return runs;
}

/** Every face that the texts of a drawing need. */
export function facesIn(parts: readonly Part[]): Set<Face> {
  const found = new Set<Face>();
  for (const part of parts) {
    if (part.kind !== "text") continue;
    for (const { face } of runsOf(part.text, part.style.weight)) found.add(face);
  }
  return found;
}

/** Width in points. */
export function textWidth(text: string, { size, weight }: TextStyle): number {
  return runsOf(text, weight).reduce((sum, run) => sum + runWidth(run, size), 0);
}

export function runWidth({ face, text }: Run, size: number): number {
  return (face.font.layout(text).advanceWidth * size) / face.font.unitsPerEm;
}

/** @returns outlines in points from the start of the baseline */
export function textContours(text: string, { size, weight }: TextStyle): Contour[] {
  const contours: Contour[] = [];
  let left = 0;
  for (const { face, text: part } of runsOf(text, weight)) {
    const scale = size / face.font.unitsPerEm;
    const { glyphs, positions } = face.font.layout(part);
    glyphs.forEach((glyph, i) => {
      const { xOffset, yOffset, xAdvance } = positions[i]!;
      const [x, y] = [left + xOffset * scale, -yOffset * scale];
      for (const outline of glyphOutlines(glyph.path.commands)) {
        contours.push(outline.map((v, at) => (at % 2 === 0 ? x + v * scale : y - v * scale)));
      }
      left += xAdvance * scale;
    });
  }
  return contours;
}

interface PathCommand {
  readonly command: "moveTo" | "lineTo" | "quadraticCurveTo" | "bezierCurveTo" | "closePath";
  readonly args: readonly number[];
}

/** Corners for one curve: letters of figures are small. */
const steps = 8;

function glyphOutlines(commands: readonly PathCommand[]): number[][] {
  const outlines: number[][] = [];
  let now: number[] = [];
  for (const { command, args } of commands) {
    if (command === "moveTo") {
      now = [...args];
      outlines.push(now);
    } else if (command === "lineTo") now.push(...args);
    else if (command !== "closePath") {
      const points = [...now.slice(-2), ...args];
      for (let i = 1; i <= steps; i++) now.push(...curveAt(points, i / steps));
    }
  }
  return outlines;
}

/** A point of a Bézier curve of any degree (de Casteljau). */
function curveAt(points: readonly number[], t: number): [number, number] {
  let level = points;
  while (level.length > 2) {
    const below = level;
    level = below.slice(2).map((value, i) => below[i]! + (value - below[i]!) * t);
  }
  return [level[0]!, level[1]!];
}
