/** The random numbers of one pass that are not about its images: RoPE coordinates and drop path. */
import type { RopeBox } from "../model/rope.ts";
import { Draws } from "../random/draws.ts";
import type { Recipe } from "../recipe/recipe.ts";

export interface StepDraws {
  readonly box: RopeBox;
  /** [2 depth, crops] as a training pass takes them; absent without drop path. */
  readonly keeps?: { readonly global: Float32Array; readonly local: Float32Array } | undefined;
}

export type DrawOptions = Pick<Recipe, "seed" | "ropeShift" | "ropeJitter" | "dropPath">;

/** Names of the streams; the numbers stay as they are, or old runs would not resume. */
const streams = { rope: 101, dropPath: 102 } as const;

/**
 * @param step    counted over every pass
 * @param rescale factor of both axes, drawn with the batch because a recorded one holds it
 * @source dinov3.md A.3 and A.4. The official code draws anew for every block; here, as in
 *   Hugging Face, one draw serves a pass.
 */
export function drawStep(
  { seed, ropeShift, ropeJitter, dropPath }: DrawOptions,
  step: number,
  rescale: number,
  shape: { readonly depth: number; readonly global: number; readonly local: number },
): StepDraws {
  const rope = new Draws(seed, streams.rope, step);
  const shift = () => (ropeShift > 0 ? rope.between(-ropeShift, ropeShift) : 0);
  const scale = () => rescale * (ropeJitter > 1 ? rope.logBetween(1 / ropeJitter, ropeJitter) : 1);
  const box = { shift: { y: shift(), x: shift() }, scale: { y: scale(), x: scale() } };
  if (dropPath === 0) return { box };
  const keeps = (crops: number, stream: number) =>
    branchKeeps(new Draws(seed, streams.dropPath, step, stream), 2 * shape.depth, crops, dropPath);
  return { box, keeps: { global: keeps(shape.global, 0), local: keeps(shape.local, 1) } };
}

/** max(floor(b (1 - p)), 1) of b images take each branch, scaled so that its mean stays. */
function branchKeeps(
  draws: Draws,
  branches: number,
  crops: number,
  probability: number,
): Float32Array {
  const kept = Math.max(Math.floor(crops * (1 - probability)), 1);
  const keeps = new Float32Array(branches * crops);
  for (let branch = 0; branch < branches; branch++) {
    const order = draws.shuffle(Array.from({ length: crops }, (_, i) => i));
    for (const crop of order.slice(0, kept)) keeps[branch * crops + crop] = crops / kept;
  }
  return keeps;
}
