/** Requests about comparisons, probes and scenes. All of the work is done in other threads. */
import path from "node:path";
import type { Call, CallOptions, Handlers } from "../protocol/connection.ts";
import type { measuringRequests } from "../protocol/measuring.ts";
import type { ScenePool } from "../scene-files/scene-pool.ts";
import type { MeasureJobs } from "./measure-jobs.ts";

export interface MeasureContext {
  readonly measuring: MeasureJobs;
  /** Threads that draw, apart from those that measure: a page that looks at scenes never waits. */
  readonly scenes: ScenePool;
  /** The assets folder. */
  readonly assets: string;
}

export function measureHandlers({
  measuring,
  scenes,
  assets,
}: MeasureContext): Handlers<typeof measuringRequests> {
  return {
    "measure.describe": async (_, call) => ({
      ...(await measuring.describe(forwarded(call))),
      samplesFolder: path.join(assets, "samples"),
    }),
    "compare.run": (wish, call) =>
      measuring.compare(wish, { ...forwarded(call), onEvent: call.emit }),
    "probe.measure": (wish, call) => measuring.probe(wish, forwarded(call)),
    "scene.render": (wish, { signal }) => scenes.run("render", wish, signal),
    "scene.pair": (wish, { signal }) => scenes.run("pair", wish, signal),
    "scene.sequence": (wish, { signal }) => scenes.run("sequence", wish, signal),
  };
}

function forwarded({ signal, progress }: Pick<Call, "signal" | "progress">): CallOptions {
  return { signal, onProgress: progress };
}
