/** The run of this engine as the server sees it: one at a time, in a thread of its own. */
import { Worker } from "node:worker_threads";
import type { DeviceChoice } from "../executors/choose.ts";
import { turnTelemetryOff } from "../executors/onnx-runtime.ts";
import type { RopePrecision } from "../model/rope.ts";
import { Client } from "../protocol/connection.ts";
import { EngineError, toWireError } from "../protocol/errors.ts";
import {
  endedStates,
  type RecipeJson,
  type RunAction,
  type RunStatus,
  type TrainingEvent,
} from "../protocol/training.ts";
import { threadPort } from "./thread-port.ts";
import { trainRequests } from "./train-messages.ts";

export interface TrainingOptions {
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  /** The built train-thread.js. */
  readonly threadFile: string;
}

export interface TrainWish {
  readonly folder: string;
  /** Absent: the run is resumed. */
  readonly recipe?: RecipeJson | undefined;
  readonly isPaused: boolean;
  readonly ignoreMemory: boolean;
}

type Follower = (event: TrainingEvent) => void;

interface Going {
  readonly worker: Worker;
  readonly client: Client<typeof trainRequests>;
  /** Settles when the run and its thread have ended. */
  readonly end: Promise<void>;
}

export class Training {
  private readonly followers = new Set<Follower>();
  private going: Going | undefined;
  private status: RunStatus | undefined;
  /** The latest one, for who comes later. */
  private batch: TrainingEvent | undefined;

  constructor(private readonly options: TrainingOptions) {}

  /** Of the run that goes on, or of the last one. */
  get current(): RunStatus | undefined {
    return this.status;
  }

  /** Paths of the photographs of the latest batch. */
  photographs(): string[] {
    return this.batch?.kind === "batch" ? this.batch.images.map(({ file }) => file) : [];
  }

  /**
   * Answered when the first step may be taken.
   * @throws EngineError "run.busy" while another run goes on; what the run refuses
   */
  async start(wish: TrainWish): Promise<RunStatus> {
    if (this.going) {
      throw new EngineError(
        "run.busy",
        `A run goes on in ${this.status?.folder ?? "another folder"}`,
        {
          hint: "Stop it first; it can be resumed.",
        },
      );
    }
    turnTelemetryOff();
    const worker = new Worker(this.options.threadFile);
    const client = new Client(threadPort(worker), trainRequests);
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.on("error", (error) => console.error(error));
    this.batch = undefined;
    return new Promise<RunStatus>((resolve, reject) => {
      const { device, rope } = this.options;
      const call = client.call(
        "train",
        { device, rope, ...wish },
        {
          onEvent: (event) => {
            if (event.kind === "status") resolve(event.status);
            this.tell(event);
          },
        },
      );
      const end = (async () => {
        const outcome = await call.catch((error: unknown) => error);
        client.call("exit", {}).catch(() => {}); // It may be gone already.
        await ended;
        // Told when the next one can be begun.
        this.going = undefined;
        if (isStatus(outcome)) this.tell({ kind: "status", status: outcome });
        else this.fail(outcome);
        reject(
          outcome instanceof Error ? outcome : new Error("internal: the run ended unannounced"),
        );
      })();
      this.going = { worker, client, end };
    });
  }

  /** @throws EngineError "run.missing" when none goes on */
  control(action: RunAction): Promise<RunStatus> {
    return this.tellRun((client) => client.call("control", { action }));
  }

  /** @throws EngineError "run.missing"; "train.fixed" where the run has no Gram loss */
  setGramWeight(weight: number): Promise<RunStatus> {
    return this.tellRun((client) => client.call("gramWeight", { weight }));
  }

  /** Told the status at once, then everything. @returns how to stop */
  follow(follower: Follower): () => void {
    this.followers.add(follower);
    if (this.status) follower({ kind: "status", status: this.status });
    if (this.batch) follower(this.batch);
    return () => this.followers.delete(follower);
  }

  /** Stops the run after its step; its state is on disk when this resolves. */
  async dispose(): Promise<void> {
    const { going } = this;
    if (!going) return;
    going.client.call("control", { action: "stop" }).catch(() => {}); // It may just be ending.
    await going.end;
  }

  private async tellRun(what: (client: Going["client"]) => Promise<unknown>): Promise<RunStatus> {
    if (!this.going || !this.status) {
      throw new EngineError("run.missing", "No run is going on", {
        hint: "Start one, or resume one from its folder.",
      });
    }
    await what(this.going.client);
    return this.status;
  }

  private tell(event: TrainingEvent): void {
    if (event.kind === "status") this.status = event.status;
    if (event.kind === "batch") this.batch = event;
    for (const follower of this.followers) follower(event);
  }

  /** A run that began and did not end well; one that was refused leaves the last status. */
  private fail(thrown: unknown): void {
    const { status } = this;
    if (!status || endedStates.includes(status.state)) return;
    if (!(thrown instanceof EngineError)) console.error(thrown);
    this.tell({
      kind: "status",
      status: { ...status, state: "failed", error: toWireError(thrown) },
    });
  }
}

function isStatus(outcome: unknown): outcome is RunStatus {
  return !(outcome instanceof Error);
}
