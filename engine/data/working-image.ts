/**
 * An image file at the size that its crops need: a photograph of 12 megapixels is read as what it is
 * worth, by a decoder that shrinks on the way where the format has one.
 */
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { LRUCache } from "lru-cache";
import sharp from "sharp";
import { decodeImage, maxPixels, maxSide } from "../image/decode.ts";
import { isSceneName, namedScene, sceneSide } from "../scenes/named-scene.ts";
import { pathError } from "../weights/safetensors.ts";
import type { Size, WorkingSize } from "./crop-plan.ts";

export interface Pixels {
  /** uint8 [height, width, 3], upright, sRGB. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface WorkingImage extends Pixels {
  /** Upright size of the photograph. */
  readonly photograph: Size;
}

/** Decoders that shrink while they read. Their pictures without alpha need no second look. */
const shrinking = new Set(["jpeg", "webp"]);

/** Reads image files, or draws scenes, and remembers some. What comes back does not depend on what it remembers. */
export class WorkingImages {
  private readonly known: LRUCache<string, WorkingImage> | undefined;

  /** @param cacheBytes of pixels at most; 0: none are kept */
  constructor(cacheBytes: number) {
    if (cacheBytes > 0) {
      this.known = new LRUCache({
        maxSize: cacheBytes,
        sizeCalculation: ({ pixels }) => pixels.length,
      });
    }
  }

  /**
   * @throws EngineError "path.missing", "path.unreadable", or as decodeImage
   */
  async read(file: string, wanted: WorkingSize): Promise<WorkingImage> {
    if (isSceneName(file)) return this.draw(file, wanted);
    // With size and time, so that a file that changed is read again.
    const { size, mtimeMs } = await stat(file).catch((error: unknown) => {
      throw pathError(file, error);
    });
    const key = JSON.stringify([file, size, mtimeMs, wanted]);
    const found = this.known?.get(key);
    if (found) return found;
    const bytes = await readFile(file).catch((error: unknown) => {
      throw pathError(file, error);
    });
    const image = await decodeAt(bytes, basename(file), wanted);
    this.known?.set(key, image);
    return image;
  }

  /** A scene is drawn at the size that is wanted. */
  private draw(name: string, wanted: WorkingSize): WorkingImage {
    const key = JSON.stringify([name, wanted]);
    const found = this.known?.get(key);
    if (found) return found;
    const photograph = { width: sceneSide, height: sceneSide };
    const { width: side } = targetSize(photograph, wanted);
    const { pixels } = namedScene(name, side);
    const image = { pixels, width: side, height: side, photograph };
    this.known?.set(key, image);
    return image;
  }
}

/**
 * Decode at the smallest size that is enough, or at the photograph's own where that is less.
 * @throws EngineError as decodeImage
 */
export async function decodeAt(
  bytes: Uint8Array,
  name: string,
  wanted: WorkingSize,
): Promise<WorkingImage> {
  const shrunk = await decodeShrinking(bytes, wanted).catch(() => undefined);
  // Whatever is out of the ordinary is decodeImage's matter, which has the words for it.
  if (shrunk) return shrunk;
  const { pixels, width, height } = await decodeImage(bytes, name);
  const photograph = { width, height };
  const target = targetSize(photograph, wanted);
  if (target.width === width && target.height === height) {
    return { pixels, width, height, photograph };
  }
  const raw = { width, height, channels: 3 } as const;
  const shrunken = await sharp(pixels, { raw, limitInputPixels: false })
    .resize({ ...target, ...plainResize })
    .raw()
    .toBuffer();
  return { pixels: shrunken, ...target, photograph };
}

/** @returns undefined when it is no plain photograph of a format whose decoder shrinks */
async function decodeShrinking(
  bytes: Uint8Array,
  wanted: WorkingSize,
): Promise<WorkingImage | undefined> {
  // As decodeImage, so that a file is damaged for both or for neither.
  const options = { failOn: "truncated", limitInputPixels: false } as const;
  const { format, hasAlpha, autoOrient } = await sharp(bytes, options).metadata();
  const { width, height } = autoOrient;
  const fits = Math.max(width, height) <= maxSide && width * height <= maxPixels;
  if (!shrinking.has(format) || hasAlpha || !fits) return undefined;
  const photograph = { width, height };
  const target = targetSize(photograph, wanted);
  const { data, info } = await sharp(bytes, options)
    .autoOrient()
    .resize({ ...target, ...plainResize })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return info.channels === 3 ? { pixels: data, ...target, photograph } : undefined;
}

const plainResize = { fit: "fill", kernel: "cubic" } as const;

/** @returns whole pixels, never more than the photograph has */
function targetSize({ width, height }: Size, { shortSide, meanSide }: WorkingSize): Size {
  const wanted = Math.max(
    shortSide / Math.min(width, height),
    meanSide / Math.sqrt(width * height),
  );
  const scale = Math.min(1, wanted);
  return { width: Math.ceil(width * scale), height: Math.ceil(height * scale) };
}
