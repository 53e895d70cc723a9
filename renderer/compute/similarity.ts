/** The arithmetic of patch similarity: half floats to unit rows, cosine maps, ranks and matches. */
import { getFloat16 } from "@petamoriken/float16";
import type { PatchPosition } from "../../engine/protocol/geometry.ts";

let halfTable: Float32Array | undefined;

/** @param bits float16 bit patterns; decoding by table is one load per value */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  halfTable ??= buildHalfTable();
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfTable[bits[i]!]!;
  return values;
}

function buildHalfTable(): Float32Array {
  const table = new Float32Array(65_536);
  const view = new DataView(new ArrayBuffer(2));
  for (let bits = 0; bits < table.length; bits++) {
    view.setUint16(0, bits);
    table[bits] = getFloat16(view, 0);
  }
  return table;
}

/** Scale every row of [p, d] to length 1, in place; a row of zeros stays. */
export function normaliseRows(values: Float32Array, d: number): Float32Array {
  for (let start = 0; start + d <= values.length; start += d) {
    let sum = 0;
    for (let i = start; i < start + d; i++) sum += values[i]! * values[i]!;
    const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let i = start; i < start + d; i++) values[i]! *= scale;
  }
  return values;
}

/**
 * Dot product of one unit row with every unit row.
 *
 * @param query [d]
 * @param rows  [p, d]
 * @returns [p], each in -1..1
 */
export function cosineMap(query: Float32Array, rows: Float32Array): Float32Array {
  const d = query.length;
  const p = Math.floor(rows.length / d);
  const map = new Float32Array(p);
  // JavaScript multiplies in float64: convert the query once instead of once for each row.
  const q = Float64Array.from(query);
  let row = 0;
  // Four rows at a time: one load of the query serves four, and no sum waits for another.
  for (; row + 4 <= p; row += 4) {
    const at0 = row * d;
    const at1 = at0 + d;
    const at2 = at1 + d;
    const at3 = at2 + d;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0; i < d; i++) {
      const x = q[i]!;
      s0 += x * rows[at0 + i]!;
      s1 += x * rows[at1 + i]!;
      s2 += x * rows[at2 + i]!;
      s3 += x * rows[at3 + i]!;
    }
    map[row] = s0;
    map[row + 1] = s1;
    map[row + 2] = s2;
    map[row + 3] = s3;
  }
  for (; row < p; row++) {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += q[i]! * rows[row * d + i]!;
    map[row] = sum;
  }
  return map;
}

/**
 * The mean of unit rows, brought back to length 1: the query of several patches, as the engine's
 * cosine probe makes it. A patch that is named twice counts once.
 *
 * @param rows [p, d]
 * @returns [d]; zeros where the rows cancel out
 */
export function meanOfRows(rows: Float32Array, d: number, indices: Iterable<number>): Float32Array {
  const sum = new Float64Array(d);
  for (const index of new Set(indices)) {
    for (let i = 0; i < d; i++) sum[i]! += rows[index * d + i]!;
  }
  return normaliseRows(Float32Array.from(sum), d);
}

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
