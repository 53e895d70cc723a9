/** Boxes of an image as squares of 8-bit pixels: cut out, then resized, as torchvision does it. */
import sharp from "sharp";
import { resample } from "../image/resample.ts";
import type { CropPlan } from "./crop-plan.ts";
import type { WorkingImage } from "./working-image.ts";

/**
 * The box, resized with an antialiased cubic, mirrored or not. Nothing around the box takes part.
 * @returns uint8 [side, side, 3]
 */
export async function cutBox(
  { pixels, width, height, photograph }: WorkingImage,
  { box, flipped }: Pick<CropPlan, "box" | "flipped">,
  side: number,
): Promise<Uint8Array> {
  const [left, w] = stretch(box.x, box.w, width / photograph.width, width);
  const [top, h] = stretch(box.y, box.h, height / photograph.height, height);
  if (w < side || h < side) {
    return enlarge(copyBox(pixels, width, { left, top, w, h }), w, h, side, flipped);
  }
  const part = sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .extract({ left, top, width: w, height: h })
    .resize({ width: side, height: side, fit: "fill", kernel: "cubic" });
  return (flipped ? part.flop() : part).raw().toBuffer();
}

/**
 * @param pixels uint8 [from, from, 3]
 * @param to at most `from`
 * @returns uint8 [to, to, 3]
 */
export async function resizeSquare(
  pixels: Uint8Array,
  from: number,
  to: number,
): Promise<Uint8Array> {
  if (from === to) return pixels;
  return sharp(pixels, { raw: { width: from, height: from, channels: 3 } })
    .resize({ width: to, height: to, fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
}

/**
 * @param pixels uint8 [h, width, 3]
 * @returns uint8 [side, side, 3], the pixels as they are
 */
export function cutSquare(
  pixels: Uint8Array,
  width: number,
  { left, top }: { readonly left: number; readonly top: number },
  side: number,
): Uint8Array {
  return copyBox(pixels, width, { left, top, w: side, h: side });
}

/** A stretch of the photograph in whole pixels of the working image: at least one, none outside. */
function stretch(start: number, length: number, scale: number, size: number): [number, number] {
  const first = Math.min(size - 1, Math.round(start * scale));
  const end = Math.min(size, Math.max(first + 1, Math.round((start + length) * scale)));
  return [first, end - first];
}

/** libvips enlarges from corner to corner, half a pixel of the result off; so this is ours. */
function enlarge(
  pixels: Uint8Array,
  w: number,
  h: number,
  side: number,
  flipped: boolean,
): Uint8Array {
  const rows = { inSize: h, start: 0, length: h, outSize: side };
  const columns = { inSize: w, start: 0, length: w, outSize: side };
  const planes = resample(pixels, rows, columns, "bicubic");
  // Clamped: a cubic overshoots. Rounded half to even, by the type itself.
  const out = new Uint8ClampedArray(planes.length);
  const plane = side * side;
  for (let i = 0, p = 0; i < plane; i++, p += 3) {
    const x = i % side;
    const from = flipped ? i - x + (side - 1 - x) : i;
    out[p] = planes[from]!;
    out[p + 1] = planes[plane + from]!;
    out[p + 2] = planes[2 * plane + from]!;
  }
  return new Uint8Array(out.buffer);
}

function copyBox(
  pixels: Uint8Array,
  width: number,
  { left, top, w, h }: { left: number; top: number; w: number; h: number },
): Uint8Array {
  const out = new Uint8Array(3 * w * h);
  for (let y = 0; y < h; y++) {
    const start = 3 * ((top + y) * width + left);
    out.set(pixels.subarray(start, start + 3 * w), 3 * w * y);
  }
  return out;
}
