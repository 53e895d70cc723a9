/** Cosine of every patch to the CLS token; its mean rises as dense features decay (DINOv3, fig. 5). */
import type { ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { scalarMap } from "./maps.ts";
import { patchRows, prefixRows, type FeatureMap, type ProbeContext } from "./probe.ts";
import { innerProducts } from "./products.ts";
import { figure, recipeOf } from "./recipe.ts";
import { dot, normalise } from "./rows.ts";
import { mean, quantile, roundedRange, sorted } from "./statistics.ts";

export async function run(
  features: FeatureMap,
  ref: FeatureRef,
  _options: ProbeOptions<"cls">,
  context: ProbeContext,
): Promise<ProbeResult> {
  const cls = normalise(features.cls);
  const others = { data: cls, count: 1, width: features.width };
  const values = await innerProducts(patchRows(features), others, context, { cosine: true });
  const ascending = sorted(values);
  return {
    probe: "cls",
    maps: [
      scalarMap("cosine to CLS", features.geometry.grid, values, roundedRange(values), "cosine"),
    ],
    tokens: prefixRows(features).map((token) => ({
      name: token.name,
      value: dot(normalise(token.values), cls),
      outlier: false,
    })),
    marks: [],
    numbers: [
      figure("mean", mean(values), "cosine"),
      figure("median", quantile(ascending, 0.5), "cosine"),
      figure("95th percentile", quantile(ascending, 0.95), "cosine"),
      figure("smallest", quantile(ascending, 0), "cosine"),
      figure("largest", quantile(ascending, 1), "cosine"),
    ],
    recipe: recipeOf(features, ref, [
      ["Probe", "cosine of each patch to the CLS token"],
      ["Scale", "smallest and largest rounded outwards to a tenth"],
    ]),
  };
}
