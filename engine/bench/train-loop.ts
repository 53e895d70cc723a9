/** How much of a run passes outside the runtime: batches, schedules, metrics, files. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Executor, PreparedProgram } from "../executors/executor.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { beginRun } from "../train/open-run.ts";
import { summarise, type Summary } from "./statistics.ts";

export interface LoopFigures {
  readonly what: string;
  readonly stepMs: Summary;
  /** Part of each step that was not spent in a program, 0 to 1. */
  readonly overhead: Summary;
}

export interface LoopOptions {
  readonly executor: Executor;
  /** Folder of photographs to train on. */
  readonly photographs: string;
  readonly dataThreadFile: string;
  /** Steps that are measured; the first step of the run, which prepares, is not. */
  readonly steps: number;
}

/** A real run of ViT-S on photographs: 2 x 224 px global, 8 x 96 px local, 2 images, 4,096 prototypes. */
export async function measureLoop(options: LoopOptions): Promise<LoopFigures> {
  const { executor, photographs, dataThreadFile, steps } = options;
  const folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-bench-"));
  const clock = { insideMs: 0 };
  let last = performance.now();
  const [stepMs, overhead]: [number[], number[]] = [[], []];
  try {
    const recipe = resolveRecipe({
      kind: "pretrain",
      model: "dinov3_vits16",
      data: { kind: "folder", path: photographs },
      batchSize: 2,
      globalSize: 224,
      localSize: 96,
      localCrops: 8,
      dinoPrototypes: 4096,
      ibotPrototypes: 4096,
      steps: steps + 1,
      checkpointEvery: steps + 1,
    });
    const run = await beginRun(recipe, path.join(folder, "run"), {
      executor: timedExecutor(executor, clock),
      dataThreadFile,
      listener: (event) => {
        if (event.kind !== "step") return;
        const now = performance.now();
        stepMs.push(now - last);
        overhead.push(1 - clock.insideMs / (now - last));
        clock.insideMs = 0;
        last = now;
      },
    });
    await run.train();
    return {
      what: "a run of pretrain on photographs, ViT-S, 2 images",
      stepMs: summarise(stepMs.slice(1)),
      overhead: summarise(overhead.slice(1)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same executor, with the time that its programs take added up. */
function timedExecutor(executor: Executor, clock: { insideMs: number }): Executor {
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await work;
    } finally {
      clock.insideMs += performance.now() - start;
    }
  };
  return {
    name: executor.name,
    device: executor.device,
    release: (tensor) => executor.release?.(tensor),
    dispose: () => executor.dispose(),
    async prepare(program): Promise<PreparedProgram> {
      const prepared = await executor.prepare(program);
      const { runKeeping } = prepared;
      return {
        bytes: prepared.bytes,
        run: (feeds, outputs, into) => timed(prepared.run(feeds, outputs, into)),
        runKeeping: runKeeping && ((feeds, outputs) => timed(runKeeping(feeds, outputs))),
        dispose: () => prepared.dispose(),
      };
    },
  };
}
