/** `gramscope train` and `gramscope resume`: a run on this terminal. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import { isHubName, modelPath } from "../hub/model-name.ts";
import type { RopePrecision } from "../model/rope.ts";
import { cancelled } from "../protocol/errors.ts";
import { lintRecipe, refuseContradictions } from "../recipe/lint.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { openRun } from "../runs/run-directory.ts";
import type { RunEvent } from "../train/events.ts";
import { refuseIfScarce } from "../train/memory-check.ts";
import { beginRun, resumeRun, type TrainOptions } from "../train/open-run.ts";
import { absolutePaths, hubNames } from "../train/recipe-paths.ts";
import type { TrainingRun } from "../train/run.ts";
import { readRecipe } from "./read-recipe.ts";
import { terminalProgress } from "./terminal-progress.ts";
import { trainingLines } from "./training-lines.ts";

export interface TrainVerbOptions {
  readonly out: string;
  readonly steps?: number;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  /** Go on although memory seems too small. */
  readonly ignoreMemory?: true;
  readonly json?: true;
}

export async function runTrain(file: string, options: TrainVerbOptions): Promise<void> {
  const { steps } = options;
  const written = resolveRecipe(await readRecipe(file));
  const recipe = absolutePaths(
    steps === undefined ? written : { ...written, steps },
    path.dirname(path.resolve(file)),
  );
  for (const { level, keys, message, rule } of lintRecipe(recipe)) {
    if (level === "warning") console.error(`Warning, ${keys.join(", ")}: ${message}. ${rule}`);
  }
  refuseContradictions(recipe);
  await download(hubNames(recipe));
  await withExecutor(options, (shared) =>
    beginRun(recipe, options.out, {
      ...shared,
      onEstimate: (estimate) => {
        if (options.ignoreMemory) return;
        refuseIfScarce(estimate, "Add --ignore-memory to try all the same.");
      },
    }),
  );
}

export async function runResume(
  folder: string,
  options: Omit<TrainVerbOptions, "out">,
): Promise<void> {
  const { teacher } = (await openRun(folder)).recipe;
  // Of its models a run that was begun reads the fixed teacher alone.
  if (teacher !== null && isHubName(teacher)) await download([teacher]);
  await withExecutor(options, (shared) => resumeRun(folder, shared));
}

/** What is not in the Hub's cache yet, as where a verb takes a model. */
async function download(names: readonly string[]): Promise<void> {
  for (const name of names) await modelPath(name, terminalProgress);
}

async function withExecutor(
  { device, rope, json }: Pick<TrainVerbOptions, "device" | "rope" | "json">,
  open: (options: TrainOptions) => Promise<TrainingRun>,
): Promise<void> {
  const { executor } = await chooseExecutor(device);
  let told: (event: RunEvent) => void = () => {};
  try {
    const run = await open({ executor, rope, listener: (event) => told(event), dataThreadFile });
    told = json ? jsonLines() : trainingLines(run, process.stderr);
    // A second one ends the process; the run then goes on from its last checkpoint.
    process.once("SIGINT", () => run.gate.stop());
    await run.train();
    if (run.done < run.steps) throw cancelled(`${run.run.folder}: stopped after step ${run.done}`);
  } finally {
    await executor.dispose();
  }
}

const dataThreadFile = path.join(path.dirname(fileURLToPath(import.meta.url)), "data-thread.js");

function jsonLines(): (event: RunEvent) => void {
  return (event) => {
    if (event.kind !== "step") return;
    const { student, metrics } = event;
    console.log(JSON.stringify(student === "" ? metrics : { student, ...metrics }));
  };
}
