/**
 * What an image thread does: piscina calls these functions by name. Pixels come and go in shared
 * memory, so that 300 MB of photograph are never copied between threads.
 */
import type { Geometry } from "../protocol/geometry.ts";
import { handingOver, outcomeOf, type Outcome } from "../threads/outcome.ts";
import { decodeImage, previewImage, type DecodedImage } from "./decode.ts";
import { preprocess } from "./preprocess.ts";
import type { Preprocessor } from "./preprocessor.ts";
import { decodeRawPng, type RawPng } from "./raw-png.ts";

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
export function decode({ bytes, name }: DecodeTask): Promise<Outcome<DecodedWithPreview>> {
  return outcomeOf(async () => {
    const decoded = await decodeImage(bytes, name);
    const preview = await previewImage(decoded);
    const pixels = new Uint8Array(new SharedArrayBuffer(decoded.pixels.length));
    pixels.set(decoded.pixels);
    return { decoded: { ...decoded, pixels }, preview: Uint8Array.from(preview) };
  });
}

/** The numbers of a label picture. */
export function decodeNumbers({ bytes, name }: DecodeTask): Promise<Outcome<RawPng>> {
  return outcomeOf(() => decodeRawPng(bytes, name));
}

/** Preprocess; the answer's buffer is handed over, not copied. */
export async function preprocessPixels({
  decoded,
  geometry,
  preprocessor,
}: PreprocessTask): Promise<Outcome<Float32Array>> {
  const outcome = await outcomeOf(() => preprocess(decoded, geometry, preprocessor));
  return handingOver(outcome, ({ buffer }) => [buffer]);
}
