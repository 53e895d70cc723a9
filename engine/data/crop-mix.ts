/** Sizes of the crops of one step: the recipe's own, or drawn from its mix of resolutions. */
import { Draws } from "../random/draws.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { CropSizes } from "./batch.ts";
import { purposes } from "./draw-streams.ts";

export type SizesRecipe = Pick<
  Recipe,
  "seed" | "globalSize" | "localSize" | "gramSize" | "cropMix"
>;

/** Every set of sizes that a step may have, in the recipe's order; each needs a program of its own. */
export function allCropSizes(recipe: SizesRecipe): CropSizes[] {
  const sets = recipe.cropMix.length > 0 ? recipe.cropMix : [recipe];
  return sets.map(({ globalSize, localSize, gramSize }) => ({
    global: globalSize,
    local: localSize,
    gram: gramSize,
  }));
}

/**
 * One draw for the whole batch, in proportion to the ratios, whatever they sum to (dinov3.md C.6,
 * multi-resolution loader). A function of (seed, step).
 */
export function cropSizesAt(recipe: SizesRecipe, step: number): CropSizes {
  const sets = allCropSizes(recipe);
  const ratios = recipe.cropMix.map(({ ratio }) => ratio);
  const total = ratios.reduce((sum, ratio) => sum + ratio, 0);
  let left = new Draws(recipe.seed, step, 0, purposes.sizes).uniform() * total;
  const drawn = ratios.findIndex((ratio) => (left -= ratio) < 0);
  // -1 without a mix, and where rounding leaves nothing for the last one.
  return sets.at(drawn)!;
}
