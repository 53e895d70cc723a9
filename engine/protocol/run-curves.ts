/** The curves of a run: what metrics.jsonl holds, column by column. */
import { float32Values, int32Values, type WireTensor } from "./tensor.ts";

export interface Curves {
  /** Ascending. */
  readonly steps: readonly number[];
  /** As long as the steps; NaN where a step has no value. */
  readonly columns: Readonly<Record<string, readonly number[]>>;
}

export const noCurves = (): Curves => ({ steps: [], columns: {} });

export function curvesOf(steps: WireTensor, columns: Readonly<Record<string, WireTensor>>): Curves {
  return {
    steps: listOf(int32Values(steps)),
    columns: Object.fromEntries(
      Object.entries(columns).map(([key, values]) => [key, listOf(float32Values(values))]),
    ),
  };
}

/** Several times as fast as Array.from. */
function listOf(values: Int32Array | Float32Array): number[] {
  const list = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) list[i] = values[i]!;
  return list;
}
