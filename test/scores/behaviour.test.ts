/** What scores do when features get worse in ways that are known. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import type { ImageScores, ScoreName } from "../../engine/scores/catalog.ts";
import { denseQuality } from "../../engine/scores/quality.ts";
import { ImageScorer } from "../../engine/scores/score-image.ts";
import type { ImageTokens } from "../../engine/scores/similarities.ts";
import {
  viewNames,
  type CropPlace,
  type ViewName,
  type ViewTokens,
} from "../../engine/scores/views.ts";
import { noise } from "../support/feature-maps.ts";

const side = 14;
const crop: CropPlace = { row: 2, col: 5, side: 8 };
const width = 32;

/** What a point of the scene has as its feature: [d] from (row, col) in patches of base. */
type Scene = (row: number, col: number) => Float32Array;

/** Places that features are read at, and a seed for what is added to them. */
function view(n: number, at: (r: number, c: number) => [number, number], scene: Scene): ViewTokens {
  const patches = new Float32Array(n * n * width);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < n; c++) patches.set(scene(...at(r, c)), (r * n + c) * width);
  }
  return { cls: new Float32Array(width).fill(1), patches, rows: n, cols: n, width };
}

function imageOf(scene: Scene): ImageTokens {
  const inCrop = (r: number, c: number): [number, number] => [
    crop.row + r,
    crop.col + crop.side - 1 - c,
  ];
  const fine = (r: number, c: number) => inCrop((r - 0.5) / 2, (c - 0.5) / 2);
  return {
    base: view(side, (r, c) => [r, c], scene),
    shifted: view(side, (r, c) => [r + 0.25, c + 0.25], scene),
    crop: view(crop.side, inCrop, scene),
    fine: view(2 * crop.side, fine, scene),
  };
}

/** Smooth random features, other ones for another seed. */
function smooth(seed: number): Scene {
  const waves = noise(seed, 3 * width);
  return (row, col) =>
    Float32Array.from({ length: width }, (_, j) =>
      Math.sin(0.4 * (waves[3 * j]! * row + waves[3 * j + 1]! * col) + 3 * waves[3 * j + 2]!),
    );
}

/** The same with noise of its own in every patch of every view. */
function withNoise(image: ImageTokens, amount: number, seed: number): ImageTokens {
  const noisy: Partial<Record<ViewName, ViewTokens>> = {};
  for (const [v, name] of viewNames.entries()) {
    const tokens = image[name];
    const extra = noise(1000 * seed + v, tokens.patches.length);
    const patches = tokens.patches.map((value, i) => value + amount * extra[i]!);
    noisy[name] = { ...tokens, patches };
  }
  return noisy as ImageTokens;
}

let executor: Executor;
let scorer: ImageScorer;
beforeAll(async () => {
  ({ executor } = await chooseExecutor("cpu"));
  scorer = new ImageScorer(executor);
});
afterAll(async () => {
  await scorer.dispose();
  await executor.dispose();
});

const score = (tokens: ImageTokens) => scorer.score("made up", tokens, crop);

describe("noise in every patch", () => {
  const amounts = [0, 0.3, 1, 3];
  let series: ImageScores[][];
  beforeAll(async () => {
    series = [];
    for (const amount of amounts) {
      const images: ImageScores[] = [];
      for (let i = 0; i < 4; i++) {
        images.push(await score(withNoise(imageOf(smooth(i)), amount, i + 1)));
      }
      series.push(images);
    }
  });

  const falling: ScoreName[] = [
    "locality",
    "shiftMatching",
    "shiftContrast",
    "cropMatching",
    "cropContrast",
    "resolutionMatching",
    "resolutionContrast",
    "neighbourOrder",
  ];
  const rising: ScoreName[] = ["mapRoughness", "isolatedPeaks", "effectiveRank"];

  test.each(falling)("lowers %s, the more of it the more", (name) => {
    const means = series.map((images) => meanOf(images, name));
    expect(means).toEqual([...means].sort((a, b) => b - a));
    expect(means[0]! - means[3]!).toBeGreaterThan(0.2);
  });

  test.each(rising)("raises %s, the more of it the more", (name) => {
    const means = series.map((images) => meanOf(images, name));
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(means[3]! / means[0]!).toBeGreaterThan(1.2);
  });

  test("lowers dense quality, the more of it the more", () => {
    const { values } = denseQuality(series);
    const means = values.map((images) => images.reduce((sum, v) => sum + v, 0) / images.length);
    expect(means).toEqual([...means].sort((a, b) => b - a));
    expect(new Set(means).size).toBe(amounts.length);
  });
});

test("patches that turn towards CLS raise the CLS-patch cosine and nothing is told apart worse", async () => {
  const image = imageOf(smooth(1));
  const turned: Partial<Record<ViewName, ViewTokens>> = {};
  for (const name of viewNames) {
    const patches = image[name].patches.map((value) => value + 2);
    turned[name] = { ...image[name], patches };
  }
  const [before, after] = [await score(image), await score(turned as ImageTokens)];
  expect(after.clsPatchCosine!).toBeGreaterThan(0.9);
  expect(before.clsPatchCosine!).toBeLessThan(0.3);
  // What all patches have in common drops out of the contrasts: within a tenth.
  expect(Math.abs(after.shiftContrast! - before.shiftContrast!)).toBeLessThan(0.1);
  expect(Math.abs(after.locality! - before.locality!)).toBeLessThan(0.1);
});

test("features of the place alone pass as smooth and stable, and are not found in another crop", async () => {
  // The place within the view, as a network with positions and without content has it.
  const placed = (n: number): ViewTokens =>
    view(n, (r, c) => [(14 * r) / n, (14 * c) / n], smooth(7));
  const found = await score({
    base: placed(14),
    shifted: placed(14),
    crop: placed(8),
    fine: placed(16),
  });
  expect(found.locality).toBeGreaterThan(0.5);
  expect(found.shiftMatching).toBe(1);
  expect(found.cropMatching).toBeLessThan(0.2);
  expect(found.cropContrast).toBeLessThan(0.25);
});

test("features that collapse to one direction keep none of the agreement they had", async () => {
  const found = await score(imageOf(() => new Float32Array(width).fill(0.5)));
  expect(found).toMatchObject({
    locality: 0,
    mapRoughness: 1,
    shiftContrast: 0,
    cropContrast: 0,
    resolutionContrast: 0,
    neighbourOrder: 0,
    gramToFine: 0,
  });
  expect(found.shiftMatching).toBeLessThan(0.05);
  expect(found.effectiveRank).toBeCloseTo(1, 5);
});

function meanOf(images: readonly ImageScores[], name: ScoreName): number {
  return images.reduce((sum, image) => sum + image[name]!, 0) / images.length;
}
