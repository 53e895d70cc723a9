/** A labelled probe from what was asked for to its report, for the command line and for pages. */
import { probes, type CataloguedProbe } from "../evaluation/catalog.ts";
import { freeze } from "../evaluation/frozen-backbone.ts";
import type { InputSize } from "../evaluation/input-size.ts";
import type { Measured } from "../evaluation/measuring.ts";
import { PreparedPrograms } from "../evaluation/similarity.ts";
import type { Executor } from "../executors/executor.ts";
import { cachedModelPath } from "../hub/model-name.ts";
import type { LabelledSet, Task } from "../labels/labelled.ts";
import { layoutNames, openLabels } from "../labels/open-labels.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ProbeWish } from "../protocol/measuring.ts";
import { sceneSet } from "../scenes/scene-sets.ts";
import type { Control } from "../session/control.ts";
import { openModelFiles } from "../weights/open-model.ts";
import { remainingMs } from "./remaining-time.ts";

export interface ProbeJob extends Control {
  /** Asked for when everything that can be refused without it is known. */
  readonly executor: () => Promise<Executor>;
  readonly rope: RopePrecision;
}

export interface ProbeOutcome extends Measured<unknown> {
  /** What was measured on. */
  readonly set: LabelledSet<Task>;
}

/** @throws EngineError "option.invalid" for a preset or layout that is not there; as openLabels,
 *   cachedModelPath, openModelFiles and the probe */
export async function runProbeJob(wish: ProbeWish, job: ProbeJob): Promise<ProbeOutcome> {
  const probe: CataloguedProbe = probes[wish.probe];
  const { signal, rope } = job;
  const areScenes = wish.data === "scenes";
  const own = areScenes ? probe.scenes : { preset: probe.preset };
  const preset = wish.preset ?? own.preset;
  oneOf("preset", preset, probe.presets);
  const size = sizeOf(wish) ?? (areScenes ? probe.scenes.size : undefined);
  const set = await openSet(probe, wish, signal);
  const files = await openModelFiles(await cachedModelPath(wish.model));
  const executor = await job.executor();
  const programs = new PreparedPrograms(executor);
  const backbone = await freeze(files, executor, { rope });
  try {
    const started = performance.now();
    const progress = (done: number, total: number) => {
      const fraction = done / total;
      job.progress(fraction, probe.title, remainingMs(fraction, performance.now() - started));
    };
    const measuring = { backbone, programs, signal, progress };
    const measured = await probe.measure(set, measuring, { preset, seed: wish.seed, size });
    return { ...measured, set };
  } finally {
    await programs.dispose();
    await backbone.dispose();
  }
}

async function openSet(
  { task, scenes }: CataloguedProbe,
  { data, layout, seed, train, test, pairs }: ProbeWish,
  signal: AbortSignal,
): Promise<LabelledSet<Task>> {
  if (data !== "scenes") {
    const known = layout === undefined ? undefined : oneOf("layout", layout, layoutNames);
    return openLabels(data, task, { layout: known, signal });
  }
  return sceneSet(task, {
    ...scenes.set,
    ...(train === undefined ? {} : { train }),
    ...(test === undefined ? {} : { test }),
    ...(pairs === undefined ? {} : { pairs }),
    seed,
  });
}

function sizeOf({ size }: ProbeWish): InputSize | undefined {
  if (size === undefined) return undefined;
  return size === "native" ? { kind: "native" } : { kind: "square", side: size };
}

function oneOf<T extends string>(what: string, received: string, known: readonly T[]): T {
  const found = known.find((name) => name === received);
  if (found !== undefined) return found;
  throw new EngineError(
    "option.invalid",
    `${what}: expected one of ${known.join(", ")}; received "${received}"`,
  );
}
