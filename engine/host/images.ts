/**
 * The open photographs: the bytes of each file stay, decoded pixels stay while there is room, and
 * all work on them is done by the image threads.
 */
import { LRUCache } from "lru-cache";
import type { DecodedImage } from "../image/decode.ts";
import type { ImagePool } from "../image/image-pool.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ImageInfo } from "../protocol/messages.ts";
import { toWireTensor, type WireTensor } from "../protocol/tensor.ts";
import type { PixelSource } from "../session/session.ts";

/** Bytes of decoded pixels to keep. */
const decodedBytes = 2 ** 30;

interface OpenImage {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export class Images implements PixelSource {
  private readonly images = new Map<string, OpenImage>();
  private readonly decoded = new LRUCache<string, DecodedImage>({
    maxSize: decodedBytes,
    sizeCalculation: ({ pixels }) => Math.max(1, pixels.byteLength),
  });
  private nextId = 1;

  constructor(private readonly pool: ImagePool) {}

  /** @throws EngineError "image.format", "image.truncated", "image.size", "cancelled" */
  async open(
    name: string,
    bytes: Uint8Array,
    signal: AbortSignal,
    credit?: string,
  ): Promise<ImageInfo> {
    const { decoded, preview } = await this.pool.decode(bytes, name, signal);
    const id = `i${this.nextId++}`;
    const { width, height } = decoded;
    // The frame that brought the bytes may be much larger than they are.
    this.images.set(id, { name, bytes: bytes.slice(), width, height });
    this.decoded.set(id, decoded);
    return {
      id,
      name,
      width,
      height,
      format: decoded.format,
      notes: [...decoded.notes],
      preview: toWireTensor(preview, [preview.byteLength]),
      ...(credit === undefined ? {} : { credit }),
    };
  }

  /**
   * The label of every pixel of a picture of labels, [height, width]: uint8, or int32 where a PNG has
   * 16 bits.
   * @throws EngineError as decodeRawPng, or "cancelled"
   */
  async labels(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<WireTensor> {
    const { width, height, values } = await this.pool.decodeNumbers(bytes, name, signal);
    const labels = values instanceof Uint8Array ? values : Int32Array.from(values);
    return toWireTensor(labels, [height, width]);
  }

  close(id: string): void {
    this.images.delete(id);
    this.decoded.delete(id);
  }

  describe(id: string): Promise<{ name: string; width: number; height: number }> {
    const { name, width, height } = this.get(id);
    return Promise.resolve({ name, width, height });
  }

  async input(
    id: string,
    ...[geometry, preprocessor, signal]: Tail<Parameters<PixelSource["input"]>>
  ): Promise<Float32Array> {
    const decoded = await this.decodedImage(id, signal);
    return this.pool.preprocess(decoded, geometry, preprocessor, signal);
  }

  /**
   * Its file as it was opened.
   * @throws EngineError "option.invalid" for an unknown id
   */
  bytesOf(id: string): Uint8Array {
    return this.get(id).bytes;
  }

  /**
   * Its pixels, in shared memory.
   * @throws EngineError "option.invalid" for an unknown id
   */
  async decodedImage(id: string, signal: AbortSignal): Promise<DecodedImage> {
    const { name, bytes } = this.get(id);
    const decoded = this.decoded.get(id) ?? (await this.pool.decode(bytes, name, signal)).decoded;
    this.decoded.set(id, decoded);
    return decoded;
  }

  private get(id: string): OpenImage {
    const image = this.images.get(id);
    if (image) return image;
    throw new EngineError("option.invalid", `image: no image with the id "${id}" is open`, {
      hint: "Open the photograph again; ids do not outlive the engine.",
    });
  }
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : [];
