/** Foreground from a few pictures: parts, medians and choices by hand, and sets that colour decides. */
import { describe, expect, it } from "vitest";
import {
  fewShotPresets,
  measureFewShot,
  type FewShotSettings,
} from "../../engine/evaluation/few-shot.ts";
import {
  keptPatches,
  medianFilter,
  overlapOf,
} from "../../engine/evaluation/foreground-patches.ts";
import { probeReport } from "../../engine/evaluation/probe-report.ts";
import type { SegmentedImage } from "../../engine/labels/labelled.ts";
import { Draws } from "../../engine/random/draws.ts";
import {
  colourBackbone,
  confetti,
  listed,
  maskOfPatches,
  measuring,
  painted,
} from "./colour-backbone.ts";

const [rows, cols] = [6, 8];
/** The lower rows are of class 2; bands, because enlarging rounds corners. */
function band(seed: number, isTold = true): SegmentedImage {
  const from = 2 + (seed % 3);
  const picture = painted(`band ${seed}`, rows, cols, (row, col) => {
    const draws = new Draws(seed, row, col);
    const shade = draws.below(60);
    return row >= from && isTold ? [180 + shade, 40, 60 + shade] : [40 + shade, 120 + shade, 60];
  });
  return { picture, mask: maskOfPatches(rows, cols, (row) => (row >= from ? 2 : 0)) };
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

const measure = (
  train: readonly SegmentedImage[],
  test: readonly SegmentedImage[],
  changes: Partial<FewShotSettings> = {},
) =>
  measureFewShot(
    {
      classes: ["ground", "thing", "band"],
      splits: { train: listed(train), test: listed(test) },
      description: "painted bands",
      fingerprint: "bands-1",
    },
    measuring(),
    { preset: "small", settings: { ...fewShotPresets.small, ...changes }, seed: 2 },
  );

describe("few-shot foreground", () => {
  it("is perfect where colour decides", async () => {
    const train = range(0, 12).map((seed) => band(seed));
    const test = range(20, 25).map((seed) => band(seed));
    const { report, drawings } = await measure(train, test);
    expect(probeReport.parse(report)).toEqual(report);
    expect(report.numbers[0]).toMatchObject({ name: "foreground IoU", value: 1, low: 1, high: 1 });
    expect(report.numbers[1]).toMatchObject({ name: "average precision", value: 1 });
    expect(report.numbers.slice(2)).toHaveLength(8);
    expect(report.settings["labelledPictures"]).toHaveLength(9);
    expect(report.settings).toMatchObject({ isConverged: true, c: 1 });
    expect(drawings[0]!.mask).toEqual(drawings[0]!.truth);
  });

  it("chooses the C with the best curve, and repeats exactly", async () => {
    // Noise in every patch: the curve over C is not flat.
    const noisy = range(0, 10).map((seed) => {
      const { picture, mask } = band(seed);
      const other = painted("noise", rows, cols, confetti(seed + 50));
      const pixels = picture.pixels.map((v, i) => Math.round(0.3 * v + 0.7 * other.pixels[i]!));
      return { picture: { ...picture, pixels }, mask };
    });
    const { report } = await measure(noisy.slice(0, 6), noisy.slice(6));
    const curve = report.numbers.filter(({ name }) => name.startsWith("leave-one-out"));
    const best = curve.reduce((a, b) => (b.value >= a.value ? b : a));
    expect(best.name).toBe(`leave-one-out AP, C = ${String(report.settings["c"])}`);
    expect(new Set(curve.map(({ value }) => value)).size).toBeGreaterThan(1);
    expect(report.numbers[0]!.value).toBeGreaterThan(0.3);
    expect(report.numbers[0]!.value).toBeLessThan(1);
    const again = await measure(noisy.slice(0, 6), noisy.slice(6));
    expect({ ...again.report, elapsedSeconds: 0 }).toEqual({ ...report, elapsedSeconds: 0 });
    const given = await measure(noisy.slice(0, 6), noisy.slice(6), { finalC: 0.1 });
    expect(given.report.settings["c"]).toBe(0.1);
  });

  it("judges every labelled picture by the others alone", async () => {
    // What is foreground in the one has the colours of the background in the other.
    const one = band(0);
    const other = { ...one, mask: one.mask.map((value) => 2 - value) };
    const { report } = await measure([one, other], [one], { finalC: 1 });
    const curve = report.numbers.filter(({ name }) => name.startsWith("leave-one-out"));
    expect(curve).toHaveLength(8);
    // Everything else ranks before the foreground: below the part that it is, a third and two thirds.
    for (const { value } of curve) expect(value).toBeLessThan(0.5);
  });

  it("finds nothing where there is nothing to tell by", async () => {
    const train = range(0, 6).map((seed) => band(seed, false));
    const test = range(10, 16).map((seed) => band(seed, false));
    const { report } = await measure(train, test);
    // The part of foreground patches is a half: chance for average precision.
    expect(report.numbers[1]!.value).toBeGreaterThan(0.3);
    expect(report.numbers[1]!.value).toBeLessThan(0.75);
  });

  it("takes the classes that are asked for", async () => {
    const train = range(0, 4).map((seed) => band(seed));
    await expect(measure(train, train, { foreground: ["thing"] })).rejects.toMatchObject({
      code: "data.empty",
      message: /painted bands: expected a labelled picture with patches wholly in the foreground/,
    });
    await expect(measure(train, train, { foreground: ["cat"] })).rejects.toMatchObject({
      code: "option.invalid",
      message: /expected names of classes, ground, thing, band; received cat/,
    });
    const strange = { ...train[0]!, mask: train[0]!.mask.map(() => 3) };
    await expect(measure([strange], train)).rejects.toMatchObject({ code: "option.invalid" });
    const { report } = await measure(train, train, { foreground: ["band"] });
    expect(report.numbers[0]!.value).toBe(1);
  });
});

describe("patches", () => {
  it("are kept below and above the parts of the settings, of the pixels that count", async () => {
    const picture = painted("one row", 1, 4, (_, col) => [60 * col, 0, 0]);
    // 64 pixels a patch: all ground; one of them in; all in; none of what counts is in.
    const mask = maskOfPatches(1, 4, (_, col) => (col === 2 ? 1 : 0));
    mask[8] = 1;
    mask.forEach((_, i) => {
      if (i % 32 >= 25) mask[i] = 255;
    });
    const [features] = await colourBackbone.features([picture], { width: 32, height: 8 });
    const { rows: kept, labels } = keptPatches(
      features!,
      { picture, mask },
      { ...fewShotPresets.small, foreground: [1] },
    );
    // 1/64 is above 0.01: the second patch is neither.
    expect(Array.from(labels)).toEqual([0, 1, 0]);
    expect(kept.count).toBe(3);
    expect(kept.data[3]).toBeCloseTo(120 / 127.5 - 1, 6);
  });

  it("have the median of the nine around them", () => {
    // prettier-ignore
    const values = Float32Array.of(
      9, 1, 2,
      3, 8, 4,
      5, 6, 7,
    );
    // The corner sees itself four times: 9 9 9 9, 1 1, 3 3, 8.
    // prettier-ignore
    expect(Array.from(medianFilter(values, 3, 3, 3))).toEqual([
      8, 3, 2,
      5, 5, 4,
      5, 6, 7,
    ]);
    expect(medianFilter(values, 3, 3, 1)).toEqual(values);
  });

  it("overlap where the truth counts", () => {
    const truth = Uint8Array.of(1, 1, 0, 0, 255);
    expect(overlapOf(Uint8Array.of(1, 0, 1, 0, 1), truth)).toEqual([1, 3]);
  });
});
