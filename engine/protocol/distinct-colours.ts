/**
 * Colours of things that have no order, as clusters, the same on screen and on file. The ten are
 * Petroff's ("Accessible Color Sequences for Data Visualization", 2021, arXiv:2107.02270), in his
 * order: found by search to stay apart for common forms of colour blindness.
 * test/protocol/colour-blindness.test.ts measures them.
 */

export const distinctColours = [
  "#3f90da",
  "#ffa90e",
  "#bd1f01",
  "#94a4a2",
  "#832db6",
  "#a96b59",
  "#e76300",
  "#b9ac70",
  "#717581",
  "#92dadd",
] as const;

type Rgb = [red: number, green: number, blue: number];

const count = distinctColours.length;
const plain = distinctColours.map(
  (hex): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Rgb,
);
/** Of more labels than colours the second ten are half as bright. */
const all = [
  ...plain,
  ...plain.map((colour): Rgb => colour.map((channel) => Math.round(channel / 2)) as Rgb),
];

/** Colour of one label; -1 ("none") is black. @returns sRGB 0..255 */
export const labelColour = (label: number): Rgb =>
  label < 0 ? [0, 0, 0] : all[label % all.length]!;

/** A key has room for these; {@link labelsLeftOut} says how the others look. */
export const keyLabels = count;

/** @returns undefined where a key holds all labels */
export function labelsLeftOut(labels: number): string | undefined {
  if (labels <= count) return undefined;
  const again = labels > all.length ? `, again from ${all.length}` : "";
  return `… ${labels - 1}, darker from ${count}${again}`;
}
