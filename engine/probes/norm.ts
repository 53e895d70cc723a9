/** Length of every token, and the patches far longer than the rest (DINOv3, appendix on outliers). */
import type { ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { scalarMap } from "./maps.ts";
import {
  patchPositionOf,
  patchRows,
  prefixRows,
  type FeatureMap,
  type ProbeContext,
} from "./probe.ts";
import { figure, recipeOf } from "./recipe.ts";
import { length, squaredLengths } from "./rows.ts";
import { extent, mean, medianDeviation, quantile, sorted } from "./statistics.ts";

/** 1.4826 x MAD estimates the deviation of normal data. */
const deviations = 5;
const leastRatio = 1.5;

/**
 * Above this a token is an outlier: 5 robust deviations over the median of the patches, and at
 * least 1.5 times the median, so that near-equal lengths have none.
 */
export function outlierThreshold(lengths: Float32Array): number {
  const ascending = sorted(lengths);
  const median = quantile(ascending, 0.5);
  const robust = median + deviations * 1.4826 * medianDeviation(ascending);
  return Math.max(robust, leastRatio * median);
}

/** All outliers are counted; at most this many are marked. */
const mostMarks = 256;

export function run(
  features: FeatureMap,
  ref: FeatureRef,
  _options: ProbeOptions<"norm">,
  _context: ProbeContext,
): Promise<ProbeResult> {
  const rows = patchRows(features);
  const lengths = Float32Array.from(squaredLengths(rows), Math.sqrt);
  const threshold = outlierThreshold(lengths);
  const outliers = Array.from(lengths.keys())
    .filter((index) => lengths[index]! > threshold)
    .sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const median = quantile(sorted(lengths), 0.5);
  const [low, high] = extent(lengths);
  return Promise.resolve({
    probe: "norm",
    maps: [scalarMap("L2 norm", features.geometry.grid, lengths, [low, high], "L2 norm")],
    tokens: prefixRows(features).map(({ name, values }) => {
      const value = length(values);
      return { name, value, outlier: value > threshold };
    }),
    marks: outliers.slice(0, mostMarks).map((index) => ({
      patch: patchPositionOf(features.geometry, index),
      value: lengths[index]!,
      kind: "outlier",
    })),
    numbers: [
      figure("median", median, "L2 norm"),
      figure("mean", mean(lengths), "L2 norm"),
      figure("largest", high, "L2 norm"),
      figure("largest / median", median > 0 ? high / median : 1, "x"),
      figure("outliers", outliers.length, "patches"),
      figure("outliers", (100 * outliers.length) / lengths.length, "% of patches"),
      figure("outlier threshold", threshold, "L2 norm"),
    ],
    recipe: recipeOf(features, ref, [
      ["Probe", "L2 norm of each token"],
      [
        "Outliers",
        `over the patches' median + ${deviations} x 1.4826 x MAD, at least ${leastRatio} x median`,
      ],
      ...(features.norm
        ? [["Note", "the final LayerNorm evens lengths out; look before it for outliers"] as const]
        : []),
    ]),
  });
}
