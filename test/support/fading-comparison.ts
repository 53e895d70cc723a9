/** What a comparison tells of a run whose dense features fade. */
import path from "node:path";
import type { CompareReport } from "../../engine/protocol/comparison.ts";
import { checkpointName } from "../../engine/runs/checkpoint-layout.ts";

/** Best at `peak`, worse from there on: as much as the pages read of a report. */
export function fadingComparison(
  run: string,
  steps: readonly number[],
  peak: number,
): CompareReport {
  const last = steps.at(-1)!;
  const estimate = (mean: number) => ({ mean, low: mean - 0.1, high: mean + 0.1 });
  return {
    kind: "run",
    description: `run ${path.basename(run)}`,
    data: { description: "8 images", fingerprint: "", images: 8 },
    models: steps.map((step) => ({
      name: `step ${step}`,
      step,
      path: path.join(run, "checkpoints", checkpointName(step)),
      scores: { clsPatchCosine: { ...estimate(step / (2 * last)), values: [] } },
    })),
    degradation: {
      quality: steps.map((step) => ({ step, ...estimate((-5 * Math.abs(step - peak)) / last) })),
      weights: { shiftMatching: 1 },
      images: 8,
      peak,
      last,
      decline: { ...estimate(3), isBeyondImages: true },
      asGood: [peak],
      recommendation: { kind: "teacher", step: peak, reason: "dense quality falls from there" },
    },
  } as unknown as CompareReport;
}
