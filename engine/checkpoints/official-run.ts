/** The folder of a run of the official code of DINOv3 (dinov3.md H.2): its checkpoints and its configuration. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { pathError } from "./byte-range.ts";
import { isDistributed } from "./open-checkpoint.ts";
import { metricsAt, readTrainingMetrics, type TrainingMetrics } from "./training-metrics.ts";
import { readYamlScalars, type YamlScalars } from "./yaml-scalars.ts";

export interface OfficialCheckpoint {
  readonly iteration: number;
  /** A file of the teacher, or the folder of a distributed checkpoint. */
  readonly path: string;
  /** Logged at this iteration, or at the last one before it. */
  readonly metrics: TrainingMetrics | undefined;
}

export interface OfficialRun {
  /** Absolute. */
  readonly folder: string;
  /** In the order of training. */
  readonly checkpoints: readonly OfficialCheckpoint[];
  readonly metrics: readonly TrainingMetrics[];
  readonly config: YamlScalars;
}

const maxConfigBytes = 2 ** 21;

/** Whether a folder is one: its configuration beside a folder of checkpoints. */
export async function isOfficialRun(folder: string): Promise<boolean> {
  if (!(await isThere(join(folder, "config.yaml"), "file"))) return false;
  return (await isThere(join(folder, "ckpt"), "folder")) || isThere(join(folder, "eval"), "folder");
}

/** @throws EngineError "path.missing", "path.unreadable" */
export async function readOfficialRun(path: string): Promise<OfficialRun> {
  const folder = await realpath(path).catch((error: unknown) => {
    throw pathError(path, error);
  });
  const metrics = await readTrainingMetrics(join(folder, "training_metrics.json"));
  const places = await listOfficialCheckpoints(folder);
  return {
    folder,
    checkpoints: places.map((place) => ({
      ...place,
      metrics: metricsAt(metrics, place.iteration),
    })),
    metrics,
    config: (await readOfficialConfig(folder)) ?? new Map(),
  };
}

/**
 * The newest checkpoint of a run.
 * @throws EngineError "run.missing" where it has none
 */
export async function latestOfficial(folder: string): Promise<string> {
  const newest = (await listOfficialCheckpoints(folder)).at(-1);
  if (newest) return newest.path;
  throw new EngineError(
    "run.missing",
    `${folder}: expected checkpoints in ckpt/ or eval/, found none`,
    { hint: "Let the run go on until it has written one." },
  );
}

/** The configuration of the run that a checkpoint belongs to, found in the folders above it. */
export async function configAbove(checkpoint: string): Promise<YamlScalars | undefined> {
  let folder = checkpoint;
  // RUN/eval/training_N/teacher_checkpoint.pth is the deepest.
  for (let level = 0; level < 3; level++) {
    folder = dirname(folder);
    const config = await readOfficialConfig(folder);
    if (config && [...config.keys()].some((key) => key.startsWith("student."))) return config;
  }
  return undefined;
}

/**
 * One place for every iteration: the teacher alone where there is such a file, which is the smallest,
 * then a distributed checkpoint. Unfinished folders have other names.
 */
export async function listOfficialCheckpoints(
  folder: string,
): Promise<{ iteration: number; path: string }[]> {
  const places = new Map<number, string>();
  const add = (iteration: string, path: string) => {
    if (!places.has(Number(iteration))) places.set(Number(iteration), path);
  };
  for (const name of await namesIn(join(folder, "eval"))) {
    const iteration = /^training_(\d{1,12})$/.exec(name)?.[1];
    const file = join(folder, "eval", name, "teacher_checkpoint.pth");
    const sharded = join(folder, "eval", name, "sharded_teacher_checkpoint");
    if (iteration === undefined) continue;
    if (await isThere(file, "file")) add(iteration, file);
    else if (await isDistributed(sharded)) add(iteration, sharded);
  }
  // "19" before "19_keep", which is the same by hard links and outlives it.
  for (const name of (await namesIn(join(folder, "ckpt"))).sort()) {
    const iteration = /^(\d{1,12})(_keep)?$/.exec(name)?.[1];
    const path = join(folder, "ckpt", name);
    if (iteration !== undefined && (await isDistributed(path))) add(iteration, path);
  }
  return [...places]
    .map(([iteration, path]) => ({ iteration, path }))
    .sort((a, b) => a.iteration - b.iteration);
}

/** Its configuration; undefined where there is none that can be read. */
export async function readOfficialConfig(folder: string): Promise<YamlScalars | undefined> {
  const path = join(folder, "config.yaml");
  const size = (await stat(path).catch(() => undefined))?.size;
  if (size === undefined || size > maxConfigBytes) return undefined;
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : readYamlScalars(text);
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function isThere(path: string, kind: "file" | "folder"): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return (kind === "file" ? info?.isFile() : info?.isDirectory()) === true;
}
