/** Whether a patch's neighbours in feature space keep their order when the image is seen anew. */
import type { CosineMatrix } from "./similarities.ts";

/**
 * For every patch of one view, Spearman's rank correlation between its cosines with the other
 * patches of that view and the cosines of the same patches in another view; averaged. Equal cosines
 * share their mean rank; a patch that is equally like all others counts 0.
 *
 * @param one   [q, q] of the patches of the one view
 * @param other [p, p] of the patches of the other
 * @param own   the patch of the other view that each of the one is, [q]
 * @returns in [-1, 1], 0 by chance
 */
export function neighbourOrder(one: CosineMatrix, other: CosineMatrix, own: Int32Array): number {
  const count = one.rows;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      ours.push(one.values[i * one.cols + j]!);
      theirs.push(other.values[own[i]! * other.cols + own[j]!]!);
    }
    total += spearman(ours, theirs);
  }
  return total / count;
}

/** @returns in [-1, 1]; 0 where one side has no order */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ours, theirs] = [centredRanks(a), centredRanks(b)];
  let product = 0;
  let first = 0;
  let second = 0;
  for (let i = 0; i < ours.length; i++) {
    product += ours[i]! * theirs[i]!;
    first += ours[i]! ** 2;
    second += theirs[i]! ** 2;
  }
  return first > 0 && second > 0 ? product / Math.sqrt(first * second) : 0;
}

/** Ranks from 0 less their mean; equal values have their mean rank. */
function centredRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Float64Array(n);
  for (let start = 0; start < n;) {
    let end = start + 1;
    while (end < n && values[order[end]!] === values[order[start]!]) end++;
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + end - 1) / 2 - (n - 1) / 2;
    start = end;
  }
  return ranks;
}
