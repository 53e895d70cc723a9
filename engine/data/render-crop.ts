/** The crops of one image: cut out, resized, distorted and normalised, as its plan says. */
import sharp from "sharp";
import type { CropSizes } from "./batch.ts";
import { blur } from "./blur.ts";
import { applyJitter, makeGrey, solarise } from "./colour.ts";
import type { Box, Colour, CropPlan, ImagePlan, Jitter, LocalPlan } from "./crop-plan.ts";
import type { Pixels, WorkingImage } from "./working-image.ts";

/** Statistics of the model's channels, for values in 0..1. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Normalised float32. */
export interface RenderedImage {
  /** [2, 3, global, global] */
  readonly global: Float32Array;
  /** [n, 3, local, local] */
  readonly local: Float32Array;
  /** [2, 3, gram, gram]; empty where sizes.gram is 0. */
  readonly gram: Float32Array;
}

/** Pixels that the contrast of a shared jitter takes its mean from: enough for three digits. */
const meanSamples = 16_384;

export async function renderImage(
  plan: ImagePlan,
  image: WorkingImage,
  sizes: CropSizes,
  norm: Normalisation,
): Promise<RenderedImage> {
  const values = (count: number, side: number) => new Float32Array(count * 3 * side * side);
  const out: RenderedImage = {
    global: values(2, sizes.global),
    local: values(plan.locals.length, sizes.local),
    gram: values(sizes.gram > 0 ? 2 : 0, sizes.gram),
  };
  const draw = painter(norm, sharedMean(plan, image));
  const fromGlobals = plan.locals.some(({ window }) => window !== null);
  const bases = await Promise.all(
    plan.globals.map((crop, i) =>
      renderGlobal(crop, i, plan, image, sizes, draw, out, fromGlobals),
    ),
  );
  await Promise.all(
    plan.locals.map(async (crop, i) => {
      const { window } = crop;
      const base = window
        ? cutWindow(bases[window.global]!, sizes, window)
        : await cut(image, crop, sizes.local);
      draw(base, crop.colour, out.local, i);
    }),
  );
  return out;
}

/**
 * A global crop and its Gram crop, out of one rendering at the larger of the two sizes.
 * @param wantsBase whether the undistorted global crop is needed
 * @returns the global crop without its colours, uint8 [global, global, 3]
 */
async function renderGlobal(
  crop: CropPlan,
  i: number,
  plan: ImagePlan,
  image: WorkingImage,
  sizes: CropSizes,
  draw: Painter,
  out: RenderedImage,
  wantsBase: boolean,
): Promise<Uint8Array> {
  const { global, gram } = sizes;
  const largest = Math.max(global, gram);
  const base = await cut(image, crop, largest);
  if (gram === 0 || plan.gramUndistorted) {
    const small = await resizeSquare(base, largest, global);
    draw(small, crop.colour, out.global, i);
    if (gram > 0) draw(await resizeSquare(base, largest, gram), null, out.gram, i);
    return small;
  }
  // Both are the one distorted crop: distorted at the larger size, then resized.
  const planes = toPlanes(base, new Float32Array(base.length));
  draw.distort(planes, largest, crop.colour);
  const distorted = toBytes(planes);
  draw(await resizeSquare(distorted, largest, global), null, out.global, i);
  draw(await resizeSquare(distorted, largest, gram), null, out.gram, i);
  return wantsBase ? resizeSquare(base, largest, global) : base;
}

interface Painter {
  /**
   * Write one crop as normalised planes.
   * @param pixels uint8 [side, side, 3]
   * @param colour null: as it is
   * @param to [crops, 3, side, side], of which `index` is written
   */
  (pixels: Uint8Array, colour: Colour | null, to: Float32Array, index: number): void;
  /** @param planes [3, side, side] in 0..1 */
  distort(planes: Float32Array, side: number, colour: Colour): void;
}

function painter(norm: Normalisation, contrastMean: number | undefined): Painter {
  const distort = (planes: Float32Array, side: number, colour: Colour): void => {
    if (colour.jitter) applyJitter(planes, colour.jitter, contrastMean);
    if (colour.grey) makeGrey(planes);
    if (colour.blurSigma !== null) blur(planes, side, colour.blurSigma);
    if (colour.solarise) solarise(planes);
  };
  const draw = (pixels: Uint8Array, colour: Colour | null, to: Float32Array, index: number) => {
    const length = pixels.length;
    const planes = toPlanes(pixels, to.subarray(index * length, (index + 1) * length));
    if (colour) distort(planes, Math.sqrt(length / 3), colour);
    normalise(planes, norm);
  };
  return Object.assign(draw, { distort });
}

/** The grey level of the whole image that the contrast of a shared jitter is about. */
function sharedMean(plan: ImagePlan, image: Pixels): number | undefined {
  const jitter: Jitter | null = plan.globals[0].colour.jitter;
  if (!plan.jitterIsShared || jitter === null) return undefined;
  const count = image.width * image.height;
  const n = Math.min(count, meanSamples);
  const sample = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const from = 3 * Math.floor((i * count) / n);
    for (let c = 0; c < 3; c++) sample[c * n + i] = image.pixels[from + c]! / 255;
  }
  return applyJitter(sample, jitter);
}

/** @returns uint8 [side, side, 3]: the box, resized with an antialiased cubic, mirrored or not */
async function cut(
  { pixels, width, height, photograph }: WorkingImage,
  { box, flipped }: Pick<CropPlan, "box" | "flipped">,
  side: number,
): Promise<Uint8Array> {
  const [left, w] = stretch(box.x, box.w, width / photograph.width, width);
  const [top, h] = stretch(box.y, box.h, height / photograph.height, height);
  const part = sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .extract({ left, top, width: w, height: h })
    .resize({ width: side, height: side, fit: "fill", kernel: "cubic" });
  return (flipped ? part.flop() : part).raw().toBuffer();
}

/** A stretch of the photograph in whole pixels of the working image: at least one, none outside. */
function stretch(start: Box["x"], length: number, scale: number, size: number): [number, number] {
  const first = Math.min(size - 1, Math.round(start * scale));
  const end = Math.min(size, Math.max(first + 1, Math.round((start + length) * scale)));
  return [first, end - first];
}

async function resizeSquare(pixels: Uint8Array, from: number, to: number): Promise<Uint8Array> {
  if (from === to) return pixels;
  return sharp(pixels, { raw: { width: from, height: from, channels: 3 } })
    .resize({ width: to, height: to, fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
}

function cutWindow(
  base: Uint8Array,
  { global, local }: CropSizes,
  { left, top }: NonNullable<LocalPlan["window"]>,
): Uint8Array {
  const out = new Uint8Array(3 * local * local);
  for (let y = 0; y < local; y++) {
    const start = 3 * ((top + y) * global + left);
    out.set(base.subarray(start, start + 3 * local), 3 * y * local);
  }
  return out;
}

/** uint8 [n, 3] to [3, n] in 0..1. */
function toPlanes(pixels: Uint8Array, planes: Float32Array): Float32Array {
  const n = pixels.length / 3;
  for (let i = 0, p = 0; i < n; i++, p += 3) {
    planes[i] = pixels[p]! / 255;
    planes[n + i] = pixels[p + 1]! / 255;
    planes[2 * n + i] = pixels[p + 2]! / 255;
  }
  return planes;
}

/** The other direction of {@link toPlanes}. */
function toBytes(planes: Float32Array): Uint8Array {
  const n = planes.length / 3;
  const pixels = new Uint8Array(planes.length);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 3; c++) pixels[3 * i + c] = Math.round(255 * planes[c * n + i]!);
  }
  return pixels;
}

function normalise(planes: Float32Array, { mean, std }: Normalisation): void {
  const n = planes.length / 3;
  for (let c = 0; c < 3; c++) {
    const [factor, offset] = [1 / std[c]!, -mean[c]! / std[c]!];
    for (let i = c * n; i < (c + 1) * n; i++) planes[i] = planes[i]! * factor + offset;
  }
}
