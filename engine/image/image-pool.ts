/** The image threads as seen from the caller's thread: decode and preprocess without blocking it. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { fromWireError, throwIfAborted } from "../protocol/errors.ts";
import type { Geometry } from "../protocol/geometry.ts";
import type { DecodedImage } from "./decode.ts";
import type { DecodedWithPreview, DecodeTask, Outcome, PreprocessTask } from "./image-thread.ts";
import type { Preprocessor } from "./preprocessor.ts";
import type { RawPng } from "./raw-png.ts";

export interface ImagePoolOptions {
  /** The built image-thread.js. Absent: beside the file that this code was built into. */
  readonly threadFile?: string | undefined;
  /** At most this many threads. Absent: one fewer than the machine's cores, at least one. */
  readonly threads?: number | undefined;
}

/** Starts its first thread at the first task, and lets threads go that had nothing to do. */
export class ImagePool {
  private pool: Piscina | undefined;
  private readonly lifetime = new AbortController();

  constructor(private readonly options: ImagePoolOptions = {}) {}

  /**
   * Decode an image file and make the picture for the screen. The caller keeps `bytes`; the pixels
   * lie in shared memory.
   * @throws EngineError as decodeImage, or "cancelled"
   */
  async decode(bytes: Uint8Array, name: string, signal?: AbortSignal): Promise<DecodedWithPreview> {
    // A copy of just these bytes, to be handed over: cloning a view would clone all of its buffer.
    const copy = Uint8Array.from(bytes);
    const task: DecodeTask = { bytes: copy, name };
    return this.run("decode", task, [copy.buffer], `Opening ${name}`, signal);
  }

  /**
   * The numbers that a PNG stores: palette indices or grey levels. The caller keeps `bytes`.
   * @throws EngineError as decodeRawPng, or "cancelled"
   */
  decodeNumbers(bytes: Uint8Array, name: string, signal?: AbortSignal): Promise<RawPng> {
    const copy = Uint8Array.from(bytes);
    return this.run(
      "decodeNumbers",
      { bytes: copy, name },
      [copy.buffer],
      `Reading ${name}`,
      signal,
    );
  }

  /**
   * @returns float32 [3, height, width] of the geometry's input
   * @throws EngineError "cancelled"
   */
  async preprocess(
    { width, height, pixels }: DecodedImage,
    geometry: Geometry,
    preprocessor: Preprocessor,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const task: PreprocessTask = { decoded: { width, height, pixels }, geometry, preprocessor };
    return this.run("preprocessPixels", task, [], "Preparing the photograph", signal);
  }

  /** Ends the threads; what they were at is rejected as "cancelled". */
  async dispose(): Promise<void> {
    this.lifetime.abort();
    await this.pool?.destroy();
  }

  private async run<T>(
    name: "decode" | "decodeNumbers" | "preprocessPixels",
    task: DecodeTask | PreprocessTask,
    transferList: ArrayBuffer[],
    what: string,
    callerSignal: AbortSignal | undefined,
  ): Promise<T> {
    const own = this.lifetime.signal;
    const signal = callerSignal ? AbortSignal.any([callerSignal, own]) : own;
    throwIfAborted(signal, what);
    this.pool ??= startPool(this.options);
    let outcome: Outcome<T>;
    try {
      // A task that is cancelled while it runs ends its thread; the next one starts another.
      outcome = (await this.pool.run(task, { name, transferList, signal })) as Outcome<T>;
    } catch (error) {
      throwIfAborted(signal, what);
      throw error;
    }
    if ("error" in outcome) throw fromWireError(outcome.error);
    return outcome.value;
  }
}

function startPool({ threadFile = builtThreadFile(), threads }: ImagePoolOptions): Piscina {
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
  const beside = "./image-thread.js";
  const path = fileURLToPath(new URL(beside, import.meta.url));
  if (!existsSync(path)) {
    throw new Error(`internal: ${path} is not there; build the engine or name the thread's file`);
  }
  return path;
}
