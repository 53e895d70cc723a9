/** Phases and events of a run as marks along its steps: what it logged, and what a comparison recommends. */
import { formatStep } from "./chart-numbers.ts";
import type { KeptComparison, TimelineMark } from "./timeline.ts";
import type { Curves } from "./run-curves.ts";

/** Columns that are flags of steps. */
export const flagColumns: Readonly<Record<string, string>> = {
  gram_refresh: "Gram teacher refreshed",
  gram_weight_set: "Gram weight set by hand",
};

export function runMarks(curves: Curves | undefined): TimelineMark[] {
  if (!curves) return [];
  const { steps, columns } = curves;
  const flags = Object.entries(flagColumns).flatMap(([key, label]) =>
    (columns[key] ?? []).flatMap((value, i) => (value > 0 ? [{ step: steps[i]!, label }] : [])),
  );
  const warmup = columns["head_warmup"];
  const begins = warmup ? steps.findIndex((_, i) => !(warmup[i]! > 0)) : -1;
  const warm = begins > 0 ? [{ step: steps[begins]!, label: "heads are warm" }] : [];
  return [...flags, ...warm, ...gramBegins(curves)];
}

/** Where a loss joins that was not there from the beginning. */
function gramBegins({ steps, columns }: Curves): TimelineMark[] {
  const weight = columns["gram_loss_weight"];
  const gram = columns["gram"];
  const isOn = (i: number) => (weight ? weight[i]! > 0 : gram ? gram[i]! > 0 : false);
  const begins = steps.findIndex((_, i) => isOn(i));
  return begins > 0 ? [{ step: steps[begins]!, label: "Gram anchoring begins" }] : [];
}

/** The checkpoint that a comparison of the run found best for a Gram teacher. */
export function teacherMarks(scores: KeptComparison | undefined) {
  const best = scores?.degradation?.recommendation;
  if (best?.kind !== "teacher") return [];
  return [{ step: best.step, label: `Gram teacher ${formatStep(best.step)}`, isGood: true }];
}
