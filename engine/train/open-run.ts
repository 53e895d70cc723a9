/** A run put together from a recipe, or from the folder of one that was begun. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BatchSource } from "../data/batch.ts";
import type { Executor, HostTensor } from "../executors/executor.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import { refuseContradictions } from "../recipe/lint.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { CheckpointInfo } from "../runs/checkpoint-layout.ts";
import { acquireLock, type RunLock } from "../runs/lock.ts";
import { latestCheckpoint } from "../runs/read-checkpoint.ts";
import { createRun, openRun, type Run } from "../runs/run-directory.ts";
import type { RunListener } from "./events.ts";
import { estimateMemory, type MemoryEstimate } from "./memory-estimate.ts";
import { featureRecipe, phaseRecipe, stateShape, targetOptions, type Phase } from "./plan.ts";
import { withCommits } from "./recipe-paths.ts";
import { TrainingRun } from "./run.ts";
import { openSource } from "./source.ts";
import { startStudent, startTeacher, studentShape } from "./start.ts";
import type { StateShape } from "./state.ts";
import { readPlace, StudentRun, type StudentPlace } from "./student-run.ts";
import { FixedTeacher } from "./teacher.ts";
import { Watch } from "./watch.ts";

export interface TrainOptions {
  readonly executor: Executor;
  readonly rope?: RopePrecision | undefined;
  readonly listener?: RunListener | undefined;
  /** The built data-thread.js; absent: beside the file that this code was built into. */
  readonly dataThreadFile?: string | undefined;
  /** Start paused, for going step by step. */
  readonly isPaused?: boolean | undefined;
  /** Told what the run will need before anything is made; it may throw. */
  readonly onEstimate?: ((estimate: MemoryEstimate) => void) | undefined;
}

type Distilled = Awaited<ReturnType<typeof startTeacher>>;

/** A student before its files are opened. */
interface Place {
  readonly name: string;
  readonly run: Run;
  readonly place: StudentPlace;
  readonly checkpoint?: CheckpointInfo | undefined;
}

/**
 * @param asked resolved, its paths absolute; models of the Hub by their names
 * @throws EngineError "config.contradicts"; "run.exists"; "path.missing" for a model that is not in the
 *   Hub's cache; of weights and data that do not fit.
 *   Nothing is left behind then.
 */
export async function beginRun(
  asked: Recipe,
  folder: string,
  options: TrainOptions,
): Promise<TrainingRun> {
  refuseContradictions(asked);
  const recipe = await withCommits(asked);
  const distilled = recipe.kind === "distill" ? await startTeacher(recipe) : undefined;
  const effective = effectiveRecipe(recipe, distilled);
  const estimate = (shapes: readonly StateShape[]) =>
    options.onEstimate?.(estimateMemory(effective, shapes, distilled?.given, distilled?.bytes));
  const planned = await Promise.all(
    studentsOf(recipe).map((student) => studentShape(effective, student, distilled?.given)),
  );
  const shapes = planned.filter((shape) => shape !== undefined);
  const isPlanned = shapes.length === planned.length;
  if (isPlanned) estimate(shapes);
  const starts = [];
  for (const student of studentsOf(recipe)) {
    const start = await startStudent(effective, student, distilled?.given);
    // The student sees the pixels that its teacher was trained on.
    const preprocessor = distilled?.preprocessor ?? start.preprocessor;
    starts.push({ student, ...start, preprocessor });
  }
  const [first] = starts as [(typeof starts)[number]];
  if (!isPlanned) estimate(starts.map(({ shape }) => shape));
  const headSteps = starts.every((start) => start.hasFreshHeads) ? recipe.headWarmupSteps : 0;
  const phase: Phase = headSteps > 0 ? "heads" : "run";
  // Opened before a folder is made, so that data which cannot be read leave nothing behind.
  const source = await openSource(
    phaseRecipe(effective, phase),
    first.shape.network.config.patch,
    first.preprocessor,
    options.dataThreadFile,
  );
  let isTaken = false;
  let run: Run | undefined;
  try {
    run = await createRun(folder, recipe);
    const places: Place[] = [];
    for (const { student, shape, state, preprocessor } of starts) {
      places.push({
        name: student.name,
        run:
          student.name === "" ? run : await createRun(join(folder, student.name), student.recipe),
        place: { shape, state, preprocessor, step: 0, phase, gramUpdates: 0, elapsedSeconds: 0 },
      });
    }
    return await assemble({
      run,
      lock: await acquireLock(run.folder),
      recipe: effective,
      places,
      distilled,
      centres: {},
      headSteps,
      options,
      openFirst: () => {
        const isFirst = !isTaken;
        isTaken = true;
        return isFirst ? source : undefined;
      },
    });
  } catch (error) {
    await source.close();
    // The folder was empty, or was not there.
    if (run) await rm(run.folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Go on from the last whole checkpoint.
 * @throws EngineError "run.missing", "run.busy", "run.damaged", "run.version"; of weights and data
 */
export async function resumeRun(folder: string, options: TrainOptions): Promise<TrainingRun> {
  const run = await openRun(folder);
  const lock = await acquireLock(run.folder);
  try {
    return await reopen(run, lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function reopen(run: Run, lock: RunLock, options: TrainOptions): Promise<TrainingRun> {
  const { recipe } = run;
  const distilled = recipe.kind === "distill" ? await startTeacher(recipe) : undefined;
  const effective = effectiveRecipe(recipe, distilled);
  const places: Place[] = [];
  let centres: Readonly<Record<string, HostTensor>> = {};
  for (const { name } of studentsOf(recipe)) {
    const own = name === "" ? run : await openRun(join(run.folder, name));
    const latest = await latestCheckpoint(own, lock);
    if (!latest) {
      throw new EngineError("run.missing", `${own.folder}: it has no checkpoint to go on from`, {
        hint: "It ended before its first one. Begin it again with gramscope train.",
      });
    }
    for (const { message } of latest.damaged) options.listener?.({ kind: "note", text: message });
    const { info, config, state, ...place } = await readPlace(latest.folder);
    const shape = stateShape(effective, config, distilled?.given);
    // Centres of a fixed teacher lie beside the student's state and are not its own.
    const isOwn = (tensor: string) => shape.hasCentres || !tensor.startsWith("centre.");
    const pick = (wanted: boolean) =>
      Object.fromEntries(Object.entries(state).filter(([tensor]) => isOwn(tensor) === wanted));
    centres = pick(false);
    places.push({
      name,
      run: own,
      place: { ...place, shape, state: pick(true) },
      checkpoint: info,
    });
  }
  refuseUneven(run, places);
  return assemble({
    run,
    lock,
    recipe: effective,
    places,
    distilled,
    centres,
    headSteps: numberOf(places[0]!.checkpoint!.extra["headSteps"]) ?? 0,
    gramWeight: numberOf(places[0]!.checkpoint!.extra["gramWeight"]),
    options,
    openFirst: () => undefined,
  });
}

interface Assembly {
  readonly run: Run;
  readonly lock: RunLock;
  readonly recipe: Recipe;
  readonly places: readonly Place[];
  readonly distilled: Distilled | undefined;
  readonly centres: Readonly<Record<string, HostTensor>>;
  readonly headSteps: number;
  readonly gramWeight?: number | undefined;
  readonly options: TrainOptions;
  /** Batches that are open already; once. */
  openFirst(): BatchSource | undefined;
}

async function assemble(assembly: Assembly): Promise<TrainingRun> {
  const { run, lock, recipe, places, distilled, centres, headSteps, gramWeight } = assembly;
  const { options } = assembly;
  const { executor, rope = "fp32", listener = () => {}, isPaused = false } = options;
  const teacher =
    distilled &&
    new FixedTeacher(
      executor,
      distilled.weights,
      {
        given: distilled.given,
        targets: targetOptions(recipe),
        batchSize: recipe.batchSize,
        rope,
      },
      centres,
    );
  // Photographs first: they may be missing, and nothing has to be closed again then.
  const watches: Watch[] = [];
  for (const { place } of places) {
    const { config } = place.shape.network;
    const { preprocessor } = place;
    const watch = { executor, config, preprocessor, rope, side: recipe.watchSize };
    watches.push(await Watch.open(recipe.watch, watch));
  }
  const students: StudentRun[] = [];
  for (const { name, run: own, place, checkpoint } of places) {
    const others = () => teacher?.state ?? {};
    const given = distilled?.given;
    const student = { name, run: own, recipe, executor, rope, given, others };
    students.push(await StudentRun.open(student, place, checkpoint));
  }
  const { place } = places[0]!;
  const { patch } = place.shape.network.config;
  return new TrainingRun({
    run,
    lock,
    recipe,
    students,
    watches,
    teacher,
    headSteps,
    step: place.step,
    elapsedSeconds: place.elapsedSeconds,
    gramWeight,
    listener,
    isPaused,
    openSource: async (phase) =>
      assembly.openFirst() ??
      (await openSource(
        phaseRecipe(recipe, phase),
        patch,
        place.preprocessor,
        options.dataThreadFile,
      )),
  });
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;

function effectiveRecipe(recipe: Recipe, distilled: Distilled | undefined): Recipe {
  return distilled?.given.kind === "features" ? featureRecipe(recipe) : recipe;
}

interface WrittenStudent extends Pick<Recipe, "model" | "init"> {
  /** "" where it is the only one, and its files are those of the run. */
  readonly name: string;
  /** Of its own folder. */
  readonly recipe: Recipe;
}

function studentsOf(recipe: Recipe): WrittenStudent[] {
  const { model, init, students } = recipe;
  if (students.length === 0) return [{ name: "", model, init, recipe }];
  return students.map((student) => ({
    ...student,
    recipe: { ...recipe, model: student.model, init: student.init, students: [] },
  }));
}

function refuseUneven(run: Run, places: readonly Place[]): void {
  if (new Set(places.map(({ place }) => place.step)).size <= 1) return;
  const found = places.map(({ name, place }) => `${name} at ${place.step}`).join(", ");
  throw new EngineError(
    "run.damaged",
    `${run.folder}: expected all students at one step, received ${found}`,
    { hint: "Remove the checkpoints beyond the earliest of these steps." },
  );
}
