/** The difference of two maps over one photograph, patch by patch. */
import type { MapPicture } from "./map-picture.ts";

/**
 * One minus the other; where one of them has colours, how far apart these are, 0 to 1.
 *
 * The other is read at the nearest patch where its grid is another one. NaN where either has none.
 * @returns on the grid of the first; values of numbers in -m..m, of colours in 0..m
 */
export function differenceOf(one: MapPicture, other: MapPicture): MapPicture & { kind: "scalar" } {
  const { rows, cols, region } = one;
  const isScalar = one.kind === "scalar" && other.kind === "scalar";
  const values = new Float32Array(rows * cols);
  let most = 0;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = row * cols + col;
      const there = nearest(other, one, row, col);
      const value = isScalar
        ? one.values[at]! - other.values[there]!
        : one.kind === "colour" && other.kind === "colour"
          ? colourDistance(one.rgba, at, other.rgba, there)
          : NaN;
      values[at] = value;
      if (Math.abs(value) > most) most = Math.abs(value);
    }
  }
  const end = roundedUp(most);
  return { kind: "scalar", values, range: [isScalar ? -end : 0, end], rows, cols, region };
}

function nearest(to: MapPicture, from: MapPicture, row: number, col: number): number {
  if (to.rows === from.rows && to.cols === from.cols) return row * to.cols + col;
  const scale = (at: number, before: number, after: number) =>
    Math.min(after - 1, Math.floor(((at + 0.5) / before) * after));
  return scale(row, from.rows, to.rows) * to.cols + scale(col, from.cols, to.cols);
}

function colourDistance(one: Uint8Array, at: number, other: Uint8Array, there: number): number {
  let sum = 0;
  for (let c = 0; c < 3; c++) sum += ((one[4 * at + c]! - other[4 * there + c]!) / 255) ** 2;
  return Math.sqrt(sum / 3);
}

/** To one digit, so that the scale stays still and reads well. */
function roundedUp(most: number): number {
  if (most === 0) return 1e-3;
  const unit = 10 ** Math.floor(Math.log10(most));
  return Number((Math.ceil(most / unit) * unit).toPrecision(1));
}
