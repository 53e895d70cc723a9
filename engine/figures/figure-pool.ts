/** The figure thread as seen from the caller's thread: figures drawn without blocking it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { Piscina } from "piscina";
import { fromWireError, throwIfAborted } from "../protocol/errors.ts";
import type { Clip, Figure, FigureFormat } from "../protocol/figure.ts";
import type { Drawn } from "./draw-figure.ts";
import type { ClipTask, FigureTask, Outcome } from "./figure-thread.ts";
import type { Photograph } from "./pane-pictures.ts";

export interface FigurePoolOptions {
  /** The built figure-thread.js. Absent: beside the file that this code was built into. */
  readonly threadFile?: string | undefined;
}

type Photographs = ReadonlyMap<string, Photograph>;

/** Starts its thread at the first figure, and lets it go when it had nothing to do. */
export class FigurePool {
  private pool: Piscina | undefined;
  private readonly lifetime = new AbortController();

  constructor(private readonly options: FigurePoolOptions = {}) {}

  /** @throws EngineError as drawFigure, or "cancelled" */
  figure(
    figure: Figure,
    format: FigureFormat,
    photographs: Photographs,
    signal: AbortSignal,
  ): Promise<Drawn> {
    const task: FigureTask = { figure, format, photographs };
    return this.run("figure", task, [], signal);
  }

  /**
   * @param onFrame told how many frames are drawn
   * @throws EngineError as drawClip, or "cancelled"
   */
  async clip(
    clip: Clip,
    photographs: Photographs,
    signal: AbortSignal,
    onFrame: (count: number) => void,
  ): Promise<Drawn> {
    const { port1, port2 } = new MessageChannel();
    port1.on("message", onFrame);
    const task: ClipTask = { clip, photographs, port: port2 };
    try {
      return await this.run("clip", task, [port2], signal);
    } finally {
      port1.close();
    }
  }

  /** Ends the thread; what it was at is rejected as "cancelled". */
  async dispose(): Promise<void> {
    this.lifetime.abort();
    await this.pool?.destroy();
  }

  private async run(
    name: "figure" | "clip",
    task: FigureTask | ClipTask,
    transferList: ClipTask["port"][],
    callerSignal: AbortSignal,
  ): Promise<Drawn> {
    const signal = AbortSignal.any([callerSignal, this.lifetime.signal]);
    const what = name === "clip" ? "The clip" : "The figure";
    throwIfAborted(signal, what);
    this.pool ??= startPool(this.options);
    let outcome: Outcome<Drawn>;
    try {
      // A task that is cancelled while it runs ends its thread; the next one starts another.
      outcome = (await this.pool.run(task, { name, transferList, signal })) as Outcome<Drawn>;
    } catch (error) {
      throwIfAborted(signal, what);
      throw error;
    }
    if ("error" in outcome) throw fromWireError(outcome.error);
    return outcome.value;
  }
}

function startPool({ threadFile = builtThreadFile() }: FigurePoolOptions): Piscina {
  return new Piscina({
    filename: threadFile,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: 60_000,
    // Otherwise a thread that waits for a task blocks, and sharp's results are stuck behind it.
    atomics: "disabled",
  });
}

function builtThreadFile(): string {
  // In a variable, so that the bundler leaves the address alone.
  const beside = "./figure-thread.js";
  const path = fileURLToPath(new URL(beside, import.meta.url));
  if (!existsSync(path)) {
    throw new Error(`internal: ${path} is not there; build the engine or name the thread's file`);
  }
  return path;
}
