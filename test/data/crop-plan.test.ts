/** Plans of crops: where they lie, how often each distortion comes, and what crops share. */
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import {
  planCrops,
  workingSize,
  type CropPlan,
  type ImagePlan,
  type Size,
} from "../../engine/data/crop-plan.ts";
import { decodeAt } from "../../engine/data/working-image.ts";
import type { PartialRecipe } from "../../engine/recipe/recipe.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { Draws } from "../../engine/random/draws.ts";

const sizes = { global: 224, local: 96, gram: 0 };
const photograph: Size = { width: 640, height: 427 };

function plans(changes: PartialRecipe, count: number, size = photograph): ImagePlan[] {
  const recipe = resolveRecipe({ localCrops: 4, ...changes });
  return Array.from({ length: count }, (_, image) =>
    planCrops(new Draws(5, 0, image, 2), recipe, sizes, size, 16),
  );
}

const cropsOf = ({ globals, locals }: ImagePlan): CropPlan[] => [...globals, ...locals];

/** Five deviations of a binomial: the draws are always the same ones, so this fails always or never. */
function expectShare(hits: number, of: number, probability: number, what: string): void {
  const bound = 5 * Math.sqrt((probability * (1 - probability)) / of);
  expect(Math.abs(hits / of - probability), what).toBeLessThanOrEqual(bound);
}

describe("boxes", () => {
  const shapes: Size[] = [
    photograph,
    { width: 3000, height: 4000 },
    { width: 2000, height: 100 },
    { width: 60, height: 900 },
    { width: 1, height: 1 },
    { width: 3, height: 2 },
  ];
  for (const size of shapes) {
    test(`lie in whole pixels inside ${size.width} × ${size.height}`, () => {
      for (const { x, y, w, h } of plans({}, 300, size)
        .flatMap(cropsOf)
        .map(({ box }) => box)) {
        expect([x, y, w, h].every(Number.isInteger)).toBe(true);
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.min(w, h)).toBeGreaterThanOrEqual(1);
        expect(x + w).toBeLessThanOrEqual(size.width);
        expect(y + h).toBeLessThanOrEqual(size.height);
      }
    });
  }

  test("have the areas and aspects of torchvision's RandomResizedCrop", () => {
    // A square of a thousand pixels, where nothing of the local range is refused: the area is uniform.
    const drawn = plans({}, 1500, { width: 1000, height: 1000 });
    const locals = drawn.flatMap((plan) => plan.locals.map(({ box }) => box));
    const areas = locals.map(({ w, h }) => (w * h) / 1e6);
    const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
    // Uniform over 0.05 .. 0.32: mean 0.185, deviation 0.27 / sqrt(12) = 0.078; five of the mean's.
    expect(Math.abs(mean - 0.185)).toBeLessThan((5 * 0.078) / Math.sqrt(areas.length));
    // Sides are rounded to whole pixels of at least 190: within 0.5 % of the range.
    expect(Math.min(...areas)).toBeGreaterThan(0.05 * 0.995);
    expect(Math.max(...areas)).toBeLessThan(0.32 * 1.005);
    const aspects = locals.map(({ w, h }) => Math.log(w / h));
    const widest = Math.log(4 / 3);
    expect(Math.max(...aspects.map(Math.abs))).toBeLessThan(widest * 1.02);
    // Uniform over its logarithm: mean 0, deviation 0.166.
    const meanAspect = aspects.reduce((sum, value) => sum + value, 0) / aspects.length;
    expect(Math.abs(meanAspect)).toBeLessThan((5 * 0.166) / Math.sqrt(aspects.length));
    const globals = drawn.flatMap((plan) => plan.globals.map(({ box }) => (box.w * box.h) / 1e6));
    expect(Math.min(...globals)).toBeGreaterThan(0.32 * 0.995);
    expect(Math.max(...globals)).toBeGreaterThan(0.95);
  });

  test("are the middle of a strip in which no box of the area fits", () => {
    // torchvision's fallback: the height, and 4/3 of it, in the middle.
    const [plan] = plans({ globalScale: { min: 1, max: 1 } }, 1, { width: 2000, height: 90 });
    expect(plan!.globals[0].box).toEqual({ x: 940, y: 0, w: 120, h: 90 });
    const [tall] = plans({ globalScale: { min: 1, max: 1 } }, 1, { width: 90, height: 2000 });
    expect(tall!.globals[0].box).toEqual({ x: 0, y: 940, w: 90, h: 120 });
  });
});

test("distortions come with their probabilities", () => {
  const all = plans({}, 3000);
  const count = (crops: CropPlan[], has: (crop: CropPlan) => boolean) => crops.filter(has).length;
  const first = all.map(({ globals }) => globals[0]);
  const second = all.map(({ globals }) => globals[1]);
  const locals = all.flatMap(({ locals: crops }) => crops);
  for (const [crops, solarised] of [
    [first, 0],
    [second, 0.2],
    [locals, 0],
  ] as const) {
    const n = crops.length;
    expectShare(
      count(crops, ({ flipped }) => flipped),
      n,
      0.5,
      "flip",
    );
    expectShare(
      count(crops, ({ colour }) => colour.jitter !== null),
      n,
      0.8,
      "jitter",
    );
    expectShare(
      count(crops, ({ colour }) => colour.grey),
      n,
      0.2,
      "grey",
    );
    expectShare(
      count(crops, ({ colour }) => colour.solarise),
      n,
      solarised,
      "solarise",
    );
  }
});

test("blur is released inverted, and declared on demand (trap 12)", () => {
  const shares = (blurAsReleased: boolean) => {
    const all = plans({ blurAsReleased }, 2000);
    const blurred = (crops: CropPlan[]) =>
      crops.filter(({ colour }) => colour.blurSigma !== null).length / crops.length;
    return [
      blurred(all.map(({ globals }) => globals[0])),
      blurred(all.map(({ globals }) => globals[1])),
      blurred(all.flatMap(({ locals }) => locals)),
    ];
  };
  // 2000 draws of 0.9: deviation 0.0067; 8000 of 0.5: 0.0056. Five of them.
  for (const [asReleased, expected] of [
    [true, [0, 0.9, 0.5]],
    [false, [1, 0.1, 0.5]],
  ] as const) {
    shares(asReleased).forEach((share, i) => {
      expect(Math.abs(share - expected[i]!)).toBeLessThan(expected[i]! % 1 === 0 ? 1e-12 : 0.034);
    });
  }
});

test("jitter draws its factors in their ranges, and all 24 orders of the four", () => {
  const jitters = plans({}, 400)
    .flatMap(cropsOf)
    .flatMap(({ colour }) => colour.jitter ?? []);
  const within = (values: number[], low: number, high: number) => {
    expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...values)).toBeLessThanOrEqual(high);
    // Nearly 2000 draws reach within 2 % of both ends.
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.98 * (high - low));
  };
  within(
    jitters.map(({ brightness }) => brightness),
    0.6,
    1.4,
  );
  within(
    jitters.map(({ contrast }) => contrast),
    0.6,
    1.4,
  );
  within(
    jitters.map(({ saturation }) => saturation),
    0.8,
    1.2,
  );
  within(
    jitters.map(({ hue }) => hue),
    -0.1,
    0.1,
  );
  expect(new Set(jitters.map(({ order }) => order.join())).size).toBe(24);
  const sigmas = plans({}, 400)
    .flatMap(cropsOf)
    .flatMap(({ colour }) => colour.blurSigma ?? []);
  within(sigmas, 0.1, 2);
});

test("one jitter and one grey for all crops of an image, on demand", () => {
  const colours = (shareColourJitter: boolean) =>
    plans({ shareColourJitter }, 50).map((plan) =>
      cropsOf(plan).map(({ colour }) => JSON.stringify([colour.jitter, colour.grey])),
    );
  for (const crops of colours(true)) expect(new Set(crops).size).toBe(1);
  for (const crops of colours(false)) expect(new Set(crops).size).toBeGreaterThan(1);
});

test("global crops do not depend on how many local ones there are", () => {
  const globals = (localCrops: number) => plans({ localCrops }, 20).map((plan) => plan.globals);
  expect(globals(8)).toEqual(globals(0));
});

test("local crops out of global ones lie on patches, half in each, where the box says", () => {
  for (const { globals, locals } of plans({ localsFromGlobals: true }, 100)) {
    expect(locals.map(({ window }) => window!.global)).toEqual([0, 0, 1, 1]);
    for (const { window, box, flipped } of locals) {
      const { left, top, global } = window!;
      expect([left % 16, top % 16]).toEqual([0, 0]);
      expect(Math.max(left, top)).toBeLessThanOrEqual(224 - 96);
      const parent = globals[global];
      expect(flipped).toBe(parent.flipped);
      // From the photograph back to the pixels of the rendered global crop.
      const x = ((box.x - parent.box.x) / parent.box.w) * 224;
      expect(flipped ? 224 - 96 - x : x).toBeCloseTo(left, 9);
      expect(((box.y - parent.box.y) / parent.box.h) * 224).toBeCloseTo(top, 9);
      expect((box.w / parent.box.w) * 224).toBeCloseTo(96, 9);
    }
  }
  // All nine places are drawn, the last one too.
  const lefts = plans({ localsFromGlobals: true }, 100).flatMap(({ locals }) =>
    locals.map(({ window }) => window!.left),
  );
  expect(new Set(lefts).size).toBe(9);
});

describe("at the working size no box has fewer pixels than its crop, unless the photograph has", () => {
  const shapes = [
    [4000, 3000],
    [3000, 3000],
    [8000, 400],
  ] as const;
  const kinds: PartialRecipe[] = [{}, { gramSize: 448 }, { localsFromGlobals: true }];
  for (const [width, height] of shapes) {
    test.each(kinds)(`${width} × ${height} %o`, async (changes) => {
      const recipe = resolveRecipe({ localCrops: 4, ...changes });
      const crop = { ...sizes, gram: recipe.gramSize };
      const blank = { create: { width, height, channels: 3, background: "grey" } } as const;
      const file = await sharp(blank).jpeg().toBuffer();
      const working = await decodeAt(file, "grey.jpg", workingSize(recipe, crop));
      expect(working.photograph).toEqual({ width, height });
      const scale = working.width / width;
      let least = Infinity;
      for (let image = 0; image < 1000; image++) {
        const plan = planCrops(new Draws(5, 0, image, 2), recipe, crop, { width, height }, 16);
        // Against what the photograph itself has to offer, which may be less than the crop's side.
        const ratio = ({ box }: CropPlan, side: number) => {
          const own = Math.min(box.w, box.h);
          return (own * scale) / Math.min(own, side);
        };
        const locals = recipe.localsFromGlobals ? [] : plan.locals;
        least = Math.min(
          least,
          ...plan.globals.map((planned) => ratio(planned, Math.max(crop.global, crop.gram))),
          ...locals.map((planned) => ratio(planned, crop.local)),
        );
      }
      // Boxes are rounded to whole pixels, so half a percent may be missing. And the smallest of a
      // thousand boxes is near the bound, or pixels are read in vain.
      expect(least).toBeGreaterThan(0.995);
      expect(least).toBeLessThan(1.1);
    });
  }
});
