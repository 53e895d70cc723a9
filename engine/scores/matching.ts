/** Whether a patch is found again in another view of its image, against the chance of finding it. */
import type { CosineMatrix } from "./similarities.ts";

/** Of a cosine of float32 rows: nearer than this, two are equal. */
export const rounding = 2e-6;

/** Places on a grid of so many columns. */
interface Targets {
  /** The right column of the matrix for each row. */
  readonly own: Int32Array;
  /** Patches along a row of the grid that the columns lie on. */
  readonly gridCols: number;
}

/**
 * Part of the rows whose nearest column is the right patch or one of its eight neighbours. Where
 * several columns are equally near, those of them that are right count by their share, so that
 * features that are all alike score chance: about 9 / cols.
 *
 * @returns in [0, 1]
 */
export function matchingAccuracy(
  { values, rows, cols }: CosineMatrix,
  { own, gridCols }: Targets,
): number {
  let found = 0;
  for (let i = 0; i < rows; i++) {
    const start = i * cols;
    let best = -Infinity;
    for (let j = start; j < start + cols; j++) if (values[j]! > best) best = values[j]!;
    let ties = 0;
    let right = 0;
    for (let j = 0; j < cols; j++) {
      if (values[start + j]! < best - rounding) continue;
      ties++;
      if (areNear(j, own[i]!, gridCols)) right++;
    }
    found += right / ties;
  }
  return found / rows;
}

/**
 * How much nearer the right patch is than the others: (own - other) / (1 - other), where own is the
 * mean cosine with the right column and other the mean cosine with all the others. 1 when the right
 * one is the same, 0 when it is like any other: also when all are alike.
 *
 * @returns at most 1; below 0 when the right one is further than the others
 */
export function matchingContrast(
  { values, rows, cols }: CosineMatrix,
  { own }: Pick<Targets, "own">,
): number {
  let right = 0;
  let all = 0;
  for (let i = 0; i < rows; i++) {
    right += values[i * cols + own[i]!]!;
    for (let j = i * cols; j < (i + 1) * cols; j++) all += values[j]!;
  }
  const other = (all - right) / (rows * (cols - 1));
  const spread = 1 - other;
  return spread > rounding ? (right / rows - other) / spread : 0;
}

/**
 * Part of the patches from which the nearest patch of another image leads back: its own nearest
 * patch is the first one or one of its eight neighbours. About 9 / rows by chance.
 *
 * @param gridCols patches along a row of the first image's grid
 * @returns in [0, 1]
 */
export function cycleConsistency({ values, rows, cols }: CosineMatrix, gridCols: number): number {
  const there = new Int32Array(rows);
  const back = new Int32Array(cols);
  const bestBack = new Float32Array(cols).fill(-Infinity);
  for (let i = 0; i < rows; i++) {
    let best = -Infinity;
    for (let j = 0; j < cols; j++) {
      const value = values[i * cols + j]!;
      if (value > best) [best, there[i]] = [value, j];
      if (value > bestBack[j]!) [bestBack[j], back[j]] = [value, i];
    }
  }
  const found = there.reduce((sum, j, i) => sum + Number(areNear(back[j]!, i, gridCols)), 0);
  return found / rows;
}

/** Every patch is its own. */
export function sameIndex(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

/** The same patch, or neighbours by an edge or a corner. */
export function areNear(a: number, b: number, gridCols: number): boolean {
  const down = Math.floor(a / gridCols) - Math.floor(b / gridCols);
  const across = (a % gridCols) - (b % gridCols);
  return Math.abs(down) <= 1 && Math.abs(across) <= 1;
}
