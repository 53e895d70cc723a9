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

/**
 * The patch of the highest value.
 *
 * @param exclude patches nearer than `radius` rows and columns to this place are passed over
 */
export function bestMatch(
  values: ArrayLike<number>,
  cols: number,
  exclude?: PatchPosition & { radius: number },
): { patch: PatchPosition; value: number } | undefined {
  let best = -1;
  for (let i = 0; i < values.length; i++) {
    if (exclude) {
      const rows = Math.abs(Math.floor(i / cols) - exclude.row);
      if (Math.max(rows, Math.abs((i % cols) - exclude.col)) < exclude.radius) continue;
    }
    if (best < 0 ? !Number.isNaN(values[i]!) : values[i]! > values[best]!) best = i;
  }
  if (best < 0) return undefined;
  return { patch: { row: Math.floor(best / cols), col: best % cols }, value: values[best]! };
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
