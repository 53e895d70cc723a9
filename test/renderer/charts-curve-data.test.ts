import { describe, expect, test } from "vitest";
import { formatReading, formatStepTick, formatTick } from "../../renderer/charts/chart-numbers.ts";
import {
  alignCurves,
  extremesOf,
  makeSmoother,
  mergeSteps,
  movedStep,
  nearestIndex,
  nearestStep,
  smoothValues,
  spanOf,
  valueUnder,
  type Curve,
} from "../../renderer/charts/curve-data.ts";

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
    smoothValues(values, weight).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
  });

  test("the first value is its own mean, and no weight changes nothing", () => {
    expect(smoothValues([7, 1], 0.99)[0]).toBeCloseTo(7, 12);
    expect([...smoothValues([7, 1, 3], 0)]).toEqual([7, 1, 3]);
  });

  test("a NaN stays and does not spread", () => {
    const smooth = smoothValues([1, NaN, 2], 0.5);
    expect(smooth[1]).toBeNaN();
    expect(smooth[2]).toBeCloseTo(smoothValues([1, 2], 0.5)[1]!, 12);
  });

  test("equal values stay exactly equal", () => {
    expect([...smoothValues([0.1, 0.1, 0.1], 0.9)]).toEqual([0.1, 0.1, 0.1]);
  });

  test("happens once for as long as nothing is appended", () => {
    const smooth = makeSmoother();
    const values = [1, 2];
    const first = smooth(values, 0.5);
    expect(smooth(values, 0.5)).toBe(first);
    values.push(3);
    expect(smooth(values, 0.5)).toHaveLength(3);
    expect(smooth(values, 0.9)).not.toEqual(smooth(values, 0.5));
  });
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
    expect(x.length).toBeLessThan(2000);
    const row = y[0]!;
    const high = row.indexOf(50);
    expect(row.indexOf(-50)).toBe(high + 1);
    // Within one of 800 columns.
    expect(Math.abs(x[high]! - 56_789)).toBeLessThan(100_000 / 800);
  });

  test("thinned columns hold exactly the extremes of their points", () => {
    const steps = Array.from({ length: 5000 }, (_, i) => i * 2);
    const values = steps.map((step) => Math.sin(step * step));
    const [low, high, columns] = [0, 9998, 40];
    const { y } = alignCurves([{ steps, values }], [low, high], columns);
    const width = (high - low) / columns;
    for (let column = 0; column < columns; column++) {
      const inside = values.filter((_, i) => {
        const at = Math.min(columns - 1, Math.floor(steps[i]! / width));
        return at === column;
      });
      const pair = y[0]!.slice(2 * column + 2, 2 * column + 4).map(Number);
      expect(Math.min(...pair)).toBe(Math.min(...inside));
      expect(Math.max(...pair)).toBe(Math.max(...inside));
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

test("extremes pass over what is not finite", () => {
  expect(extremesOf([3, NaN, 1, Infinity])).toEqual({ latest: 1, least: 1, most: 3 });
  expect(extremesOf([NaN])).toBeUndefined();
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
