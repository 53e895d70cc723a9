/**
 * A backbone that can be worked out by hand: the feature of a patch is its mean colour, -1 to 1 for
 * each channel. And pictures painted patch by patch for it.
 */
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import type { FrozenBackbone } from "../../engine/evaluation/frozen.ts";
import type { Measuring } from "../../engine/evaluation/measuring.ts";
import type { Items, Picture } from "../../engine/labels/labelled.ts";
import { Draws } from "../../engine/random/draws.ts";
import { prepareEagerly } from "../support/eager-program.ts";

export const patch = 8;

export const colourBackbone: FrozenBackbone = {
  name: "mean colour",
  fingerprint: "colour-1",
  width: 3,
  patch,
  features: async (pictures, { width, height }) =>
    pictures.map((picture) => {
      const [rows, cols] = [height / patch, width / patch];
      const sums = new Float64Array(rows * cols * 4);
      for (let at = 0; at < picture.width * picture.height; at++) {
        const row = Math.floor(((Math.floor(at / picture.width) + 0.5) * rows) / picture.height);
        const col = Math.floor((((at % picture.width) + 0.5) * cols) / picture.width);
        const to = 4 * (row * cols + col);
        for (let c = 0; c < 3; c++) sums[to + c]! += picture.pixels[3 * at + c]! / 127.5 - 1;
        sums[to + 3]! += 1;
      }
      const patches = Float32Array.from({ length: rows * cols * 3 }, (_, i) => {
        const from = 4 * Math.floor(i / 3);
        return sums[from + (i % 3)]! / sums[from + 3]!;
      });
      return { cls: new Float32Array(3), patches, rows, cols, width: 3 };
    }),
};

export function measuring(changes: Partial<Measuring> = {}): Measuring {
  const programs = new PreparedPrograms({ prepare: async (program) => prepareEagerly(program) });
  return { backbone: colourBackbone, programs, ...changes };
}

export type Colour = readonly [number, number, number];

/** One colour a patch. */
export function painted(
  name: string,
  rows: number,
  cols: number,
  colourAt: (row: number, col: number) => Colour,
): Picture {
  const [width, height] = [cols * patch, rows * patch];
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const row = Math.floor(Math.floor(at / width) / patch);
    pixels.set(colourAt(row, Math.floor((at % width) / patch)), 3 * at);
  }
  return { name, width, height, pixels };
}

/** A value for every pixel of a picture that is painted patch by patch. */
export function maskOfPatches(
  rows: number,
  cols: number,
  valueAt: (row: number, col: number) => number,
): Uint8Array {
  const width = cols * patch;
  return Uint8Array.from({ length: rows * cols * patch * patch }, (_, at) =>
    valueAt(Math.floor(Math.floor(at / width) / patch), Math.floor((at % width) / patch)),
  );
}

/** Another colour for every patch, the same each time. */
export function confetti(seed: number): (row: number, col: number) => Colour {
  return (row, col) => {
    const draws = new Draws(seed, row, col);
    return [draws.below(256), draws.below(256), draws.below(256)];
  };
}

export function listed<Item>(items: readonly Item[]): Items<Item> {
  return { count: items.length, load: async (index) => items[index]! };
}
