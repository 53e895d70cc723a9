/** The figure thread as seen from the caller's thread: figures drawn without blocking it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { Clip, Figure, FigureFormat } from "../protocol/figure.ts";
import { TaskPool, type TaskPoolOptions } from "../threads/task-pool.ts";
import type { Drawn } from "./draw-figure.ts";
import type { ClipTask, FigureTask } from "./figure-thread.ts";
import type { Photograph } from "./pane-pictures.ts";

type Photographs = ReadonlyMap<string, Photograph>;

export class FigurePool {
  private readonly pool: TaskPool;

  constructor(options: Pick<TaskPoolOptions, "threadFile"> = {}) {
    this.pool = new TaskPool("figure-thread.js", { ...options, threads: 1 });
  }

  /** @throws EngineError as drawFigure, or "cancelled" */
  figure(
    figure: Figure,
    format: FigureFormat,
    photographs: Photographs,
    signal: AbortSignal,
  ): Promise<Drawn> {
    const data: FigureTask = { figure, format, photographs };
    return this.pool.run({ name: "figure", data, what: "The figure" }, signal);
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
    // Taken away here, for a thread that is cancelled tidies nothing up.
    const scratch = await mkdtemp(join(tmpdir(), "gramscope-figure-"));
    const { port1, port2 } = new MessageChannel();
    port1.on("message", onFrame);
    const data: ClipTask = { clip, photographs, scratch, port: port2 };
    try {
      const task = { name: "clip", data, transferList: [port2], what: "The clip" };
      return await this.pool.run(task, signal);
    } finally {
      // The answer may overtake what was told before it.
      for (let told; (told = receiveMessageOnPort(port1));) onFrame(told.message as number);
      port1.close();
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** Ends the thread; what it was at is rejected as "cancelled". */
  dispose(): Promise<void> {
    return this.pool.dispose();
  }
}
