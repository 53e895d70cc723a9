/** How the cosine similarity of two patches falls with their distance on the grid. */
import { rounding } from "./matching.ts";
import type { CosineMatrix } from "./similarities.ts";

interface Grid {
  readonly rows: number;
  readonly cols: number;
}

/** Mean cosine of the pairs of patches whose Euclidean distance in patches rounds to the index. */
export interface FallOff {
  /** [longest distance + 1], the first is 1. */
  readonly cosine: Float64Array;
  /** Ordered pairs behind each mean. */
  readonly pairs: Float64Array;
}

/** @param similarities [rows * cols, rows * cols] of the patches of one view */
export function similarityByDistance(similarities: CosineMatrix, { rows, cols }: Grid): FallOff {
  const count = rows * cols;
  const longest = Math.round(Math.hypot(rows - 1, cols - 1));
  const sums = new Float64Array(longest + 1);
  const pairs = new Float64Array(longest + 1);
  const bins = distanceBins(rows, cols);
  for (let i = 0; i < count; i++) {
    const [row, col] = [Math.floor(i / cols), i % cols];
    for (let r = 0, at = i * count; r < rows; r++) {
      const line = Math.abs(r - row) * cols;
      for (let c = 0; c < cols; c++, at++) {
        const bin = bins[line + Math.abs(c - col)]!;
        sums[bin]! += similarities.values[at]!;
        pairs[bin]!++;
      }
    }
  }
  return { cosine: sums.map((total, bin) => (pairs[bin]! > 0 ? total / pairs[bin]! : 0)), pairs };
}

/**
 * (near - far) / (1 - far): near is the mean cosine of neighbours (by an edge or a corner), far
 * that of patches at least half the grid's shorter side apart. What all patches have in common
 * drops out. 0 where similarity does not fall with distance, or all patches are alike.
 *
 * @returns at most 1, seldom below 0
 */
export function locality({ cosine, pairs }: FallOff, grid: Grid): number {
  const far = meanFrom(cosine, pairs, farDistance(grid));
  return 1 - far > rounding ? (cosine[1]! - far) / (1 - far) : 0;
}

/**
 * Distance in patches at which the cosine is half way down from 1 to its value far away; linear
 * between whole distances. 0 where all patches are alike.
 */
export function reach({ cosine, pairs }: FallOff, grid: Grid): number {
  const far = meanFrom(cosine, pairs, farDistance(grid));
  if (1 - far <= rounding) return 0;
  const half = (1 + far) / 2;
  const after = cosine.findIndex((value, distance) => distance > 0 && value <= half);
  // The mean from farDistance on is below half, so one of those distances is.
  const [above, below] = [after === 1 ? 1 : cosine[after - 1]!, cosine[after]!];
  return after - 1 + (above - half) / (above - below);
}

function farDistance({ rows, cols }: Grid): number {
  return Math.ceil(Math.min(rows, cols) / 2);
}

function meanFrom(cosine: Float64Array, pairs: Float64Array, first: number): number {
  let sum = 0;
  let count = 0;
  for (let bin = first; bin < cosine.length; bin++) {
    sum += cosine[bin]! * pairs[bin]!;
    count += pairs[bin]!;
  }
  return sum / count;
}

/** Rounded distance by (rows apart, columns apart). */
function distanceBins(rows: number, cols: number): Int32Array {
  return Int32Array.from({ length: rows * cols }, (_, i) =>
    Math.round(Math.hypot(Math.floor(i / cols), i % cols)),
  );
}
