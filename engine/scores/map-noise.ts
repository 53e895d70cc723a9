/** Noise in cosine maps: how rough they are, and how many of their bright patches stand alone. */
import { rounding } from "./matching.ts";
import type { CosineMatrix } from "./similarities.ts";

interface Grid {
  readonly rows: number;
  readonly cols: number;
}

/**
 * Geary's C (Geary 1954, The Incorporated Statistician 5) of every patch's cosine map, averaged:
 *   C = (N - 1) / (2 E)  sum over edges (x_a - x_b)^2  /  sum (x_a - mean)^2
 * over the N other patches and the E pairs of them that share an edge. 0 smooth, 1 no relation
 * between neighbours, as white noise has it; 1 also for a map without any variation.
 *
 * @param similarities [P, P] of the patches of one view
 */
export function mapRoughness(similarities: CosineMatrix, { rows, cols }: Grid): number {
  const { values } = similarities;
  const count = rows * cols;
  let total = 0;
  for (let query = 0; query < count; query++) {
    const start = query * count;
    let sum = 0;
    for (let j = 0; j < count; j++) sum += values[start + j]!;
    const mean = (sum - values[start + query]!) / (count - 1);
    let variation = 0;
    let steps = 0;
    let edges = 0;
    for (let r = 0, j = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++, j++) {
        if (j === query) continue;
        const value = values[start + j]!;
        variation += (value - mean) ** 2;
        if (c + 1 < cols && j + 1 !== query) {
          steps += (values[start + j + 1]! - value) ** 2;
          edges++;
        }
        if (r + 1 < rows && j + cols !== query) {
          steps += (values[start + j + cols]! - value) ** 2;
          edges++;
        }
      }
    }
    // Rounding alone has the variance of a rounding.
    const isFlat = variation <= count * rounding ** 2;
    total += isFlat ? 1 : ((count - 2) * steps) / (2 * edges * variation);
  }
  return total / count;
}

/** Part of a map that counts as bright. */
const brightPart = 0.05;

/**
 * Of the brightest 5 % of every patch's cosine map, away from the patch and its eight neighbours,
 * the part that has no bright patch beside it, by an edge or a corner. In white noise it is
 * (1 - 0.05)^8 = 0.66, and a map without any variation counts as that.
 *
 * @param similarities [P, P] of the patches of one view
 * @returns in [0, 1]
 */
export function isolatedPeaks(similarities: CosineMatrix, { rows, cols }: Grid): number {
  const count = rows * cols;
  const wanted = Math.max(2, Math.round(brightPart * count));
  const isBright = new Uint8Array(count);
  let total = 0;
  for (let query = 0; query < count; query++) {
    const map = similarities.values.slice(query * count, (query + 1) * count);
    const lowest = map.reduce((low, value) => Math.min(low, value));
    eachNear(query, rows, cols, (near) => (map[near] = -Infinity));
    const { threshold, highest } = brightest(map, wanted);
    if (highest - lowest <= rounding) {
      total += (1 - brightPart) ** 8;
      continue;
    }
    let bright = 0;
    for (let j = 0; j < count; j++) bright += isBright[j] = Number(map[j]! >= threshold);
    let alone = 0;
    for (let j = 0; j < count; j++) {
      if (isBright[j] === 1 && !hasBrightNeighbour(isBright, j, rows, cols)) alone++;
    }
    total += alone / bright;
  }
  return total / count;
}

/** The smallest of the `wanted` largest values, and the largest. */
function brightest(values: Float32Array, wanted: number): { threshold: number; highest: number } {
  const top = new Float32Array(wanted).fill(-Infinity); // ascending
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value <= top[0]!) continue;
    let at = 0;
    for (; at + 1 < wanted && top[at + 1]! < value; at++) top[at] = top[at + 1]!;
    top[at] = value;
  }
  return { threshold: top[0]!, highest: top[wanted - 1]! };
}

function hasBrightNeighbour(
  isBright: Uint8Array,
  index: number,
  rows: number,
  cols: number,
): boolean {
  let found = false;
  eachNear(index, rows, cols, (near) => (found ||= near !== index && isBright[near] === 1));
  return found;
}

/** The patch and its neighbours by an edge or a corner. */
function eachNear(index: number, rows: number, cols: number, visit: (near: number) => void): void {
  const row = Math.floor(index / cols);
  const col = index - row * cols;
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
    for (let c = Math.max(0, col - 1); c <= Math.min(cols - 1, col + 1); c++) visit(r * cols + c);
  }
}
