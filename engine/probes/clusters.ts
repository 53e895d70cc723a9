/**
 * k-means on unit rows: Euclidean distance, which on the sphere orders as cosine does; centres are
 * plain means. Seeded by k-means++ (Arthur & Vassilvitskii 2007) and repeatable.
 */
import type { ProbeContext } from "./probe.ts";
import { eachTile, innerProducts, matrix, nearestProgram, tileRowsFor } from "./products.ts";
import { uniformAt } from "../random/counter.ts";
import { dot, row, squaredLengths, tile, type Rows } from "./rows.ts";
import { sum } from "./statistics.ts";

export interface Clusters {
  /** int32 [count], 0 is the largest cluster; equal sizes by their first row. */
  readonly labels: Int32Array;
  /** Means of the clusters that have rows, in label order; at most k. */
  readonly centres: Rows;
  /** Rows of each cluster, length k; 0 where there are fewer distinct rows than k. */
  readonly sizes: readonly number[];
  /** Sum of squared distances to the own centre. */
  readonly inertia: number;
  readonly iterations: number;
  readonly converged: boolean;
}

export const maxIterations = 50;
/** Squared distances below this are float32 rounding of unit vectors: the same place. */
const samePlace = 1e-6;

/** @param rows every row at length 1 (or 0), as normaliseRows leaves them */
export async function clusterRows(
  rows: Rows,
  k: number,
  seed: number,
  context: ProbeContext,
): Promise<Clusters> {
  const squares = squaredLengths(rows);
  const labels = new Int32Array(rows.count).fill(-1);
  let centres = await seedCentres(rows, squares, k, seed, context);
  const sums = new Float64Array(centres.data.length);
  let converged = false;
  let iterations = 0;
  while (!converged && iterations < maxIterations) {
    iterations++;
    context.progress(0.2 + (0.8 * iterations) / (maxIterations + 1), `Iteration ${iterations}`);
    const nearest = await assign(rows, squares, centres, context);
    fillEmpty(nearest, centres.count);
    converged = move(rows, nearest.labels, labels, sums) === 0;
    centres = means(sums, labels, centres);
  }
  return inSizeOrder({ squares, labels, centres, sums, k, iterations, converged });
}

/**
 * First centre even over the rows, each next with odds of its squared distance to the nearest so
 * far. Ends early when every row coincides with a centre.
 */
async function seedCentres(
  rows: Rows,
  squares: Float64Array,
  k: number,
  seed: number,
  context: ProbeContext,
): Promise<Rows> {
  const chosen = [Math.floor(uniformAt(seed, 0) * rows.count)];
  const nearest = new Float64Array(rows.count).fill(Infinity);
  for (;;) {
    context.progress((0.2 * chosen.length) / k, "Choosing the first centres");
    const latest = chosen.at(-1)!;
    const centre = { data: row(rows, latest), count: 1, width: rows.width };
    const products = await innerProducts(rows, centre, context);
    let total = 0;
    for (let i = 0; i < rows.count; i++) {
      const distance = squares[i]! + squares[latest]! - 2 * products[i]!;
      nearest[i] = Math.min(nearest[i]!, distance < samePlace ? 0 : distance);
      total += nearest[i]!;
    }
    if (total === 0 || chosen.length === k) break;
    chosen.push(drawByWeight(nearest, total * uniformAt(seed, chosen.length)));
  }
  const data = new Float32Array(chosen.length * rows.width);
  chosen.forEach((index, c) => data.set(row(rows, index), c * rows.width));
  return { data, count: chosen.length, width: rows.width };
}

/** First index at which the running sum passes `mark`; never one of weight 0. */
function drawByWeight(weights: Float64Array, mark: number): number {
  let running = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    running += weights[i]!;
    last = i;
    if (running > mark) break;
  }
  return last;
}

/** Which centre is nearest to each row, and how far it is. */
export interface Nearest {
  readonly labels: Int32Array;
  /** Squared, float64 [count]. */
  readonly distances: Float64Array;
}

async function assign(
  rows: Rows,
  squares: Float64Array,
  centres: Rows,
  context: ProbeContext,
): Promise<Nearest> {
  const { width } = rows;
  const t = tileRowsFor(rows.count);
  const feeds = {
    centres: matrix(centres.data, centres.count, width),
    halfSquares: {
      dtype: "float32" as const,
      shape: [centres.count],
      data: Float32Array.from(squaredLengths(centres), (square) => square / 2),
    },
  };
  const labels = new Int32Array(rows.count);
  const distances = new Float64Array(rows.count);
  const program = nearestProgram(t, width, centres.count);
  const visit: Parameters<typeof eachTile>[4] = async (start, run) => {
    const results = await run({ rows: matrix(tile(rows, start, t), t, width), ...feeds });
    for (let i = start; i < Math.min(rows.count, start + t); i++) {
      labels[i] = results["label"]!.data[i - start]!;
      distances[i] = Math.max(0, squares[i]! - 2 * results["score"]!.data[i - start]!);
    }
  };
  await eachTile(rows, t, context, program, visit, ["label", "score"]);
  return { labels, distances };
}

/** An empty cluster takes the row that is farthest from its centre, out of a cluster of two or more. */
export function fillEmpty({ labels, distances }: Nearest, count: number): void {
  const sizes = countLabels(labels, count);
  for (let c = 0; c < count; c++) {
    if (sizes[c]! > 0) continue;
    let farthest = -1;
    for (let i = 0; i < labels.length; i++) {
      if (sizes[labels[i]!]! < 2 || distances[i]! < samePlace) continue;
      if (farthest < 0 || distances[i]! > distances[farthest]!) farthest = i;
    }
    if (farthest < 0) return;
    sizes[labels[farthest]!]!--;
    sizes[c]!++;
    labels[farthest] = c;
    distances[farthest] = 0;
  }
}

/**
 * Take over the new labels and move the rows concerned from sum to sum; late iterations move few.
 *
 * @param labels written to; -1 is in no sum yet
 * @param sums written to, [k, d]
 * @returns how many rows moved
 */
function move(rows: Rows, target: Int32Array, labels: Int32Array, sums: Float64Array): number {
  const { data, count, width } = rows;
  let moved = 0;
  for (let i = 0; i < count; i++) {
    const from = labels[i]!;
    const to = target[i]!;
    if (from === to) continue;
    moved++;
    labels[i] = to;
    for (let j = 0; j < width; j++) {
      const value = data[i * width + j]!;
      if (from >= 0) sums[from * width + j]! -= value;
      sums[to * width + j]! += value;
    }
  }
  return moved;
}

/** An empty cluster keeps its centre. */
function means(sums: Float64Array, labels: Int32Array, { data, count, width }: Rows): Rows {
  const sizes = countLabels(labels, count);
  const means = data.map((old, i) => {
    const size = sizes[Math.floor(i / width)]!;
    return size > 0 ? sums[i]! / size : old;
  });
  return { data: means, count, width };
}

interface Raw extends Pick<Clusters, "labels" | "centres" | "iterations" | "converged"> {
  readonly squares: Float64Array;
  readonly sums: Float64Array;
  readonly k: number;
}

function inSizeOrder({ squares, labels, centres, sums, k, iterations, converged }: Raw): Clusters {
  const { width } = centres;
  const sizes = countLabels(labels, centres.count);
  const firsts = sizes.map((_, c) => labels.indexOf(c));
  const order = Array.from(sizes.keys())
    .filter((c) => sizes[c]! > 0)
    .sort((a, b) => sizes[b]! - sizes[a]! || firsts[a]! - firsts[b]!);
  const place = new Int32Array(centres.count);
  order.forEach((c, index) => (place[c] = index));
  const data = new Float32Array(order.length * width);
  order.forEach((c, index) => data.set(row(centres, c), index * width));
  // Sum of |x - m|^2 = sum of |x|^2 - |sum of x|^2 / n, in double precision.
  const spread = order.map((c) => {
    const own = sums.subarray(c * width, (c + 1) * width);
    return dot(own, own) / sizes[c]!;
  });
  const inertia = sum(squares) - sum(spread);
  return {
    labels: labels.map((label) => place[label]!),
    centres: { data, count: order.length, width },
    sizes: Array.from({ length: k }, (_, index) => sizes[order[index]!] ?? 0),
    inertia: Math.max(0, inertia),
    iterations,
    converged,
  };
}

function countLabels(labels: Int32Array, count: number): number[] {
  const sizes = new Array<number>(count).fill(0);
  for (const label of labels) sizes[label]!++;
  return sizes;
}
