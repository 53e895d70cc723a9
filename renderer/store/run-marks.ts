/** Phases and events of a run, found in what it logged. */
import type { Curves } from "./curves.ts";
import type { TimelineMark } from "./timeline-state.ts";

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
  return begins > 0 ? [...flags, { step: steps[begins]!, label: "heads are warm" }] : flags;
}

/** Where a loss joins that was not there from the beginning. */
export function gramBegins({ steps, columns }: Curves): TimelineMark[] {
  const weight = columns["gram_loss_weight"];
  const gram = columns["gram"];
  const isOn = (i: number) => (weight ? weight[i]! > 0 : gram ? gram[i]! > 0 : false);
  const begins = steps.findIndex((_, i) => isOn(i));
  return begins > 0 ? [{ step: steps[begins]!, label: "Gram anchoring begins" }] : [];
}
