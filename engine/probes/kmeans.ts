/** Patches grouped by k-means on their directions, the largest group first. */
import type { ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { clusterRows, maxIterations } from "./clusters.ts";
import { labelMap } from "./maps.ts";
import { patchRows, type FeatureMap, type ProbeContext } from "./probe.ts";
import { figure, recipeOf } from "./recipe.ts";
import { normaliseRows } from "./rows.ts";

export async function run(
  features: FeatureMap,
  ref: FeatureRef,
  { k, seed }: ProbeOptions<"kmeans">,
  context: ProbeContext,
): Promise<ProbeResult> {
  const rows = normaliseRows(patchRows(features));
  const clusters = await clusterRows(rows, k, seed, context);
  const { labels, sizes, inertia, iterations, converged } = clusters;
  return {
    probe: "kmeans",
    maps: [labelMap("k-means", features.geometry.grid, labels, k)],
    tokens: [],
    marks: [],
    numbers: [
      figure("inertia", inertia, "squared distance"),
      figure("inertia per patch", inertia / rows.count, "squared distance"),
      figure("iterations", iterations),
      ...sizes.map((size, label) => figure(`cluster ${label}`, size, "patches")),
    ],
    recipe: recipeOf(features, ref, [
      ["Probe", "k-means, Euclidean on L2-normalised patches, centres not renormalised"],
      ["Clusters", `${k}, the largest is 0`],
      ["Seed", `${seed}, k-means++`],
      [
        "Iterations",
        converged ? `${iterations}, until no patch moved` : `stopped at ${maxIterations}`,
      ],
    ]),
  };
}
