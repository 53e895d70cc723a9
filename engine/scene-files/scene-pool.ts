/** The scene threads as seen from the caller's thread: scenes drawn without blocking it. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { fromWireError, throwIfAborted } from "../protocol/errors.ts";
import type { Outcome, SceneTasks } from "./scene-thread.ts";

export interface ScenePoolOptions {
  /** The built scene-thread.js. Absent: beside the file that this code was built into. */
  readonly threadFile?: string | undefined;
  /** At most this many threads. Absent: one fewer than the machine's cores, at least one. */
  readonly threads?: number | undefined;
}

/** Starts its first thread at the first task, and lets threads go that had nothing to do. */
export class ScenePool {
  private pool: Piscina | undefined;
  private readonly lifetime = new AbortController();

  constructor(private readonly options: ScenePoolOptions = {}) {}

  /** @throws EngineError what the task refuses with, or "cancelled" */
  async run<K extends keyof SceneTasks>(
    name: K,
    task: SceneTasks[K]["task"],
    callerSignal?: AbortSignal,
  ): Promise<SceneTasks[K]["value"]> {
    const own = this.lifetime.signal;
    const signal = callerSignal ? AbortSignal.any([callerSignal, own]) : own;
    const what = "Drawing a scene";
    throwIfAborted(signal, what);
    this.pool ??= startPool(this.options);
    let outcome: Outcome<SceneTasks[K]["value"]>;
    try {
      // A task that is cancelled while it runs ends its thread; the next one starts another.
      outcome = (await this.pool.run(task, { name, signal })) as typeof outcome;
    } catch (error) {
      throwIfAborted(signal, what);
      throw error;
    }
    if ("error" in outcome) throw fromWireError(outcome.error);
    return outcome.value;
  }

  /** Ends the threads; what they were at is rejected as "cancelled". */
  async dispose(): Promise<void> {
    this.lifetime.abort();
    await this.pool?.destroy();
  }
}

function startPool({ threadFile = builtThreadFile(), threads }: ScenePoolOptions): Piscina {
  return new Piscina({
    filename: threadFile,
    minThreads: 0,
    maxThreads: threads ?? Math.max(1, availableParallelism() - 1),
    idleTimeout: 60_000,
    // Otherwise a thread that waits for a task blocks, and sharp's results are stuck behind it.
    atomics: "disabled",
  });
}

function builtThreadFile(): string {
  // In a variable, so that the bundler leaves the address alone.
  const beside = "./scene-thread.js";
  const path = fileURLToPath(new URL(beside, import.meta.url));
  if (!existsSync(path)) {
    throw new Error(`internal: ${path} is not there; build the engine or name the thread's file`);
  }
  return path;
}
