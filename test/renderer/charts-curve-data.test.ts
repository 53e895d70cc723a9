import { describe, expect, test } from "vitest";
import { formatReading, formatStepTick, formatTick } from "../../engine/protocol/chart-numbers.ts";
import {
  alignCurves,
  mergeSteps,
  movedStep,
  nearestIndex,
  nearestStep,
  spanOf,
  valueUnder,
  type Curve,
} from "../../renderer/charts/curve-data.ts";
import { makeScaler, makeSmoother } from "../../engine/protocol/growing-columns.ts";
import { makeExtremes } from "../../renderer/charts/growing.ts";

const smoothed = (values: number[], weight: number) => Array.from(makeSmoother()(values, weight));

const curve = (...points: [step: number, value: number][]): Curve => ({
  steps: points.map(([step]) => step),
  values: points.map(([, value]) => value),
});

describe("smoothing", () => {
  test("agrees with the weighted mean that the bias correction stands for", () => {
    const values = [3, -1, 4, 1, 5, 9, 2, 6];
    const weight = 0.6;
    // In closed form: the mean of all values so far, weighted by how long ago they came.
    const expected = values.map((_, i) => {
      const past = values.slice(0, i + 1);
      const weights = past.map((_, j) => weight ** (i - j));
      const sum = past.reduce((total, value, j) => total + value * weights[j]!, 0);
      return sum / weights.reduce((a, b) => a + b);
    });
    // Sums of eight doubles: rounding only.
    smoothed(values, weight).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
  });

  test("the first value is its own mean, and no weight changes nothing", () => {
    expect(smoothed([7, 1], 0.99)[0]).toBeCloseTo(7, 12);
    expect(smoothed([7, 1, 3], 0)).toEqual([7, 1, 3]);
  });

  test("a NaN stays and does not spread", () => {
    const smooth = smoothed([1, NaN, 2], 0.5);
    expect(smooth[1]).toBeNaN();
    expect(smooth[2]).toBeCloseTo(smoothed([1, 2], 0.5)[1]!, 12);
  });

  test("equal values stay exactly equal", () => {
    expect(smoothed([0.1, 0.1, 0.1], 0.9)).toEqual([0.1, 0.1, 0.1]);
  });

  test("looks at every value once, however often it is asked while values are pushed", () => {
    const smooth = makeSmoother();
    const values: number[] = [];
    let reads = 0;
    const watched = new Proxy(values, {
      get: (target, key) => {
        if (typeof key === "string" && Number(key) > 0) reads++;
        return Reflect.get(target, key) as unknown;
      },
    });
    for (let i = 0; i < 100; i++) {
      values.push(Math.sin(i));
      expect(smooth(watched, 0.9)).toHaveLength(i + 1);
    }
    expect(reads).toBe(99);
    expect(Array.from(smooth(watched, 0.9))).toEqual(smoothed(values, 0.9));
    expect(Array.from(smooth(watched, 0.5))).toEqual(smoothed(values, 0.5));
  });

  test("begins anew where values were taken away", () => {
    const smooth = makeSmoother();
    const values = [1, 2, 3];
    smooth(values, 0.5);
    values.length = 1;
    expect(Array.from(smooth(values, 0.5))).toEqual([1]);
  });
});

test("a column is scaled as it grows", () => {
  const scale = makeScaler(1000);
  const values = [1, 2];
  expect(scale(values)).toEqual([1000, 2000]);
  values.push(NaN);
  expect(scale(values)).toEqual([1000, 2000, NaN]);
});

describe("one axis for several curves", () => {
  test("holds every step once, in order", () => {
    expect([...mergeSteps([[1, 3, 3, 5], [2, 3], []])]).toEqual([1, 2, 3, 5]);
    expect([...mergeSteps([])]).toEqual([]);
  });

  test("a step that a curve does not have is drawn over, a NaN breaks the line", () => {
    const { x, y } = alignCurves([curve([1, 10], [3, NaN]), curve([2, 20])], [1, 3], 100);
    expect([...x]).toEqual([1, 2, 3]);
    expect(y).toEqual([
      [10, undefined, null],
      [undefined, 20, undefined],
    ]);
  });

  test("of a step written twice, the later value counts", () => {
    expect(alignCurves([curve([1, 1], [2, 2], [2, 3])], [0, 5], 9).y).toEqual([[1, 3]]);
  });

  test("what is zoomed in on keeps one neighbour on either side", () => {
    const line = curve([0, 0], [10, 1], [20, 2], [30, 3], [40, 4]);
    expect([...alignCurves([line], [15, 25], 100).x]).toEqual([10, 20, 30]);
  });

  test("a peak of one point among 100,000 is still there, and so is the order around it", () => {
    const steps = Float64Array.from({ length: 100_000 }, (_, i) => i);
    const values = steps.map((i) => Math.sin(i / 1000));
    values[56_789] = 50;
    values[56_790] = -50;
    const { x, y } = alignCurves([{ steps, values }], [0, 99_999], 800);
    // Two for each bucket, which is half a pixel to a pixel wide.
    expect(x.length).toBeLessThan(4 * 800);
    const row = y[0]!;
    const high = row.indexOf(50);
    expect(row.indexOf(-50)).toBe(high + 1);
    // Within one of 800 columns.
    expect(Math.abs(x[high]! - 56_789)).toBeLessThan(100_000 / 800);
  });

  test("thinned buckets hold exactly the extremes of their points, also while points are pushed", () => {
    const steps: number[] = [];
    const values: number[] = [];
    const columns = 40;
    for (const length of [2000, 2001, 4999, 5000]) {
      for (let i = steps.length; i < length; i++) {
        steps.push(i * 2);
        values.push(Math.sin(4 * i * i));
      }
      const { x, y } = alignCurves([{ steps, values }], [0, 9998], columns);
      const width = x[2]! - x[0]!;
      expect(width).toBeLessThanOrEqual(9998 / columns);
      for (let i = 0; i < x.length; i += 2) {
        const inside = values.filter((_, j) => Math.floor((steps[j]! - x[i]!) / width) === 0);
        const pair = y[0]!.slice(i, i + 2);
        if (inside.length === 0) expect(pair).toEqual([undefined, undefined]);
        else expect([...pair].sort()).toEqual([Math.min(...inside), Math.max(...inside)].sort());
      }
    }
  });

  test("a line that leaves the sight leaves it where it crosses the edge", () => {
    const dense = {
      steps: Array.from({ length: 1000 }, (_, i) => i),
      values: new Float64Array(1000),
    };
    const sparse = curve([0, 0], [500, 500], [999, 999]);
    const { x, y } = alignCurves([dense, sparse], [400, 600], 20);
    // The points of the straight line y = x lie on it, but for half a column's width.
    y[1]!.forEach((value, i) => {
      if (value != null) expect(Math.abs(value - x[i]!)).toBeLessThanOrEqual(10);
    });
    expect(y[1]![0]).toBeDefined();
    expect(y[1]!.at(-1)).toBeDefined();
  });

  test("20 curves of 100,000 points take less than a second", () => {
    const curves = Array.from({ length: 20 }, (_, run) => {
      const steps = Float64Array.from({ length: 100_000 }, (_, i) => i * 10 + run);
      return { steps, values: steps.map((step) => Math.cos(step)) };
    });
    const start = performance.now();
    const { y } = alignCurves(curves, [0, 1_000_000], 1000);
    // About 40 ms on a laptop; a bound with room for a busy machine.
    expect(performance.now() - start).toBeLessThan(1000);
    expect(y).toHaveLength(20);
  });
});

describe("the cursor", () => {
  const line = curve([10, 1], [20, 2], [40, 4]);

  test("reads the nearest point, and nothing beyond the ends", () => {
    expect(valueUnder(line, 29)).toBe(2);
    expect(valueUnder(line, 31)).toBe(4);
    expect(valueUnder(line, 40)).toBe(4);
    expect(valueUnder(line, 41)).toBeUndefined();
    expect(valueUnder(line, 9)).toBeUndefined();
    expect(nearestIndex([], 1)).toBeUndefined();
  });

  test("snaps to the nearest step of any curve, from outside too", () => {
    expect(nearestStep([line, curve([28, 0])], 29)).toBe(28);
    expect(nearestStep([line], 1000)).toBe(40);
    expect(nearestStep([], 1)).toBeUndefined();
  });

  test("goes from step to step over all curves and stops at the ends", () => {
    const both = [line, curve([15, 0], [20, 0])];
    expect(movedStep(both, 10, 1)).toBe(15);
    expect(movedStep(both, 10, 2)).toBe(20);
    expect(movedStep(both, 20, 1)).toBe(40);
    expect(movedStep(both, 40, 10)).toBe(40);
    expect(movedStep(both, 40, -2)).toBe(15);
    expect(movedStep(both, 17, 1)).toBe(20);
    expect(movedStep(both, 17, -1)).toBe(15);
  });

  test("comes in at the end that it moves away from", () => {
    expect(movedStep([line], undefined, 1)).toBe(10);
    expect(movedStep([line], undefined, -1)).toBe(40);
    expect(movedStep([], undefined, 1)).toBeUndefined();
  });
});

test("extremes pass over what is not finite, and follow what is pushed", () => {
  const extremes = makeExtremes();
  const values = [3, NaN, 1, Infinity];
  expect(extremes(values)).toEqual({ latest: 1, least: 1, most: 3 });
  values.push(5);
  expect(extremes(values)).toEqual({ latest: 5, least: 1, most: 5 });
  expect(extremes([NaN])).toBeUndefined();
});

test("the span of no points is none", () => {
  expect(spanOf([curve([4, 0]), curve([1, 0], [2, 0]), curve()])).toEqual([1, 4]);
  expect(spanOf([curve()])).toBeUndefined();
});

test("numbers are as short as their place asks for", () => {
  expect([0, 1e-4, 2.5e-4, 0.25, 11.5, 25_000, 1.2e7, -3].map(formatTick)).toEqual([
    "0",
    "1e−4",
    "2.5e−4",
    "0.25",
    "11.5",
    "25,000",
    "12M",
    "−3",
  ]);
  expect([12_000, 250_000, 1_250_000].map(formatStepTick)).toEqual(["12,000", "250k", "1.25M"]);
  expect([0.5, 11.0904, 123.4, 5000, 5e-4, NaN].map(formatReading)).toEqual([
    "0.5000",
    "11.09",
    "123.4",
    "5,000",
    "5.00e−4",
    "NaN",
  ]);
});
