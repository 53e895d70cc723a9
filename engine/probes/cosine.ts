/** Cosine of every patch to a query of one or more patches, over its own image or another's. */
import { EngineError } from "../protocol/errors.ts";
import { patchAt, patchRectangle, type PatchPosition } from "../protocol/geometry.ts";
import type { ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { scalarMap } from "./maps.ts";
import {
  patchIndex,
  patchPositionOf,
  patchRows,
  prefixRows,
  type FeatureMap,
  type ProbeContext,
} from "./probe.ts";
import { innerProducts } from "./products.ts";
import { describe, figure, recipeOf } from "./recipe.ts";
import { dot, normalise, row, type Rows } from "./rows.ts";
import { mean, quantile, similarityRange, sorted } from "./statistics.ts";

/**
 * The query is the mean of its patches, each at length 1, brought back to length 1. A patch that is
 * named twice counts once.
 *
 * @throws EngineError "patch.range" for a query outside the grid
 * @throws EngineError "option.invalid" for a target of another model, layer or norm
 */
export async function run(
  features: FeatureMap,
  ref: FeatureRef,
  options: ProbeOptions<"cosine">,
  context: ProbeContext,
): Promise<ProbeResult> {
  const indices = new Set(options.queries.map((query) => patchIndex(features.geometry, query)));
  const query = queryVector(patchRows(features), [...indices]);
  const target = options.target ? await context.features(options.target) : features;
  if (options.target) requireSameSpace(features, ref, target, options.target);

  const others = { data: query, count: 1, width: features.width };
  const values = await innerProducts(patchRows(target), others, context, { cosine: true });
  const isSameImage = options.target === undefined || options.target.image === ref.image;
  const shunned = isSameImage
    ? [...indices].flatMap(
        (index) => placeIn(features, target, patchPositionOf(features.geometry, index)) ?? [],
      )
    : [];
  const marks = bestMatches(values, target, shunned, options);
  const ascending = sorted(values);
  const settings: [string, string][] = [
    ["Probe", "cosine to the mean of the L2-normalised query patches"],
    ["Query", describeQueries(options.queries, indices.size)],
    ["Scale", "smallest cosine rounded down to a tenth, up to 1"],
  ];
  if (options.target) settings.push(["Query taken from", describe(features)]);
  if (isSameImage) settings.push(["Matches", `at least ${options.exclude} patches from the query`]);
  return {
    probe: "cosine",
    maps: [scalarMap("cosine", target.geometry.grid, values, similarityRange(values), "cosine")],
    tokens: prefixRows(target).map((token) => ({
      name: token.name,
      value: dot(normalise(token.values), query),
      outlier: false,
    })),
    marks,
    numbers: [
      figure("mean", mean(values), "cosine"),
      figure("95th percentile", quantile(ascending, 0.95), "cosine"),
      figure("smallest", quantile(ascending, 0), "cosine"),
      ...(marks[0] ? [figure("best match", marks[0].value, "cosine")] : []),
      figure("query patches", indices.size, "patches"),
    ],
    recipe: recipeOf(target, options.target ?? ref, settings),
  };
}

/** @returns float32 [d], length 1 (or 0 where the queries cancel out) */
function queryVector(rows: Rows, indices: readonly number[]): Float32Array {
  const sum = new Float64Array(rows.width);
  for (const index of indices) {
    normalise(row(rows, index)).forEach((value, j) => (sum[j]! += value));
  }
  return normalise(sum);
}

function requireSameSpace(
  features: FeatureMap,
  ref: FeatureRef,
  target: FeatureMap,
  targetRef: FeatureRef,
): void {
  const isSame =
    ref.model === targetRef.model &&
    features.width === target.width &&
    features.block === target.block &&
    features.norm === target.norm;
  if (isSame) return;
  throw new EngineError(
    "option.invalid",
    `target: expected the query's model, layer and norm, ${describe(features)}, ` +
      `received ${describe(target)}`,
    { hint: "Cosines compare only within one feature space; open both images with one model." },
  );
}

/** Where a patch of the query's grid lies in the target's, should the two be of different sizes. */
function placeIn(
  features: FeatureMap,
  target: FeatureMap,
  patch: PatchPosition,
): PatchPosition | undefined {
  const { x, y, width, height } = patchRectangle(features.geometry, patch);
  return patchAt(target.geometry, { x: x + width / 2, y: y + height / 2 });
}

/** The largest values at Euclidean distance `exclude` or more from all of `shunned`, best first. */
function bestMatches(
  values: Float32Array,
  { geometry }: FeatureMap,
  shunned: readonly PatchPosition[],
  { matches, exclude }: ProbeOptions<"cosine">,
): ProbeResult["marks"] {
  const { rows, cols } = geometry.grid;
  const isShunned = new Uint8Array(values.length);
  const reach = exclude - 1; // Distances below `exclude` differ by at most this along an axis.
  for (const { row: r, col: c } of shunned) {
    for (let y = Math.max(0, r - reach); y <= Math.min(rows - 1, r + reach); y++) {
      for (let x = Math.max(0, c - reach); x <= Math.min(cols - 1, c + reach); x++) {
        if (Math.hypot(y - r, x - c) < exclude) isShunned[y * cols + x] = 1;
      }
    }
  }
  return Array.from(values.keys())
    .filter((index) => isShunned[index] === 0)
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, matches)
    .map((index) => ({
      patch: patchPositionOf(geometry, index),
      value: values[index]!,
      kind: "match" as const,
    }));
}

function describeQueries(queries: readonly PatchPosition[], count: number): string {
  const shown = queries.slice(0, 8).map(({ row: r, col: c }) => `(${r}, ${c})`);
  const rest = queries.length > shown.length ? ", ..." : "";
  return `${count} patch${count === 1 ? "" : "es"} at (row, column) ${shown.join(", ")}${rest}`;
}
