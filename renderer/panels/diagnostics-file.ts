/** The file for bug reports: what the page knows of itself and of the engine, and nothing of a person's. */
import type { HoverTiming } from "../scene/timings.ts";
import type { Look } from "../store/look.ts";
import { writeView } from "../store/view-address.ts";

export interface Surroundings {
  readonly paint: { mapMs: number | undefined; path: string; why: string | undefined };
  readonly timings: readonly HoverTiming[];
  readonly browser: string;
  readonly now: Date;
}

/** @returns JSON, for people to read before they send it */
export function diagnosticsText(state: Look, around: Surroundings): string {
  const { info, model, connection, engineProcess, view } = state;
  const features = state.features.main;
  const times = around.timings.map(({ startedAt, paintedAt }) => paintedAt - startedAt);
  const sorted = times.sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))];
  const report = {
    written: around.now.toISOString(),
    page: { browser: around.browser, drawing: around.paint },
    connection: connection.kind,
    process: engineProcess,
    engine: info && {
      version: info.version,
      protocol: info.protocol,
      executors: info.executors,
      memory: info.memory,
      machine: info.machine,
    },
    model: model && {
      variant: model.variant,
      trained: model.trained,
      parameters: model.parameters,
      depth: model.depth,
      width: model.width,
      dtype: model.dtype,
      preprocess: model.preprocess,
    },
    // A basis may be named after a photograph.
    view: writeView("", { ...view, basis: view.basis.startsWith("of ") ? "own" : view.basis }),
    features: features && {
      executor: features.executor,
      elapsedMs: features.elapsedMs,
      grid: features.geometry.grid,
    },
    hoverMs: { count: sorted.length, median: at(0.5), p95: at(0.95), worst: at(1) },
    notices: state.log,
  };
  return JSON.stringify(report, undefined, 2);
}
