/**
 * The compute thread as the server sees it: started when first needed, started again when it dies,
 * with the models that were open.
 */
import { MessageChannel, Worker } from "node:worker_threads";
import type { DeviceChoice } from "../executors/choose.ts";
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

type ComputeClient = Client<typeof computeRequests>;

interface Running {
  readonly worker: Worker;
  readonly client: ComputeClient;
  readonly reports: readonly ExecutorReport[];
}

export class Compute {
  private running: Promise<Running> | undefined;
  /** Paths in the order in which they were opened, so that a new thread hands out the same ids. */
  private readonly modelPaths: string[] = [];

  constructor(private readonly options: ComputeOptions) {}

  /** What `auto` chose and skipped. Starts the thread. */
  async reports(): Promise<readonly ExecutorReport[]> {
    return (await this.thread()).reports;
  }

  async openModel(path: string, options: CallOptions): Promise<ModelCard> {
    const { client } = await this.thread();
    const card = await client.call("model.open", { path }, options);
    if (!this.modelPaths.includes(path)) this.modelPaths.push(path);
    return card;
  }

  async client(): Promise<ComputeClient> {
    return (await this.thread()).client;
  }

  async dispose(): Promise<void> {
    const running = await this.running?.catch(() => undefined);
    this.running = undefined;
    await running?.worker.terminate();
  }

  private thread(): Promise<Running> {
    this.running ??= this.start().catch((error: unknown) => {
      this.running = undefined;
      throw error;
    });
    return this.running;
  }

  private async start(): Promise<Running> {
    const { device, rope, featureBytes, programBytes, pixels, threadFile } = this.options;
    const channel = new MessageChannel();
    serve(threadPort(channel.port1), pixelRequests, {
      describe: ({ image }) => pixels.describe(image),
      input: ({ image, geometry, preprocessor }) => pixels.input(image, geometry, preprocessor),
    });
    const workerData: ComputeThreadData = { pixels: channel.port2 };
    const worker = new Worker(threadFile, { workerData, transferList: [channel.port2] });
    let lastWords = "";
    worker.on("error", (error) => (lastWords = String(error)));
    worker.once("exit", () => {
      channel.port1.close();
      this.running = undefined;
      if (lastWords !== "") console.error(`The compute thread ended: ${lastWords}`);
    });
    const client = new Client(threadPort(worker), computeRequests);
    try {
      const { reports } = await client.call("start", { device, rope, featureBytes, programBytes });
      for (const path of this.modelPaths) await client.call("model.open", { path });
      return { worker, client, reports };
    } catch (error) {
      await worker.terminate();
      if (lastWords === "") throw error;
      throw new EngineError("executor.failed", `The compute thread ended: ${lastWords}`, {
        hint: "Run npm ci again; `gramscope doctor` shows the details.",
        cause: error,
      });
    }
  }
}
