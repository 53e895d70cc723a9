/** Threads of one kind as seen from the caller's thread: tasks are done beside it, and can be cancelled. */
import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { fromWireError, throwIfAborted } from "../protocol/errors.ts";
import type { Outcome } from "./outcome.ts";
import { builtThreadFile } from "./thread-file.ts";

export interface TaskPoolOptions {
  /** The thread's built file. Absent: beside the file that this code was built into. */
  readonly threadFile?: string | undefined;
  /** At most this many threads. Absent: one fewer than the machine's cores, at least one. */
  readonly threads?: number | undefined;
}

export interface PoolTask {
  /** Of the function that the thread's file exports; it answers with an Outcome. */
  readonly name: string;
  readonly data: unknown;
  /** Handed over and not copied. */
  readonly transferList?: NonNullable<Parameters<Piscina["run"]>[1]>["transferList"];
  /** In words, for the message of a task that was cancelled. */
  readonly what: string;
}

/** Starts its first thread at the first task, and lets threads go that had nothing to do. */
export class TaskPool {
  private pool: Piscina | undefined;
  private readonly lifetime = new AbortController();
  /** Threads that have not ended, with the promise of their end. */
  private readonly running = new Map<Piscina["threads"][number], Promise<void>>();

  /** @param file name of the thread's built file */
  constructor(
    private readonly file: string,
    private readonly options: TaskPoolOptions = {},
  ) {}

  /** @throws EngineError what the task refuses with, or "cancelled" */
  async run<T>(
    { name, data, transferList, what }: PoolTask,
    callerSignal: AbortSignal | undefined,
  ): Promise<T> {
    const own = this.lifetime.signal;
    const signal = callerSignal ? AbortSignal.any([callerSignal, own]) : own;
    throwIfAborted(signal, what);
    this.pool ??= this.start();
    let outcome: Outcome<T>;
    try {
      // A task that is cancelled while it runs ends its thread; the next one starts another.
      const more = transferList ? { transferList } : {};
      outcome = (await this.pool.run(data, { name, signal, ...more })) as Outcome<T>;
    } catch (error) {
      throwIfAborted(signal, what);
      throw error;
    }
    if ("error" in outcome) throw fromWireError(outcome.error);
    return outcome.value;
  }

  /**
   * Ends the threads; what they were at is rejected as "cancelled".
   * @returns when the last of them has ended, and can no longer write into a file
   */
  async dispose(): Promise<void> {
    this.lifetime.abort();
    await this.pool?.destroy();
    // piscina forgets a thread whose task was cancelled while that thread is still ending.
    await Promise.all(this.running.values());
  }

  private start(): Piscina {
    const { threadFile = builtThreadFile(this.file), threads } = this.options;
    const pool = new Piscina({
      filename: threadFile,
      minThreads: 0,
      maxThreads: threads ?? Math.max(1, availableParallelism() - 1),
      idleTimeout: 60_000,
      // Otherwise a thread that waits for a task blocks, and sharp's results are stuck behind it.
      atomics: "disabled",
    });
    // Told before a thread is given its first task.
    return pool.on("workerCreate", () => this.follow(pool.threads));
  }

  private follow(threads: Piscina["threads"]): void {
    for (const thread of threads) {
      if (this.running.has(thread)) continue;
      const end = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
      this.running.set(thread, end);
      void end.then(() => this.running.delete(thread));
    }
  }
}
