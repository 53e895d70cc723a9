/**
 * Values to colours, the same on screen and on file. Control points come from d3-scale-chromatic;
 * test/protocol/colour-blindness.test.ts measures what colour-blind eyes see of them.
 */
import {
  interpolateCividis,
  interpolateGreys,
  interpolateMagma,
  interpolateRdBu,
  interpolateViridis,
} from "d3-scale-chromatic";

export const colormapNames = ["viridis", "cividis", "magma", "greys", "diverging"] as const;
export type ColormapName = (typeof colormapNames)[number];

const interpolators: Record<ColormapName, (t: number) => string> = {
  viridis: interpolateViridis,
  cividis: interpolateCividis,
  magma: interpolateMagma,
  // d3 runs from white to black; bright must mean high, as in the other maps.
  greys: (t) => interpolateGreys(1 - t),
  // Blue is low, red is high.
  diverging: (t) => interpolateRdBu(1 - t),
};

const tables = new Map<ColormapName, Uint8Array>();

/** 256 colours, low to high. @returns uint8 [256, 3], sRGB; shared, do not write to it */
export function colormapTable(name: ColormapName): Uint8Array {
  let table = tables.get(name);
  if (!table) {
    table = new Uint8Array(256 * 3);
    for (let i = 0; i < 256; i++) table.set(parseColour(interpolators[name](i / 255)), 3 * i);
    tables.set(name, table);
  }
  return table;
}

/**
 * What a difference is drawn in. Both ends of `diverging` are dark: where hues do not count, as in
 * print without colours, a map that goes from dark to light keeps more and less apart.
 */
export const signedColormap = (chosen: ColormapName): ColormapName =>
  chosen === "cividis" || chosen === "greys" ? chosen : "diverging";

/** Index into a 256-entry table: range[0] and below is 0, range[1] and above is 255. */
export function tableIndex(value: number, [low, high]: readonly [number, number]): number {
  const t = high > low ? (value - low) / (high - low) : 0;
  return Math.round(255 * Math.min(1, Math.max(0, t)));
}

function parseColour(css: string): [number, number, number] {
  const hex = /^#(..)(..)(..)$/.exec(css);
  const parts = hex
    ? hex.slice(1).map((pair) => parseInt(pair, 16))
    : (css.match(/\d+/g) ?? []).map(Number);
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
}
