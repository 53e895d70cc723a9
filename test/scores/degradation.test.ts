/** Intervals, dense quality, and what is said about runs whose course is known. */
import { describe, expect, test } from "vitest";
import {
  aggregateScores,
  pairedDifference,
  resampledMeans,
} from "../../engine/scores/aggregate.ts";
import { scoreNames, scores } from "../../engine/scores/catalog.ts";
import {
  defaultSettings,
  findDegradation,
  type ScoredCheckpoint,
} from "../../engine/scores/degradation.ts";
import { defaultWeights, denseQuality } from "../../engine/scores/quality.ts";
import { noise } from "../support/feature-maps.ts";

const images = 40;
const settings = { ...defaultSettings, weights: { locality: 1 } };

/**
 * A run whose locality follows `course`, in parts of the deviation between images (0.1), which the
 * images keep; each checkpoint adds `own` of its own to each image.
 */
function run(
  course: readonly number[],
  { own = 0.3, seed = 1, count = images, first = 1 } = {},
): ScoredCheckpoint[] {
  const difficulty = noise(seed, count);
  return course.map((value, c) => {
    const luck = noise(seed + 100 + c, count);
    const step = 1000 * (c + first);
    return {
      step,
      images: Array.from({ length: count }, (_, i) => ({
        locality: 0.5 + 0.1 * (value + difficulty[i]! + own * luck[i]!),
      })),
    };
  });
}

describe("intervals", () => {
  test("a mean's is that of the normal distribution, and covers as often as it says", () => {
    let covered = 0;
    const runs = 200;
    for (let seed = 0; seed < runs; seed++) {
      const values = noise(seed, 50).map((value) => 3 + value);
      const found = aggregateScores(
        Array.from(values, (locality) => ({ locality })),
        seed,
      ).locality!;
      if (found.low <= 3 && 3 <= found.high) covered++;
      if (seed > 0) continue;
      const deviation = Math.sqrt(
        values.reduce((sum, v) => sum + (v - found.mean) ** 2, 0) / values.length,
      );
      // 2.5 % quantiles of 2000 draws: their own error is some 4 % of the half width.
      const half = (1.96 * deviation) / Math.sqrt(50);
      expect((found.high - found.low) / (2 * half)).toBeCloseTo(1, 1);
    }
    // 95 % of 200 +- 3 deviations of a binomial; the percentile interval is a little narrow at 50.
    expect(covered / runs).toBeGreaterThan(0.89);
    expect(covered / runs).toBeLessThan(0.99);
  });

  test("repeat with the seed, and differ between seeds", () => {
    const column = Array.from(noise(1, 20));
    expect(resampledMeans([column], 5)).toEqual(resampledMeans([column], 5));
    expect(resampledMeans([column], 5)).not.toEqual(resampledMeans([column], 6));
  });

  test("a difference is seen in pairs that is lost between images that differ", () => {
    const a = Array.from(noise(1, 30), (value) => 10 * value);
    const b = a.map((value, i) => value - 0.2 - 0.1 * noise(2, 30)[i]!);
    const found = pairedDifference(a, b, 0);
    expect(found.isBeyondNoise).toBe(true);
    expect(found.mean).toBeCloseTo(0.2, 1);
    expect(pairedDifference(b, a, 0).isBeyondNoise).toBe(true);
    const unpaired = Array.from(noise(3, 30), (value) => 10 * value - 0.2);
    expect(pairedDifference(a, unpaired, 0).isBeyondNoise).toBe(false);
  });

  test("scores that not every image has are left out, and pairs of other images refused", () => {
    const found = aggregateScores([{ locality: 1, reach: 2 }, { locality: 3 }], 0);
    expect(Object.keys(found)).toEqual(["locality"]);
    expect(found.locality).toMatchObject({ mean: 2, values: [1, 3] });
    expect(() => pairedDifference([1, 2], [1, 2, 3], 0)).toThrow("received 2 and 3");
    expect(() => aggregateScores([], 0)).toThrow("no image");
  });
});

describe("dense quality", () => {
  test("turns each score so that more is better, in deviations between images", () => {
    const [low, high] = run([0, 1], { own: 0 });
    const { values } = denseQuality([low!.images, high!.images], { locality: 1 });
    const gains = values[1]!.map((value, i) => value - values[0]![i]!);
    // The deviation of 40 normal draws by their MAD is off by a tenth or so.
    for (const gain of gains) expect(Math.abs(gain - 1)).toBeLessThan(0.35);
    const turned = [low!, high!].map(({ images: all }) =>
      all.map(({ locality }) => ({ mapRoughness: locality! })),
    );
    const falling = denseQuality(turned, { mapRoughness: 1 }).values;
    expect(falling).toEqual(values.map((all) => all.map((value) => -value)));
  });

  test("a single score that breaks out moves it by three deviations of its share at most", () => {
    const steady = run([0, 0, 0]).map(({ images: all }) => all);
    const wild = steady.map((all, c) =>
      all.map((image) => ({ ...image, shiftContrast: c === 2 ? -1e6 : 0.5 })),
    );
    const weights = { locality: 3, shiftContrast: 1 };
    const { values, weights: shares } = denseQuality(wild, weights);
    const alone = denseQuality(steady, { locality: 1 }).values;
    expect(shares).toEqual({ locality: 0.75, shiftContrast: 0.25 });
    expect(values[2]![0]! - 0.75 * alone[2]![0]!).toBeCloseTo(-0.75, 9);
  });

  test("refuses weights that cannot be used, and to judge by scores that are not there", () => {
    const all = run([0, 1]).map((checkpoint) => checkpoint.images);
    expect(() => denseQuality(all, { locality: -1 })).toThrow(/weight of locality.*-1/);
    expect(() => denseQuality(all, { reach: 1 })).toThrow(/weight of reach.*neither/);
    expect(() => denseQuality(all, { cropContrast: 1 })).toThrow("none of the weighed scores");
  });

  test("weighs by default only scores that have a better side", () => {
    for (const name of scoreNames) {
      if (defaultWeights[name]) expect(scores[name].isBetter, name).not.toBe("neither");
    }
  });
});

describe("a run", () => {
  test("that rises and then falls is to be repaired with its peak", () => {
    const found = findDegradation(run([-2, -1, 0, 0.5, 0.2, -0.2, -0.6]), settings);
    expect(found.peak).toBe(4000);
    expect(found.decline).toMatchObject({ isBeyondImages: true, isBeyondJitter: true });
    expect(found.decline.mean).toBeGreaterThan(0.8);
    expect(found.recommendation).toMatchObject({ kind: "teacher", step: 4000 });
    expect(found.recommendation.reason).toMatch(/from its peak at step 4000 to step 7000 .* falls/);
  });

  test("that rises to its end has nothing to repair", () => {
    const found = findDegradation(run([-2, -1, 0, 0.5, 1]), settings);
    expect(found.recommendation.kind).toBe("none");
    expect(found.recommendation.reason).toContain("highest at the last checkpoint, step 5000");
    expect(found.decline).toMatchObject({ mean: 0, low: 0, high: 0 });
  });

  test("that only wobbles is called declining about once in twenty cases", () => {
    const runs = 60;
    const calm = { ...settings, leastDecline: 0 };
    let alarms = 0;
    let naive = 0;
    for (let seed = 0; seed < runs; seed++) {
      const series = run([0, 0, 0, 0, 0, 0, 0, 0], { own: 1, seed: 1000 * (seed + 1) });
      const { decline, peak } = findDegradation(series, calm);
      if (decline.isBeyondImages) alarms++;
      const [best, last] = [series.find(({ step }) => step === peak)!, series.at(-1)!];
      const values = (checkpoint: ScoredCheckpoint) => checkpoint.images.map((s) => s.locality!);
      if (pairedDifference(values(best), values(last), seed).low > 0) naive++;
    }
    // 6 % by a simulation in NumPy at 40 images and 8 checkpoints, and three deviations of a binomial.
    expect(alarms / runs).toBeLessThanOrEqual(0.06 + 3 * Math.sqrt((0.06 * 0.94) / runs));
    // What the correction is for: an interval of the peak's own calls luck a decline more often.
    expect(naive).toBeGreaterThan(alarms + 5);
  });

  test("that jumps up and down by more than it declines is not called declining", () => {
    // Every image jumps alike: other images would not undo it.
    const found = findDegradation(run([0, 1, 0, 1.1, 0, 1, 0, 0.9, 0]), settings);
    expect(found.decline).toMatchObject({ isBeyondImages: true, isBeyondJitter: false });
    expect(found.recommendation.kind).toBe("none");
    expect(found.recommendation.reason).toContain("jump up and down");
  });

  test("whose decline is sure and small is left alone", () => {
    const found = findDegradation(run([-1, -0.5, 0, -0.03, -0.06], { own: 0.01 }), settings);
    expect(found.decline.isBeyondImages).toBe(true);
    expect(found.recommendation).toMatchObject({ kind: "none" });
    expect(found.recommendation.reason).toContain("real but less than 0.1");
  });

  test("finds the same whatever the order of its checkpoints", () => {
    const series = run([-2, 0, 0.5, -0.5]);
    expect(findDegradation([...series].reverse(), settings)).toEqual(
      findDegradation(series, settings),
    );
  });

  test("names checkpoints that are as good as the peak within noise", () => {
    const found = findDegradation(run([-2, 0, 0.01, -1, -2]), settings);
    expect(found.asGood).toEqual([2000, 3000]);
  });

  test("is never repaired with untrained weights, and says so where they score best", () => {
    const found = findDegradation(run([2, 1, 0.5, 0, -1, -2], { first: 0 }), settings);
    expect(found.recommendation).toMatchObject({ kind: "teacher", step: 1000 });
    expect(found.recommendation.reason).toContain("untrained weights of step 0 score higher still");
    expect(found.recommendation.reason).toContain("first trained checkpoint");
  });

  test("is said to collapse where the peak uses few directions, and to look like the paper's", () => {
    const series = run([-1, 0, 1, 0, -1, -2]).map(({ step, images: all }, c) => ({
      step,
      images: all.map((image) => ({
        ...image,
        effectiveRank: c === 2 ? 3 : 30,
        clsPatchCosine: 0.1 * c,
      })),
    }));
    const { reason } = findDegradation(series, settings).recommendation;
    expect(reason).toContain("only 3 directions, where 30 are usual");
    expect(reason).toContain("the CLS-patch cosine rises from 0.20 to 0.50");
  });

  test("of two checkpoints, or on a few images, tells nothing yet", () => {
    const two = findDegradation(run([1, 0]), settings).recommendation;
    expect(two).toMatchObject({ kind: "unclear" });
    expect(two.reason).toContain("too few checkpoints to tell: 2 trained ones");
    const few = findDegradation(run([0, 1, 0], { count: 5 }), settings).recommendation;
    expect(few.reason).toContain("too few images to tell: 5");
  });

  test("of one checkpoint, or of one beside the start, is refused with the step and a remedy", () => {
    const refused = { code: "option.invalid", hint: expect.stringContaining("go on") as string };
    expect(() => findDegradation(run([1]), settings)).toThrow(expect.objectContaining(refused));
    expect(() => findDegradation(run([1]), settings)).toThrow("received step 1000");
    expect(() => findDegradation(run([0, 1], { first: 0 }), settings)).toThrow("step 0, 1000");
    expect(() => findDegradation([], settings)).toThrow("received none");
  });

  test("with a step twice, or scored on other images, is refused with the step", () => {
    const [one, two] = run([0, 1]);
    expect(() => findDegradation([one!, two!, two!], settings)).toThrow("Step 2000 is there twice");
    const cut = { ...two!, images: two!.images.slice(1) };
    expect(() => findDegradation([one!, cut], settings)).toThrow(
      "Step 2000: expected scores of 40 images, as at step 1000; received 39",
    );
  });
});
