/** The colours of curves in figures, on a light and on a dark ground: those of charts.css, which a test compares. */
import type { Ground } from "./figure.ts";

type Rgb = readonly [red: number, green: number, blue: number];

const colours: readonly Readonly<Record<Ground, Rgb>>[] = [
  { light: [0, 109, 156], dark: [92, 200, 255] },
  { light: [180, 83, 10], dark: [245, 158, 91] },
  { light: [109, 75, 196], dark: [181, 156, 255] },
  { light: [11, 122, 107], dark: [79, 209, 184] },
  { light: [176, 48, 127], dark: [245, 138, 198] },
  { light: [107, 107, 0], dark: [200, 200, 75] },
  { light: [76, 83, 91], dark: [163, 169, 176] },
  { light: [125, 74, 45], dark: [207, 159, 128] },
  { light: [47, 79, 181], dark: [143, 168, 255] },
  { light: [61, 122, 18], dark: [155, 214, 92] },
];

/** From here on colours repeat, dashed. */
export const curveColours = colours.length;

export const curveColourOn = (ground: Ground, index: number): Rgb =>
  colours[index % curveColours]![ground];
