/**
 * The compute thread as the server sees it: started when first needed, started again when it dies,
 * with the models that were open.
 */
import { MessageChannel, Worker } from "node:worker_threads";
import type { z } from "zod";
import type { DeviceChoice } from "../executors/choose.ts";
import { turnTelemetryOff } from "../executors/onnx-runtime.ts";
import type { RopePrecision } from "../model/rope.ts";
import { Client, serve, type CallOptions } from "../protocol/connection.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ExecutorReport, ModelCard } from "../protocol/messages.ts";
import type { PixelSource } from "../session/session.ts";
import { computeRequests, pixelRequests } from "./compute-messages.ts";
import type { ComputeThreadData } from "./compute-thread.ts";
import { threadPort } from "./thread-port.ts";

export interface ComputeOptions {
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly featureBytes: number;
  readonly programBytes: number;
  readonly pixels: PixelSource;
  /** The built compute-thread.js. */
  readonly threadFile: string;
}

type Requests = typeof computeRequests;

interface Thread {
  readonly worker: Worker;
  readonly client: Client<Requests>;
  /** What it died of; empty while it lives and where nobody knows. */
  lastWords: string;
  /** Settles when it has ended. */
  readonly end: Promise<void>;
}

interface Running {
  readonly thread: Thread;
  readonly reports: readonly ExecutorReport[];
}

/** A page that asks for an older one is told to open it again, and the timeline does. */
const mostReopened = 8;

export class Compute {
  private running: Promise<Running> | undefined;
  /** The latest one, from the moment at which it is started. */
  private thread: Thread | undefined;
  private isDisposed = false;
  /** For a new thread; the same files get the same ids there. */
  private readonly modelPaths = new Set<string>();

  constructor(private readonly options: ComputeOptions) {}

  /** What `auto` chose and skipped. Starts the thread. */
  async reports(): Promise<readonly ExecutorReport[]> {
    return (await this.start()).reports;
  }

  async openModel(path: string, options: CallOptions): Promise<ModelCard> {
    const card = await this.call("model.open", { path }, options);
    this.modelPaths.delete(path);
    this.modelPaths.add(path);
    // A new thread opens these first, and each takes its time.
    const [oldest] = this.modelPaths;
    if (this.modelPaths.size > mostReopened) this.modelPaths.delete(oldest!);
    return card;
  }

  /** @throws EngineError what the thread refuses with; "executor.failed" when it dies meanwhile */
  async call<K extends keyof Requests>(
    kind: K,
    payload: z.input<Requests[K]["payload"]>,
    options: CallOptions = {},
  ): Promise<z.output<Requests[K]["reply"]>> {
    const { thread } = await this.start();
    return thread.client.call(kind, payload, options).catch((error: unknown) => {
      throw isLost(error) ? ended(thread, "The next request starts it again.", error) : error;
    });
  }

  /**
   * Ends the thread after the segment that it is in: terminated inside the runtime, a thread takes
   * the whole process down with it.
   */
  async dispose(): Promise<void> {
    this.isDisposed = true;
    if (!this.thread) return;
    const { client, end } = this.thread;
    // It may die of something else first.
    client.call("stop", {}).catch(() => {});
    await end;
  }

  private start(): Promise<Running> {
    if (this.isDisposed) {
      return Promise.reject(new EngineError("cancelled", "The engine is shutting down"));
    }
    if (this.running) return this.running;
    const starting = this.startThread().catch((error: unknown) => {
      // Another may have been started since this one ended.
      if (this.running === starting) this.running = undefined;
      throw error;
    });
    this.running = starting;
    return starting;
  }

  private async startThread(): Promise<Running> {
    const { device, rope, featureBytes, programBytes } = this.options;
    const thread = this.spawn();
    const { client } = thread;
    try {
      const { reports } = await client.call("start", { device, rope, featureBytes, programBytes });
      for (const path of this.modelPaths) {
        // A model that is gone by now is refused when it is next asked for.
        await client.call("model.open", { path }).catch((error: unknown) => {
          if (isLost(error)) throw error;
        });
      }
      return { thread, reports };
    } catch (error) {
      await thread.worker.terminate();
      if (!isLost(error)) throw error;
      const hint = "Run npm ci again; `gramscope doctor` shows the details.";
      throw ended(thread, hint, error);
    }
  }

  private spawn(): Thread {
    const { pixels, threadFile } = this.options;
    turnTelemetryOff();
    const channel = new MessageChannel();
    serve(
      threadPort(channel.port1),
      pixelRequests,
      {
        describe: ({ image }) => pixels.describe(image),
        input: ({ image, geometry, preprocessor }, { signal }) =>
          pixels.input(image, geometry, preprocessor, signal),
      },
      (error) => console.error(error),
    );
    const workerData: ComputeThreadData = { pixels: channel.port2 };
    const worker = new Worker(threadFile, { workerData, transferList: [channel.port2] });
    const thread: Thread = {
      worker,
      client: new Client(threadPort(worker), computeRequests),
      lastWords: "",
      end: new Promise((resolve) => worker.once("exit", () => resolve())),
    };
    worker.on("error", (error) => {
      thread.lastWords = String(error);
    });
    worker.once("exit", () => {
      channel.port1.close();
      if (this.thread === thread) this.running = undefined;
      if (thread.lastWords !== "") console.error(`The compute thread ended: ${thread.lastWords}`);
    });
    this.thread = thread;
    return thread;
  }
}

function isLost(error: unknown): boolean {
  return error instanceof EngineError && error.code === "connection.lost";
}

/** "connection.lost" would have the page believe that the engine itself is gone. */
function ended({ lastWords }: Thread, hint: string, cause: unknown): EngineError {
  const why = lastWords === "" ? "" : `: ${lastWords}`;
  return new EngineError("executor.failed", `The compute thread ended${why}`, { hint, cause });
}
