/**
 * How curves are told apart, on a light and on a dark ground: six of Petroff's ten colours
 * (arXiv:2107.02270), which charts.css has as well and a test compares, and dashes where they repeat.
 */
import type { Ground } from "./figure.ts";

type Rgb = readonly [red: number, green: number, blue: number];

const colours: readonly Readonly<Record<Ground, Rgb>>[] = [
  { light: [63, 144, 218], dark: [63, 144, 218] },
  { light: [231, 99, 0], dark: [255, 169, 14] },
  { light: [131, 45, 182], dark: [146, 218, 221] },
  { light: [113, 117, 129], dark: [148, 164, 162] },
  { light: [189, 31, 1], dark: [231, 99, 0] },
  { light: [169, 107, 89], dark: [169, 107, 89] },
];

/** From here on colours repeat, with dashes. */
export const curveColours = colours.length;

/** Lengths in CSS pixels, of line and gap in turn; one row for each time that the colours are through. */
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [9, 3, 2, 3]];

export const curveColourOn = (ground: Ground, index: number): Rgb =>
  colours[index % curveColours]![ground];

export const curveDash = (index: number): readonly number[] =>
  dashes[Math.floor(index / curveColours) % dashes.length]!;
