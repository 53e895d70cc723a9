/** What is said of a cosine map: ranks, summary, best matches, histogram. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";

/** 1 for the highest value; equal values share a rank; NaN counts for nothing. */
export function rankOf(values: ArrayLike<number>, index: number): number {
  const value = values[index]!;
  let rank = 1;
  for (let i = 0; i < values.length; i++) if (values[i]! > value) rank++;
  return rank;
}

/** Least and greatest value and the mean, NaN left out; zeros when nothing is left. */
export function summary(values: ArrayLike<number>): { low: number; high: number; mean: number } {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    sum += value;
    count++;
  }
  return count > 0 ? { low, high, mean: sum / count } : { low: 0, high: 0, mean: 0 };
}

export interface Match {
  readonly patch: PatchPosition;
  readonly value: number;
}

/**
 * The patches of the highest values, best first, as the engine lists them.
 *
 * @param shunned patches nearer than `radius` to one of these are passed over (Euclidean)
 */
export function bestMatches(
  values: ArrayLike<number>,
  cols: number,
  count: number,
  shunned: readonly PatchPosition[] = [],
  radius = 0,
): Match[] {
  const isShunned = shunnedPlaces(values.length, cols, shunned, radius);
  const best: number[] = [];
  for (let i = 0; i < values.length && count > 0; i++) {
    const value = values[i]!;
    const isBetter = best.length < count ? !Number.isNaN(value) : value > values[best.at(-1)!]!;
    if (!isBetter || isShunned(i)) continue;
    if (best.length === count) best.pop();
    let at = best.length;
    while (at > 0 && values[best[at - 1]!]! < value) at--;
    best.splice(at, 0, i);
  }
  return best.map((index) => ({ patch: placeOf(index, cols), value: values[index]! }));
}

const placeOf = (index: number, cols: number) => ({
  row: Math.floor(index / cols),
  col: index % cols,
});

function shunnedPlaces(
  length: number,
  cols: number,
  shunned: readonly PatchPosition[],
  radius: number,
): (index: number) => boolean {
  if (shunned.length === 0 || radius <= 0) return () => false;
  const isNear = (row: number, col: number) => (one: PatchPosition) =>
    Math.hypot(row - one.row, col - one.col) < radius;
  // Few candidates are ever looked at: a mask pays only for many queries.
  if (shunned.length <= 8) {
    return (index) => shunned.some(isNear(Math.floor(index / cols), index % cols));
  }
  const mask = new Uint8Array(length);
  const reach = Math.ceil(radius);
  for (const { row, col } of shunned) {
    for (let y = Math.max(0, row - reach); y <= row + reach && y * cols < length; y++) {
      for (let x = Math.max(0, col - reach); x <= Math.min(cols - 1, col + reach); x++) {
        if (Math.hypot(y - row, x - col) < radius) mask[y * cols + x] = 1;
      }
    }
  }
  return (index) => mask[index] === 1;
}

/** How many values fall into each of `bins` equal parts of the range. */
export function histogram(
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
  bins: number,
): number[] {
  const counts = new Array<number>(bins).fill(0);
  const scale = high > low ? bins / (high - low) : 0;
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((values[i]! - low) * scale)));
    if (!Number.isNaN(bin)) counts[bin]!++;
  }
  return counts;
}
