/** Sizes of crops, step by step: the recipe's own, or its mix in the ratios that it says. */
import { expect, test } from "vitest";
import { allCropSizes, cropSizesAt } from "../../engine/data/crop-mix.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";

const published = resolveRecipe({ preset: "7b-high-resolution-code", seed: 3 });

test("without a mix, every step has the recipe's sizes", () => {
  const recipe = resolveRecipe({ globalSize: 128, localSize: 64, gramSize: 256 });
  for (const step of [0, 1, 1000]) {
    expect(cropSizesAt(recipe, step)).toEqual({ global: 128, local: 64, gram: 256 });
  }
  expect(allCropSizes(recipe)).toEqual([{ global: 128, local: 64, gram: 256 }]);
});

test("the published mix is drawn in its ratios", () => {
  const steps = 4000;
  const counts = new Map<string, number>();
  for (let step = 0; step < steps; step++) {
    const key = JSON.stringify(cropSizesAt(published, step));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const total = published.cropMix.reduce((sum, { ratio }) => sum + ratio, 0);
  expect(counts.size).toBe(5);
  allCropSizes(published).forEach((sizes, i) => {
    const p = published.cropMix[i]!.ratio / total;
    // Binomial, four deviations: 1 in 3000 for each of five; the draws are always the same ones.
    const bound = 4 * Math.sqrt(steps * p * (1 - p));
    expect(Math.abs(counts.get(JSON.stringify(sizes))! - steps * p)).toBeLessThan(bound);
  });
});

test("ratios need not sum to one, and a step's sizes depend on the seed alone", () => {
  const mix = (ratios: readonly number[], seed = 3) =>
    resolveRecipe({
      seed,
      cropMix: ratios.map((ratio, i) => ({
        globalSize: 64 * (i + 1),
        localSize: 32,
        gramSize: 0,
        ratio,
      })),
    });
  const at = (recipe: ReturnType<typeof mix>) =>
    Array.from({ length: 50 }, (_, step) => cropSizesAt(recipe, step).global);
  expect(at(mix([3, 1]))).toEqual(at(mix([0.75, 0.25])));
  expect(at(mix([3, 1]))).not.toEqual(at(mix([3, 1], 4)));
  expect(new Set(at(mix([1])))).toEqual(new Set([64]));
});
