/** What a large batch will need is told from small ones, and is what its own trace says. */
import { expect, it } from "vitest";
import { activationBytes, tracedBytes } from "../../engine/train/memory-estimate.ts";
import { stateShape } from "../../engine/train/plan.ts";
import { tinyConfig, tinyRecipe } from "../support/training.ts";

it.each([
  ["pretrain", { kind: "pretrain", gramWeight: 0, gramSize: 0 }],
  ["refine", {}],
  ["accumulated passes", { accumulate: 2 }],
  ["groups of KoLeo", { koleoGroup: 4 }],
] as const)("%s", (_, change) => {
  const recipe = tinyRecipe({ ...change, batchSize: 48 });
  const shape = stateShape(recipe, tinyConfig);
  const told = activationBytes(recipe, shape);
  const traced = tracedBytes(recipe, shape);
  // KoLeo's distances and Sinkhorn's sums grow with the square of the batch, and are small.
  expect(Math.abs(told - traced)).toBeLessThan(0.05 * traced);
});
