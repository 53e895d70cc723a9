/** Curves that grow as a run goes on. */
import type { Curves } from "../../engine/protocol/run-curves.ts";

/**
 * Curves with steps at their end. A step that is there already, or lies before the last one, means
 * that the run went back to a checkpoint: what lies beyond is forgotten, and the columns are new
 * arrays. Otherwise the arrays are pushed to, and their owner is new, so that a chart sees a change
 * without a copy of a hundred thousand points a step.
 */
export function appended(
  curves: Curves,
  rows: readonly Readonly<Record<string, number>>[],
): Curves {
  let { steps, columns } = curves as { steps: number[]; columns: Record<string, number[]> };
  for (const { step, ...values } of rows) {
    if (step === undefined) continue;
    if (steps.length > 0 && steps.at(-1)! >= step)
      ({ steps, columns } = before(step, steps, columns));
    for (const [key, value] of Object.entries(values)) {
      columns[key] ??= new Array<number>(steps.length).fill(NaN);
      columns[key].push(value);
    }
    steps.push(step);
    for (const column of Object.values(columns)) {
      if (column.length < steps.length) column.push(NaN);
    }
  }
  return { steps, columns };
}

function before(step: number, steps: readonly number[], columns: Curves["columns"]) {
  const length = steps.findIndex((one) => one >= step);
  const kept = Object.entries(columns).map(([key, values]) => [key, values.slice(0, length)]);
  return {
    steps: steps.slice(0, length),
    columns: Object.fromEntries(kept) as Record<string, number[]>,
  };
}
