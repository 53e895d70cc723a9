/** The measuring of this engine as the server sees it: one job at a time, in a thread of its own. */
import path from "node:path";
import { Worker } from "node:worker_threads";
import type { z } from "zod";
import type { DeviceChoice } from "../executors/choose.ts";
import { turnTelemetryOff } from "../executors/onnx-runtime.ts";
import type { RopePrecision } from "../model/rope.ts";
import { Client, type CallOptions } from "../protocol/connection.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ExportWish } from "../protocol/exporting.ts";
import type { CompareEvent, CompareWish, ProbeWish } from "../protocol/measuring.ts";
import type { VerifyWish } from "../protocol/verifying.ts";
import { measureRequests } from "./measure-messages.ts";
import type { MeasureThreadData } from "./measure-thread.ts";
import { threadPort } from "./thread-port.ts";

export interface MeasureOptions {
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  /** The built measure-thread.js. */
  readonly threadFile: string;
  /** How long a thread with nothing to do keeps its executor, and the memory that it took. */
  readonly idleMs?: number | undefined;
}

type Requests = typeof measureRequests;
type ReplyTo<K extends keyof Requests> = z.output<Requests[K]["reply"]>;

interface Thread {
  readonly worker: Worker;
  readonly client: Client<Requests>;
  /** What it died of; empty while it lives and where nobody knows. */
  lastWords: string;
}

type Cancellable = Pick<CallOptions, "signal">;
type Work<T> = (client: Client<Requests>, signal: AbortSignal) => Promise<T>;

/** Long enough for a look at the report and another question. */
const defaultIdleMs = 60_000;

export class MeasureJobs {
  private thread: Thread | undefined;
  private readonly ends = new Set<Promise<void>>();
  private readonly lifetime = new AbortController();
  /** What is measured now, in words. */
  private going: string | undefined;
  /** Requests that wait for the thread. */
  private open = 0;
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly options: MeasureOptions) {}

  /** Threads that were started and have not ended: one, or none. */
  get threads(): number {
    return this.ends.size;
  }

  describe(options: CallOptions = {}): Promise<ReplyTo<"describe">> {
    return this.call(options, (client, signal) =>
      client.call("describe", {}, { ...options, signal }),
    );
  }

  /** @throws EngineError "run.busy" while another job goes on; as runCompareJob */
  compare(wish: CompareWish, options: CallOptions<CompareEvent>): Promise<ReplyTo<"compare">> {
    const { paths } = wish;
    const [first = ""] = paths;
    const what =
      paths.length === 1 ? `comparing ${path.basename(first)}` : `comparing ${paths.length} models`;
    return this.alone(what, options, (client, signal) =>
      client.call("compare", wish, { ...options, signal }),
    );
  }

  /** @throws EngineError "run.busy" while another job goes on; as runProbeJob */
  probe(wish: ProbeWish, options: CallOptions): Promise<ReplyTo<"probe">> {
    const what = `the probe ${wish.probe} on ${path.basename(wish.model)}`;
    return this.alone(what, options, (client, signal) =>
      client.call("probe", wish, { ...options, signal }),
    );
  }

  /** @throws EngineError "run.busy" while another job goes on; as runExportJob */
  export(wish: ExportWish, options: CallOptions): Promise<ReplyTo<"export">> {
    return this.alone(`exporting ${path.basename(wish.model)}`, options, (client, signal) =>
      client.call("export", wish, { ...options, signal }),
    );
  }

  /** @throws EngineError "run.busy" while another job goes on; as runVerifyJob */
  verify(wish: VerifyWish, options: CallOptions): Promise<ReplyTo<"verify">> {
    return this.alone(`verifying ${path.basename(wish.path)}`, options, (client, signal) =>
      client.call("verify", wish, { ...options, signal }),
    );
  }

  /** Calls off what goes on, and ends the thread after the batch that it is in. */
  async dispose(): Promise<void> {
    clearTimeout(this.idle);
    this.lifetime.abort();
    this.endThread();
    await Promise.all(this.ends);
  }

  private async alone<T>(what: string, options: Cancellable, work: Work<T>): Promise<T> {
    if (this.going !== undefined) {
      throw new EngineError("run.busy", `Another measurement goes on: ${this.going}`, {
        hint: "Wait for it, or cancel it: the scores that it has found are kept.",
      });
    }
    this.going = what;
    try {
      return await this.call(options, work);
    } finally {
      this.going = undefined;
    }
  }

  private async call<T>(options: Cancellable, work: Work<T>): Promise<T> {
    const own = this.lifetime.signal;
    const signal = options.signal ? AbortSignal.any([options.signal, own]) : own;
    clearTimeout(this.idle);
    this.open++;
    const thread = (this.thread ??= this.spawn());
    try {
      return await work(thread.client, signal);
    } catch (error) {
      throw isLost(error) ? ended(thread, error) : error;
    } finally {
      this.open--;
      if (this.open === 0) this.endLater();
    }
  }

  private endLater(): void {
    this.idle = setTimeout(() => this.endThread(), this.options.idleMs ?? defaultIdleMs);
    // Nobody waits for it.
    this.idle.unref();
  }

  /** Asked to, because terminated inside the runtime a thread takes the process down with it. */
  private endThread(): void {
    const { thread } = this;
    this.thread = undefined;
    thread?.client.call("exit", {}).catch(() => {}); // It may be gone already.
  }

  private spawn(): Thread {
    turnTelemetryOff();
    const { device, rope, threadFile } = this.options;
    const workerData: MeasureThreadData = { device, rope };
    const worker = new Worker(threadFile, { workerData });
    const client = new Client(threadPort(worker), measureRequests);
    const thread: Thread = { worker, client, lastWords: "" };
    worker.on("error", (error) => {
      thread.lastWords = String(error);
      console.error(`The measuring thread ended: ${thread.lastWords}`);
    });
    const end = new Promise<void>((resolve) =>
      worker.once("exit", () => {
        if (this.thread === thread) this.thread = undefined;
        this.ends.delete(end);
        resolve();
      }),
    );
    this.ends.add(end);
    return thread;
  }
}

function isLost(error: unknown): boolean {
  return error instanceof EngineError && error.code === "connection.lost";
}

/** "connection.lost" would have the page believe that the engine itself is gone. */
function ended({ lastWords }: Thread, cause: unknown): EngineError {
  const why = lastWords === "" ? "" : `: ${lastWords}`;
  const hint = "The next measurement starts it again; fewer or smaller pictures take less memory.";
  return new EngineError("executor.failed", `The measuring thread ended${why}`, { hint, cause });
}
