/**
 * Which patches of which global crops are masked: blocks of patches, with the number of masked
 * patches fixed by the recipe (BEiT's block-wise masks as DINOv2 uses them; dinov3.md C.4).
 */
import type { Draws } from "../random/draws.ts";
import type { Recipe } from "../recipe/recipe.ts";

export type MaskRecipe = Pick<Recipe, "maskProbability" | "maskRatioMin" | "maskRatioMax">;

/** Patches of one global crop. */
export interface PatchGrid {
  readonly rows: number;
  readonly columns: number;
}

export interface Masks {
  /** [crops, P], 1 where a patch is masked. */
  readonly masks: Uint8Array;
  /** Ascending, among crops * P; [m]. */
  readonly maskIndices: Int32Array;
  /** 1 / number of masked patches in that crop; [m]. */
  readonly maskWeights: Float32Array;
}

/** The smallest block and the widest aspect of BEiT's generator; a block has at most half the crop. */
const smallestBlock = 4;
const narrowestAspect = 0.3;
const largestBlockPart = 0.5;
const triesPerBlock = 10;

/**
 * @param crops 2B, number of global crops
 * @returns as many masked patches as {@link maskedTokens} says, in other crops and places for other
 *   draws
 */
export function drawMasks(draws: Draws, crops: number, grid: PatchGrid, recipe: MaskRecipe): Masks {
  const patches = grid.rows * grid.columns;
  // One entry a crop: how many of its patches are masked.
  const counts = new Array<number>(crops).fill(0);
  maskCounts(crops, patches, recipe).forEach((count, i) => (counts[i] = count));
  draws.shuffle(counts);
  const masks = new Uint8Array(crops * patches);
  counts.forEach((count, crop) => {
    maskOne(draws, masks.subarray(crop * patches, (crop + 1) * patches), grid, count);
  });
  return listMasked(masks, patches);
}

/**
 * @param masks [crops, P], 0 or 1
 * @returns with the list of the masked patches and their weights
 */
export function listMasked(masks: Uint8Array, patches: number): Masks {
  const maskIndices = Int32Array.from(masks.keys()).filter((index) => masks[index] === 1);
  const inCrop = new Float64Array(masks.length / patches);
  for (const index of maskIndices) inCrop[Math.floor(index / patches)]!++;
  const maskWeights = Float32Array.from(
    maskIndices,
    (index) => 1 / inCrop[Math.floor(index / patches)]!,
  );
  return { masks, maskIndices, maskWeights };
}

/**
 * Number of masked patches in a batch. Depends on nothing that is drawn, so that a program of fixed
 * shapes fits every step.
 * @param crops 2B, number of global crops
 * @param patches P, of one crop
 */
export function maskedTokens(crops: number, patches: number, recipe: MaskRecipe): number {
  return maskCounts(crops, patches, recipe).reduce((sum, count) => sum + count, 0);
}

/** Masked patches of each crop that has any: floor(P linspace(min, max, n + 1)[i + 1]). */
function maskCounts(crops: number, patches: number, recipe: MaskRecipe): number[] {
  const { maskProbability, maskRatioMin, maskRatioMax } = recipe;
  const n = Math.floor(crops * maskProbability);
  return Array.from({ length: n }, (_, i) => {
    const ratio = maskRatioMin + (maskRatioMax - maskRatioMin) * ((i + 1) / n);
    // What is a whole number but for rounding counts as that number.
    return Math.floor(patches * ratio + 1e-9);
  });
}

/** Blocks until nothing more fits, then single patches, so that the count is exact. */
function maskOne(draws: Draws, mask: Uint8Array, grid: PatchGrid, count: number): void {
  let done = 0;
  while (done < count) {
    const added = addBlock(draws, mask, grid, count - done);
    if (added === 0) break;
    done += added;
  }
  const free = Array.from(mask.keys()).filter((patch) => mask[patch] === 0);
  // Only as far as needed: the head of a shuffle of all of them.
  for (let i = 0; done < count; i++, done++) {
    const j = i + draws.below(free.length - i);
    [free[i], free[j]] = [free[j]!, free[i]!];
    mask[free[i]!] = 1;
  }
}

/** @returns how many patches the block newly masks, at most `remaining`; 0 after ten vain tries */
function addBlock(
  draws: Draws,
  mask: Uint8Array,
  { rows, columns }: PatchGrid,
  remaining: number,
): number {
  const largest = Math.min(remaining, largestBlockPart * rows * columns);
  if (largest < smallestBlock) return 0;
  for (let attempt = 0; attempt < triesPerBlock; attempt++) {
    const area = draws.between(smallestBlock, largest);
    const aspect = draws.logBetween(narrowestAspect, 1 / narrowestAspect);
    const h = Math.round(Math.sqrt(area * aspect));
    const w = Math.round(Math.sqrt(area / aspect));
    // As in BEiT: a block spans less than the whole side.
    if (h < 1 || w < 1 || h >= rows || w >= columns) continue;
    const top = draws.below(rows - h + 1);
    const left = draws.below(columns - w + 1);
    const fresh: number[] = [];
    for (let y = top; y < top + h; y++) {
      for (let x = left; x < left + w; x++) {
        if (mask[y * columns + x] === 0) fresh.push(y * columns + x);
      }
    }
    if (fresh.length === 0 || fresh.length > remaining) continue;
    for (const patch of fresh) mask[patch] = 1;
    return fresh.length;
  }
  return 0;
}
