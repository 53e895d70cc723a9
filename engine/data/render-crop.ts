/** The crops of one image: cut out, resized, distorted and normalised, as its plan says. */
import type { CropSizes } from "./batch.ts";
import { blur } from "./blur.ts";
import { applyJitter, makeGrey, solarise } from "./colour.ts";
import type { Colour, CropPlan, ImagePlan, Jitter } from "./crop-plan.ts";
import { cutBox, cutSquare, resizeSquare } from "./cut-box.ts";
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
        ? cutSquare(bases[window.global]!, sizes.global, window, sizes.local)
        : await cutBox(image, crop, sizes.local);
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
  const base = await cutBox(image, crop, largest);
  if (gram === 0 || plan.gramUndistorted) {
    const small = await resizeSquare(base, largest, global);
    draw(small, crop.colour, out.global, i);
    if (gram > 0) draw(await resizeSquare(base, largest, gram), null, out.gram, i);
    return small;
  }
  // Both are the one distorted crop: distorted at the larger size, then resized.
  const planes = new Float32Array(base.length);
  toPlanes(base, planes);
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
  // Levels of each channel, normalised: what keeps its colours takes one look into a table.
  const normalised = norm.mean.map((mean, c) =>
    unitLevels.map((level) => (level - mean) / norm.std[c]!),
  );
  const draw = (pixels: Uint8Array, colour: Colour | null, to: Float32Array, index: number) => {
    const length = pixels.length;
    const planes = to.subarray(index * length, (index + 1) * length);
    if (colour && changesColours(colour)) {
      toPlanes(pixels, planes);
      distort(planes, Math.sqrt(length / 3), colour);
      normalise(planes, norm);
    } else toPlanes(pixels, planes, normalised);
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

/** 0..255 as 0..1. */
const unitLevels = Float32Array.from({ length: 256 }, (_, level) => level / 255);

function changesColours({ jitter, grey, blurSigma, solarise: solarised }: Colour): boolean {
  return jitter !== null || grey || blurSigma !== null || solarised;
}

/** uint8 [n, 3] to [3, n], each byte as its channel's table says. */
function toPlanes(
  pixels: Uint8Array,
  planes: Float32Array,
  [red, green, blue]: readonly Float32Array[] = [unitLevels, unitLevels, unitLevels],
): void {
  const n = pixels.length / 3;
  for (let i = 0, p = 0; i < n; i++, p += 3) {
    planes[i] = red![pixels[p]!]!;
    planes[n + i] = green![pixels[p + 1]!]!;
    planes[2 * n + i] = blue![pixels[p + 2]!]!;
  }
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
