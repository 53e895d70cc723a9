/**
 * The Gram matrix of L2-normalised patches, which Gram anchoring keeps (Siméoni et al. 2025,
 * arXiv:2508.10104), averaged down to a size that can be looked at.
 *
 * The average of a block of the matrix is the product of two averages of rows,
 *   mean over i in A, j in B of x_i . x_j  =  (mean of A) . (mean of B),
 * so the P x P matrix is never formed, whole or in part, and the result is exact.
 */
import type { ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { clusterRows, type Clusters } from "./clusters.ts";
import { matrixMap } from "./maps.ts";
import { patchRows, type FeatureMap, type ProbeContext } from "./probe.ts";
import { innerProducts, scatter } from "./products.ts";
import { figure, recipeOf, type NumberLine } from "./recipe.ts";
import { dot, normaliseRows, pickRows, row, squaredLengths, sumRows, type Rows } from "./rows.ts";
import { similarityRange, sum } from "./statistics.ts";

export async function run(
  features: FeatureMap,
  ref: FeatureRef,
  options: ProbeOptions<"gram">,
  context: ProbeContext,
): Promise<ProbeResult> {
  const rows = normaliseRows(patchRows(features));
  const isClustered = options.order === "cluster";
  const clusters = isClustered
    ? await clusterRows(rows, options.clusters, options.seed, context)
    : undefined;
  const order = clusters
    ? clusterOrder(rows, clusters)
    : Int32Array.from({ length: rows.count }, (_, i) => i);
  const n = Math.min(rows.count, options.side);
  const bins = averageBins(isClustered ? pickRows(rows, order) : rows, n);
  const values = await innerProducts(bins, bins, context);
  const numbers = await figures(rows, context);
  return {
    probe: "gram",
    maps: [matrixMap("Gram", n, values, similarityRange(values), "cosine")],
    tokens: [],
    marks: [],
    numbers: [
      ...numbers,
      ...(clusters ? withinAndBetween(rows, clusters) : []),
      figure("patches a row", rows.count / n, "patches"),
    ],
    recipe: recipeOf(features, ref, [
      ["Probe", "Gram matrix of L2-normalised patches"],
      [
        "Order",
        isClustered
          ? `k-means, ${options.clusters} clusters, seed ${options.seed}; largest first, ` +
            "within one by cosine to its centre"
          : "raster, row by row",
      ],
      [
        "Pooling",
        n === rows.count
          ? `none, ${n} x ${n}`
          : `${rows.count} x ${rows.count} averaged by area to ${n} x ${n}`,
      ],
      ["Scale", "smallest cosine rounded down to a tenth, up to 1"],
    ]),
    order: toWireTensor(order, [order.length]),
  };
}

/** First row of bin `bin` when `count` rows are shared out over n bins; bin n gives the end. */
export function binStart(bin: number, count: number, n: number): number {
  return Math.floor((bin * count) / n);
}

/** Means of n runs of neighbouring rows. @returns [n, d] */
function averageBins(rows: Rows, n: number): Rows {
  if (n === rows.count) return rows;
  const data = new Float32Array(n * rows.width);
  for (let bin = 0; bin < n; bin++) {
    const start = binStart(bin, rows.count, n);
    const end = binStart(bin + 1, rows.count, n);
    data.set(
      sumRows(rows, start, end).map((value) => value / (end - start)),
      bin * rows.width,
    );
  }
  return { data, count: n, width: rows.width };
}

/** Largest cluster first; within one, the most typical patch first. */
function clusterOrder(rows: Rows, { labels, centres }: Clusters): Int32Array {
  const closeness = Float64Array.from(labels, (label, i) => dot(row(rows, i), row(centres, label)));
  return Int32Array.from(labels.keys()).sort(
    (a, b) => labels[a]! - labels[b]! || closeness[b]! - closeness[a]! || a - b,
  );
}

/** Of the whole matrix, from the sum of the rows and their scatter: the same spectrum, d x d. */
async function figures(rows: Rows, context: ProbeContext): Promise<NumberLine[]> {
  const p = rows.count;
  const total = sumRows(rows);
  const trace = sum(squaredLengths(rows));
  const scattered = await scatter(rows, undefined, context);
  const squares = dot(scattered, scattered);
  const offDiagonal = p > 1 ? (dot(total, total) - trace) / (p * (p - 1)) : 0;
  return [
    figure("mean off the diagonal", offDiagonal, "cosine"),
    figure("root mean square", Math.sqrt(squares) / p, "cosine"),
    // Participation ratio of the eigenvalues: 1 if all patches agree, d if all directions are used.
    figure("effective rank", squares > 0 ? trace ** 2 / squares : 0, "directions"),
  ];
}

/** Mean cosine of two different patches of one cluster, and of two clusters. */
function withinAndBetween(rows: Rows, { labels, sizes }: Clusters): NumberLine[] {
  const total = sumRows(rows);
  const trace = sum(squaredLengths(rows));
  const sums = sizes.map(() => new Float64Array(rows.width));
  labels.forEach((label, i) => {
    row(rows, i).forEach((value, j) => (sums[label]![j]! += value));
  });
  const own = sum(sums.map((vector) => dot(vector, vector)));
  const ownPairs = sum(sizes.map((size) => size * (size - 1)));
  const otherPairs = rows.count * (rows.count - 1) - ownPairs;
  return [
    ...(ownPairs > 0 ? [figure("within clusters", (own - trace) / ownPairs, "cosine")] : []),
    ...(otherPairs > 0
      ? [figure("between clusters", (dot(total, total) - own) / otherPairs, "cosine")]
      : []),
  ];
}
