/** The image threads as seen from the caller's thread: decode and preprocess without blocking it. */
import type { Geometry } from "../protocol/geometry.ts";
import { TaskPool, type TaskPoolOptions } from "../threads/task-pool.ts";
import type { DecodedImage } from "./decode.ts";
import type { DecodedWithPreview, DecodeTask, PreprocessTask } from "./image-thread.ts";
import type { Preprocessor } from "./preprocessor.ts";
import type { RawPng } from "./raw-png.ts";

export class ImagePool {
  private readonly pool: TaskPool;

  constructor(options: TaskPoolOptions = {}) {
    this.pool = new TaskPool("image-thread.js", options);
  }

  /**
   * Decode an image file and make the picture for the screen. The caller keeps `bytes`; the pixels
   * lie in shared memory.
   * @throws EngineError as decodeImage, or "cancelled"
   */
  decode(bytes: Uint8Array, name: string, signal?: AbortSignal): Promise<DecodedWithPreview> {
    return this.pool.run(fileTask("decode", bytes, name, `Opening ${name}`), signal);
  }

  /**
   * The numbers that a PNG stores: palette indices or grey levels. The caller keeps `bytes`.
   * @throws EngineError as decodeRawPng, or "cancelled"
   */
  decodeNumbers(bytes: Uint8Array, name: string, signal?: AbortSignal): Promise<RawPng> {
    return this.pool.run(fileTask("decodeNumbers", bytes, name, `Reading ${name}`), signal);
  }

  /**
   * @returns float32 [3, height, width] of the geometry's input
   * @throws EngineError "cancelled"
   */
  preprocess(
    { width, height, pixels }: DecodedImage,
    geometry: Geometry,
    preprocessor: Preprocessor,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const data: PreprocessTask = { decoded: { width, height, pixels }, geometry, preprocessor };
    const what = "Preparing the photograph";
    return this.pool.run({ name: "preprocessPixels", data, what }, signal);
  }

  /** Ends the threads; what they were at is rejected as "cancelled". */
  dispose(): Promise<void> {
    return this.pool.dispose();
  }
}

function fileTask(task: "decode" | "decodeNumbers", bytes: Uint8Array, name: string, what: string) {
  // A copy of just these bytes, to be handed over: cloning a view would clone all of its buffer.
  const copy = Uint8Array.from(bytes);
  const data: DecodeTask = { bytes: copy, name };
  return { name: task, data, transferList: [copy.buffer], what };
}
