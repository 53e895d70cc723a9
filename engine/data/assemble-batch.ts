/** Crops of single images to one batch: stacked crop-major, with masks and the RoPE factor drawn. */
import { Draws } from "../random/draws.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { CropSizes, ImageCrops, LoadedBatch } from "./batch.ts";
import { purposes } from "./draw-streams.ts";
import { drawMasks, type MaskRecipe } from "./masks.ts";

export type BatchRecipe = MaskRecipe & Pick<Recipe, "seed" | "ropeRescale">;

/** The crops of one image, normalised: [crops, 3, side, side] each; `gram` may be empty. */
export interface ImageToStack {
  readonly global: Float32Array;
  readonly local: Float32Array;
  readonly gram: Float32Array;
  readonly origin: ImageCrops;
}

/**
 * @param images in the order of the batch
 * @param patch side of a patch in pixels
 */
export function assembleBatch(
  images: readonly ImageToStack[],
  sizes: CropSizes,
  recipe: BatchRecipe,
  patch: number,
  step: number,
): LoadedBatch {
  const side = Math.floor(sizes.global / patch);
  const draws = new Draws(recipe.seed, step, 0, purposes.masks);
  const masks = drawMasks(draws, 2 * images.length, { rows: side, columns: side }, recipe);
  const stack = (kind: "global" | "local" | "gram") =>
    stackCrops(
      images.map((image) => image[kind]),
      3 * sizes[kind] ** 2,
    );
  return {
    batch: {
      global: stack("global"),
      local: stack("local"),
      ...(sizes.gram > 0 && { gram: stack("gram") }),
      ...masks,
    },
    sizes,
    images: images.length,
    rescale: drawRescale(recipe, step),
    origins: images.map(({ origin }) => origin),
  };
}

/** A float32, so that a recorded batch has the very number. */
export function drawRescale({ seed, ropeRescale }: BatchRecipe, step: number): number {
  if (ropeRescale <= 1) return 1;
  const draws = new Draws(seed, step, 0, purposes.rescale);
  return Math.fround(draws.logBetween(1 / ropeRescale, ropeRescale));
}

/**
 * @param perImage the crops of each image, [crops, length]
 * @returns [crops, images, length], flat
 */
function stackCrops(perImage: readonly Float32Array[], length: number): Float32Array {
  const total = perImage.reduce((sum, values) => sum + values.length, 0);
  const out = new Float32Array(total);
  perImage.forEach((values, image) => {
    for (let crop = 0; crop * length < values.length; crop++) {
      const to = (crop * perImage.length + image) * length;
      out.set(values.subarray(crop * length, (crop + 1) * length), to);
    }
  });
  return out;
}
