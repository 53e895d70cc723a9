/** Block masks: how many patches, in how many crops, in blocks; and that counts depend on no draw. */
import { expect, test } from "vitest";
import { drawMasks, maskedTokens, type MaskRecipe } from "../../engine/data/masks.ts";
import { Draws } from "../../engine/random/draws.ts";

const published: MaskRecipe = { maskProbability: 0.5, maskRatioMin: 0.1, maskRatioMax: 0.5 };
const grid = { rows: 14, columns: 14 };

function masksAt(seed: number, crops = 16, recipe = published, at = grid) {
  return drawMasks(new Draws(seed, 0, 0, 3), crops, at, recipe);
}

function perCrop(masks: Uint8Array, patches: number): number[] {
  return Array.from({ length: masks.length / patches }, (_, crop) =>
    masks.subarray(crop * patches, (crop + 1) * patches).reduce((sum, value) => sum + value, 0),
  );
}

test("half of the crops are masked, with the ratios 0.15, 0.2 ... 0.5 of the published recipe", () => {
  // floor(196 * linspace(0.1, 0.5, 9)[1:]), by numpy.
  const expected = [29, 39, 49, 58, 68, 78, 88, 98];
  const counts = perCrop(masksAt(1).masks, 196);
  expect(counts.filter((count) => count > 0).sort((a, b) => a - b)).toEqual(expected);
  expect(counts.filter((count) => count === 0).length).toBe(8);
});

test("m is known without a draw, for any seed, crop size and recipe", () => {
  const recipes: MaskRecipe[] = [
    published,
    { maskProbability: 1, maskRatioMin: 0, maskRatioMax: 1 },
    { maskProbability: 0.3, maskRatioMin: 0.2, maskRatioMax: 0.2 },
    { maskProbability: 0, maskRatioMin: 0.1, maskRatioMax: 0.5 },
  ];
  for (const recipe of recipes) {
    for (const [crops, side] of [
      [2, 4],
      [6, 8],
      [16, 14],
    ] as const) {
      for (let seed = 0; seed < 5; seed++) {
        const { maskIndices } = masksAt(seed, crops, recipe, { rows: side, columns: side });
        expect(maskIndices.length).toBe(maskedTokens(crops, side * side, recipe));
      }
    }
  }
  // By hand: 8 of 16 crops as above; all of 2 crops of 10 patches at ratios 0.5 and 1.
  expect(maskedTokens(16, 196, published)).toBe(507);
  expect(maskedTokens(2, 10, recipes[1]!)).toBe(15);
  expect(maskedTokens(3, 196, published)).toBe(98);
  // 0.1 + 0.2 is not 0.3 in floating point, and 30 of 100 patches all the same.
  expect(maskedTokens(4, 100, published)).toBe(30 + 50);
});

test("indices are the masked places in ascending order, and weights share one among a crop's", () => {
  const { masks, maskIndices, maskWeights } = masksAt(2);
  expect([...maskIndices]).toEqual([...masks.keys()].filter((i) => masks[i] === 1));
  const sums = new Float64Array(16);
  maskIndices.forEach((index, i) => (sums[Math.floor(index / 196)]! += maskWeights[i]!));
  // float32 weights: 98 of them sum to one within 98 roundings of 2^-24 of their size.
  for (const sum of sums) expect(sum === 0 || Math.abs(sum - 1) < 1e-6).toBe(true);
  expect(sums.filter((sum) => sum > 0).length).toBe(8);
});

test("masks are blocks: most masked patches have masked neighbours, unlike single patches", () => {
  let pairs = 0;
  let expectedOfSingles = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { masks } = masksAt(seed);
    for (let crop = 0; crop < 16; crop++) {
      const mask = masks.subarray(crop * 196, (crop + 1) * 196);
      const count = mask.reduce((sum, value) => sum + value, 0);
      for (let y = 0; y < 14; y++) {
        for (let x = 0; x < 13; x++) pairs += mask[14 * y + x]! * mask[14 * y + x + 1]!;
      }
      // Two given patches of a random subset of k of n are both in it: k (k - 1) / n (n - 1).
      expectedOfSingles += (14 * 13 * count * (count - 1)) / (196 * 195);
    }
  }
  // Blocks of 4 to 98 patches: well over 1.5 times as many neighbours; single patches would have 1.
  expect(pairs / expectedOfSingles).toBeGreaterThan(1.5);
});

test("which crops and which places are masked is drawn: no crop or patch is favoured", () => {
  const draws = 600;
  const crops = new Float64Array(4);
  const patches = new Float64Array(64);
  for (let seed = 0; seed < draws; seed++) {
    const { maskIndices } = masksAt(seed, 4, published, { rows: 8, columns: 8 });
    const masked = new Set(Array.from(maskIndices, (index) => Math.floor(index / 64)));
    for (const crop of masked) crops[crop]!++;
    for (const index of maskIndices) patches[index % 64]!++;
  }
  // A crop is masked with probability 1/2: deviation sqrt(600 / 4) = 12.2, five of them.
  for (const count of crops) expect(Math.abs(count - draws / 2)).toBeLessThan(61);
  // 51 of 256 patches a batch, 478 in all for each. Corners lie in fewer blocks than the middle, so
  // the bound is only against patches that are never or always taken.
  for (const count of patches) {
    expect(count).toBeGreaterThan(150);
    expect(count).toBeLessThan(900);
  }
});

test("the same draws give the same masks, others do not", () => {
  expect(masksAt(7)).toEqual(masksAt(7));
  expect(masksAt(7).masks).not.toEqual(masksAt(8).masks);
});
