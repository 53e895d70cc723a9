/** k-means and the Gram matrix: planted groups, closed forms and brute force. */
import { describe, expect, it } from "vitest";
import { fillEmpty } from "../../engine/probes/clusters.ts";
import { binStart, run as runGram } from "../../engine/probes/gram.ts";
import { run as runKmeans } from "../../engine/probes/kmeans.ts";
import type { FeatureMap } from "../../engine/probes/probe.ts";
import {
  probeOptions,
  type ProbeOptionsInput,
  type ProbeResult,
} from "../../engine/protocol/probes.ts";
import { float32Values, int32Values } from "../../engine/protocol/tensor.ts";
import { context, featureMap, noise, shownRef } from "../support/feature-maps.ts";

const kmeans = (map: FeatureMap, options: ProbeOptionsInput<"kmeans">) =>
  runKmeans(map, shownRef, probeOptions.kmeans.parse(options), context());
const gram = (map: FeatureMap, options: ProbeOptionsInput<"gram"> = {}) =>
  runGram(map, shownRef, probeOptions.gram.parse(options), context());
const labelsOf = (result: ProbeResult) => Array.from(int32Values(result.maps[0]!.values));
const valuesOf = (result: ProbeResult) => Array.from(float32Values(result.maps[0]!.values));
const figureOf = (result: ProbeResult, label: string) =>
  result.numbers.find((line) => line.label === label)!.value;

/** Group of each of 60 patches: 30, 20 and 10 of three, mixed over the raster. */
const groups = Array.from({ length: 60 }, (_, i) => (i % 6 < 3 ? 2 : i % 6 < 5 ? 0 : 1));
const expectedLabels = groups.map((group) => [1, 2, 0][group]!);

/** Three directions far apart, with noise and lengths that must not matter. */
const grouped = featureMap(
  6,
  10,
  noise(21, 60 * 16).map((value, i) => {
    const patch = i >> 4;
    const direction = (i & 15) === groups[patch]! * 5 ? 4 : 0;
    return (1 + (patch % 4)) * (direction + 0.2 * value);
  }),
);

describe("kmeans", () => {
  it.each([0, 1, 2, 3, 4])("recovers planted groups from seed %i, largest first", async (seed) => {
    const result = await kmeans(grouped, { k: 3, seed });
    expect(labelsOf(result)).toEqual(expectedLabels);
    expect([0, 1, 2].map((label) => figureOf(result, `cluster ${label}`))).toEqual([30, 20, 10]);
    expect(result.maps[0]).toMatchObject({ kind: "labels", range: [0, 2] });
  });

  it("reports the inertia of its own labels", async () => {
    const result = await kmeans(grouped, { k: 4, seed: 1 });
    const labels = labelsOf(result);
    const unit = unitRows(grouped);
    const inertia = [0, 1, 2, 3].reduce((total, label) => {
      const own = unit.filter((_, i) => labels[i] === label);
      const centre = own[0]!.map((_, j) => own.reduce((sum, x) => sum + x[j]!, 0) / own.length);
      return total + own.reduce((sum, x) => sum + squaredDistance(x, centre), 0);
    }, 0);
    expect(figureOf(result, "inertia")).toBeCloseTo(inertia, 5);
  });

  it("is repeatable, and another seed may differ", async () => {
    const map = featureMap(20, 20, noise(2, 400 * 6));
    const first = await kmeans(map, { k: 8, seed: 5 });
    const again = await kmeans(map, { k: 8, seed: 5 });
    const other = await kmeans(map, { k: 8, seed: 6 });
    expect(again).toEqual(first);
    expect(labelsOf(other)).not.toEqual(labelsOf(first));
  });

  it("ends where no patch is nearer to another centre", async () => {
    const map = featureMap(20, 20, noise(2, 400 * 6));
    const result = await kmeans(map, { k: 8, seed: 5 });
    const labels = labelsOf(result);
    const unit = unitRows(map);
    const centres = Array.from({ length: 8 }, (_, label) => {
      const own = unit.filter((_row, i) => labels[i] === label);
      return own[0]!.map((_, j) => own.reduce((sum, x) => sum + x[j]!, 0) / own.length);
    });
    unit.forEach((x, i) => {
      const distances = centres.map((centre) => squaredDistance(x, centre));
      expect(distances[labels[i]!]!).toBeLessThan(Math.min(...distances) + 1e-6);
    });
  });

  it("gives an empty cluster the farthest patch that another can spare", () => {
    const labels = Int32Array.of(0, 0, 0, 2, 0);
    const distances = Float64Array.of(0.1, 0.5, 0.3, 0.9, 0);
    fillEmpty({ labels, distances }, 5);
    // Patch 3 is the farthest but alone; 1, 2 and 0 follow, one to each empty cluster.
    expect(Array.from(labels)).toEqual([4, 1, 3, 2, 0]);
  });

  it("uses fewer clusters than asked for when there are fewer distinct patches", async () => {
    const two = featureMap(2, 4, [1, 0, 0, 1, 2, 0, 0, 3, 1, 0, 0, 1, 5, 0, 7, 0]);
    const result = await kmeans(two, { k: 5 });
    expect(labelsOf(result)).toEqual([0, 1, 0, 1, 0, 1, 0, 0]);
    expect(figureOf(result, "inertia")).toBeCloseTo(0, 12);
    const constant = await kmeans(featureMap(2, 2, new Float32Array(12).fill(3)), { k: 2 });
    expect(labelsOf(constant)).toEqual([0, 0, 0, 0]);
    const zero = await kmeans(featureMap(2, 2, new Float32Array(12)), { k: 2 });
    expect(labelsOf(zero)).toEqual([0, 0, 0, 0]);
  });
});

describe("gram", () => {
  it("is exact where it fits, and sums to the squared length of the summed directions", async () => {
    const result = await gram(grouped);
    const values = valuesOf(result);
    const unit = unitRows(grouped);
    values.forEach((value, i) => {
      expect(value).toBeCloseTo(inner(unit[Math.floor(i / 60)]!, unit[i % 60]!), 6);
    });
    const sum = unit[0]!.map((_, j) => unit.reduce((total, x) => total + x[j]!, 0));
    expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(inner(sum, sum), 3);
  });

  it("averages down to the asked side as brute force over the whole matrix does", async () => {
    const p = 40 * 30;
    const map = featureMap(
      40,
      30,
      noise(8, p * 5).map((value) => value + 0.5),
    );
    const result = await gram(map, { side: 17 });
    const unit = unitRows(map);
    const sums = new Float64Array(17 * 17);
    const counts = new Float64Array(17 * 17);
    const binOf = (i: number) =>
      Array.from({ length: 17 }, (_, bin) => bin).find((bin) => i < binStart(bin + 1, p, 17))!;
    const bins = unit.map((_, i) => binOf(i));
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < p; j++) {
        const cell = bins[i]! * 17 + bins[j]!;
        sums[cell]! += inner(unit[i]!, unit[j]!);
        counts[cell]!++;
      }
    }
    expect(result.maps[0]!.values.shape).toEqual([17, 17]);
    // Only the rounding of the averaged rows to float32 is between the two.
    valuesOf(result).forEach((value, cell) => {
      expect(Math.abs(value - sums[cell]! / counts[cell]!)).toBeLessThan(1e-6);
    });
    const all = sums.reduce((total, value) => total + value, 0);
    expect(figureOf(result, "mean off the diagonal")).toBeCloseTo((all - p) / (p * (p - 1)), 6);
  });

  it("has the effective rank of its closed forms: 1 if all agree, d for an orthogonal basis", async () => {
    const same = await gram(
      featureMap(4, 4, Array.from({ length: 16 }, (_, i) => [i + 1, 0, 0]).flat()),
    );
    expect(figureOf(same, "effective rank")).toBeCloseTo(1, 6);
    expect(figureOf(same, "mean off the diagonal")).toBeCloseTo(1, 6);
    const axes = Array.from({ length: 16 }, (_, i) =>
      [0, 1, 2, 3].map((j) => (i % 4 === j ? 2 : 0)),
    );
    const orthogonal = await gram(featureMap(4, 4, axes.flat()));
    expect(figureOf(orthogonal, "effective rank")).toBeCloseTo(4, 6);
    // 4 x 3 of the 16 x 15 ordered pairs of two patches agree, four times.
    expect(figureOf(orthogonal, "mean off the diagonal")).toBeCloseTo(48 / 240, 6);
    expect(orthogonal.maps[0]!.range).toEqual([0, 1]);
  });

  it("groups rows by cluster, the largest first, and says which patch is where", async () => {
    const result = await gram(grouped, { order: "cluster", clusters: 3 });
    const order = Array.from(int32Values(result.order!));
    expect([...order].sort((a, b) => a - b)).toEqual(groups.map((_, i) => i));
    expect(order.map((patch) => expectedLabels[patch])).toEqual(
      [30, 20, 10].flatMap((size, label) => new Array<number>(size).fill(label)),
    );
    const plain = valuesOf(await gram(grouped));
    valuesOf(result).forEach((value, cell) => {
      const [i, j] = [order[Math.floor(cell / 60)]!, order[cell % 60]!];
      expect(value).toBeCloseTo(plain[i * 60 + j]!, 6);
    });
    expect(figureOf(result, "within clusters")).toBeGreaterThan(0.9);
    expect(figureOf(result, "between clusters")).toBeLessThan(0.1);
  });

  it("gives zeros, not NaN, for features of zeros and for one patch", async () => {
    const zero = await gram(featureMap(2, 2, new Float32Array(8)), { order: "cluster" });
    expect(valuesOf(zero).every((value) => value === 0)).toBe(true);
    expect(zero.numbers.every(({ value }) => Number.isFinite(value))).toBe(true);
    expect(valuesOf(await gram(featureMap(1, 1, [3, 4])))).toEqual([expect.closeTo(1, 6)]);
  });
});

function unitRows({ patches, width }: FeatureMap): number[][] {
  return Array.from({ length: patches.length / width }, (_, i) => {
    const x = Array.from(patches.subarray(i * width, (i + 1) * width));
    const norm = Math.sqrt(inner(x, x));
    return x.map((value) => value / norm);
  });
}

function inner(a: number[], b: number[]): number {
  return a.reduce((sum, value, j) => sum + value * b[j]!, 0);
}

function squaredDistance(a: number[], b: number[]): number {
  return a.reduce((sum, value, j) => sum + (value - b[j]!) ** 2, 0);
}
