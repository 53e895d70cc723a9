/**
 * What an image thread does: piscina calls these functions by name. Pixels come and go in shared
 * memory, so that 300 MB of photograph are never copied between threads.
 */
import { move, transferableSymbol, valueSymbol } from "piscina";
import { toWireError, type WireError } from "../protocol/errors.ts";
import type { Geometry } from "../protocol/geometry.ts";
import { decodeImage, previewImage, type DecodedImage } from "./decode.ts";
import { preprocess } from "./preprocess.ts";
import type { Preprocessor } from "./preprocessor.ts";
import { decodeRawPng, type RawPng } from "./raw-png.ts";

/** A refusal crosses the thread's border as data: an Error would arrive without its class and code. */
export type Outcome<T> = { readonly value: T } | { readonly error: WireError };

export interface DecodeTask {
  readonly bytes: Uint8Array;
  readonly name: string;
}

export interface DecodedWithPreview {
  readonly decoded: DecodedImage;
  /** A WebP file. */
  readonly preview: Uint8Array;
}

export interface PreprocessTask {
  readonly decoded: Pick<DecodedImage, "width" | "height" | "pixels">;
  readonly geometry: Geometry;
  readonly preprocessor: Preprocessor;
}

/** Decode, with the picture for the screen. The pixels of the answer lie in shared memory. */
export async function decode({ bytes, name }: DecodeTask): Promise<Outcome<DecodedWithPreview>> {
  try {
    const decoded = await decodeImage(bytes, name);
    const preview = await previewImage(decoded);
    const pixels = new Uint8Array(new SharedArrayBuffer(decoded.pixels.length));
    pixels.set(decoded.pixels);
    return { value: { decoded: { ...decoded, pixels }, preview: Uint8Array.from(preview) } };
  } catch (error) {
    return { error: toWireError(error) };
  }
}

/** The numbers of a label picture. */
export async function decodeNumbers({ bytes, name }: DecodeTask): Promise<Outcome<RawPng>> {
  try {
    return { value: await decodeRawPng(bytes, name) };
  } catch (error) {
    return { error: toWireError(error) };
  }
}

/** Preprocess; the answer's buffer is handed over, not copied. */
export function preprocessPixels(task: PreprocessTask): Outcome<Float32Array> {
  try {
    const value = preprocess(task.decoded, task.geometry, task.preprocessor);
    // piscina unwraps this on the way out, so the caller receives the outcome alone.
    return move({
      [transferableSymbol]: value.buffer,
      [valueSymbol]: { value },
    }) as unknown as Outcome<Float32Array>;
  } catch (error) {
    return { error: toWireError(error) };
  }
}
