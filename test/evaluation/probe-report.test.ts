/** The shape of reports, the choice of cases, and intervals against closed forms. */
import { describe, expect, it } from "vitest";
import {
  bootstrap,
  bootstrapMeans,
  proportionInterval,
} from "../../engine/evaluation/intervals.ts";
import {
  parseProbeReport,
  pickCases,
  probeReport,
  reportVersion,
  type ProbeReport,
} from "../../engine/evaluation/probe-report.ts";
import { Draws } from "../../engine/random/draws.ts";

const report: ProbeReport = {
  version: reportVersion,
  probe: "segmentation",
  model: { name: "a model", fingerprint: "1" },
  data: { description: "ten scenes", fingerprint: "2" },
  preset: "quick",
  settings: { learningRate: 1e-3, grid: [14, 14], chosen: "first", isBalanced: false, k: null },
  seed: 0,
  numbers: [
    { name: "mIoU", value: 0.5, low: 0.4, high: 0.6, unit: "fraction", isBetterHigher: true },
  ],
  perClass: [{ name: "cup", value: null }],
  cases: [{ name: "scene 3", score: 0.9, place: "best", index: 3 }],
  elapsedSeconds: 1.5,
};

describe("a report", () => {
  it("comes back from JSON as it was", () => {
    expect(parseProbeReport(JSON.stringify(report), "report.json")).toEqual(report);
  });

  it.each([
    ["{", /^report\.json: expected a probe's report/],
    [JSON.stringify({ ...report, version: 2 }), /version/],
    [JSON.stringify({ ...report, numbers: [] }), /numbers/],
    [JSON.stringify({ ...report, elapsedSeconds: NaN }), /elapsedSeconds/],
    ["[]", /the whole/],
  ])("is refused with the field that is wrong: %s", (text, message) => {
    expect(() => parseProbeReport(text, "report.json")).toThrow(message);
  });

  it("cannot hold a number that JSON cannot", () => {
    const numbers = [{ ...report.numbers[0]!, value: Infinity }];
    expect(probeReport.safeParse({ ...report, numbers }).success).toBe(false);
  });
});

describe("cases", () => {
  const picked = (scores: readonly number[], isBetterHigher: boolean, each?: number) => {
    const byPlace: Record<string, number[]> = { best: [], median: [], worst: [] };
    for (const { place, index } of pickCases(scores, isBetterHigher, each))
      byPlace[place]!.push(index);
    return byPlace;
  };

  it("are the best, the middle and the worst", () => {
    const scores = [0.5, 0.9, 0.1, 0.8, 0.2, 0.6, 0.4, 0.7, 0.3];
    expect(picked(scores, true, 1)).toEqual({ best: [1], median: [0], worst: [2] });
    expect(picked(scores, false, 2)).toEqual({ best: [2, 4], median: [6, 0], worst: [1, 3] });
  });

  it("no item is in two places, however few there are, and none without a score is in any", () => {
    for (let count = 0; count <= 12; count++) {
      const scores = Array.from({ length: count }, (_, i) => (i % 5 === 4 ? NaN : i));
      const all = Object.values(picked(scores, true)).flat();
      const scored = scores.filter((score) => !Number.isNaN(score)).length;
      expect(new Set(all).size, `${count} items`).toBe(all.length);
      expect(all.length).toBe(Math.min(9, scored));
      expect(all.some((index) => Number.isNaN(scores[index]))).toBe(false);
    }
  });
});

describe("intervals", () => {
  it("of a proportion are Wilson's", () => {
    // The roots of (r / n - p)^2 = z^2 p (1 - p) / n, by numpy.roots.
    const expected: [number, number, number, number][] = [
      [8, 10, 0.4901624715366418, 0.9433178485456247],
      [10, 10, 0.7224672001371107, 1],
      [0, 50, 0, 0.07134759913335],
    ];
    for (const [right, count, low, high] of expected) {
      const interval = proportionInterval(right, count)!;
      expect(interval.low).toBeCloseTo(low, 12);
      expect(interval.high).toBeCloseTo(high, 12);
    }
    expect(proportionInterval(0, 0)).toBeUndefined();
  });

  it("by bootstrap of a mean are near those of the central limit, and repeat", () => {
    const draws = new Draws(3);
    const values = Array.from({ length: 400 }, () => draws.normal());
    const mean = values.reduce((sum, v) => sum + v, 0) / 400;
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 400);
    const [interval] = bootstrapMeans([values], 1);
    const reach = (1.96 * deviation) / 20;
    // A thousand resamples fix a 2.5 % quantile to about 5 % of the interval's half.
    expect(interval!.low).toBeGreaterThan(mean - 1.15 * reach);
    expect(interval!.low).toBeLessThan(mean - 0.85 * reach);
    expect(interval!.high).toBeLessThan(mean + 1.15 * reach);
    expect(interval!.high).toBeGreaterThan(mean + 0.85 * reach);
    expect(bootstrapMeans([values], 1)).toEqual([interval]);
    expect(bootstrapMeans([values], 2)).not.toEqual([interval]);
  });

  it("leave out drawn sets without a value, and are absent where most have none", () => {
    const [some, none] = bootstrapMeans(
      [
        [1, 1, 1, NaN],
        [NaN, NaN, NaN, NaN],
      ],
      0,
    );
    expect(some).toEqual({ low: 1, high: 1 });
    expect(none).toBeUndefined();
    expect(bootstrap(0, 0, () => [NaN])).toEqual([undefined]);
  });

  it("draw as many items as there are", () => {
    bootstrap(7, 0, (drawn) => {
      expect(drawn.reduce((sum, times) => sum + times, 0)).toBe(7);
      return [0];
    });
  });
});
