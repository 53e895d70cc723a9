/** The arithmetic of cosine maps against closed forms. */
import { describe, expect, it } from "vitest";
import {
  bestMatches,
  cosineMap,
  decodeFloat16,
  histogram,
  meanOfRows,
  normaliseRows,
  rankOf,
  summary,
} from "../../renderer/compute/similarity.ts";

describe("cosine maps", () => {
  it("rows at angle a to the query have cosine cos(a), whatever their length", () => {
    const angles = [0, 0.3, 1, Math.PI / 2, 2, Math.PI];
    const rows = new Float32Array(
      angles.flatMap((a, i) => [(i + 1) * Math.cos(a), (i + 1) * Math.sin(a)]),
    );
    normaliseRows(rows, 2);
    const map = cosineMap(rows.subarray(0, 2), rows);
    angles.forEach((a, i) => expect(map[i]).toBeCloseTo(Math.cos(a), 6));
  });

  it("every value of every row counts, for any width and any number of rows", () => {
    for (const d of [1, 3, 4, 5, 7, 384]) {
      const rows = Float32Array.from({ length: 7 * d }, (_, i) => Math.sin(i * 1.7) + 0.2);
      const expected = [0, 1, 2, 3, 4, 5, 6].map((p) => {
        let dot = 0;
        let own = 0;
        let other = 0;
        for (let i = 0; i < d; i++) {
          const [q, x] = [rows[d + i]!, rows[p * d + i]!];
          dot += q * x;
          own += q * q;
          other += x * x;
        }
        return dot / Math.sqrt(own * other);
      });
      normaliseRows(rows, d);
      const map = cosineMap(rows.slice(d, 2 * d), rows);
      // float32 rows: a few units in the last place of 1.
      expected.forEach((value, p) => expect(Math.abs(map[p]! - value)).toBeLessThan(2e-6));
    }
  });

  it("several patches ask as the direction of their mean; one named twice counts once", () => {
    const at = (angle: number) => [Math.cos(angle), Math.sin(angle)];
    const rows = new Float32Array([at(0.2), at(1.2), at(0.7), at(0.2 + Math.PI)].flat());
    const mean = meanOfRows(rows, 2, [0, 1, 0]);
    expect(mean[0]).toBeCloseTo(Math.cos(0.7), 6);
    expect(cosineMap(mean, rows)[2]).toBeCloseTo(1, 6);
    // Opposite patches cancel out: no direction, and no NaN. Float32 leaves a last place of noise.
    expect(meanOfRows(new Float32Array([1, 0, -1, 0]), 2, [0, 1])).toEqual(new Float32Array(2));
  });

  it("a row of zeros has cosine 0 and stays finite", () => {
    const rows = normaliseRows(new Float32Array([3, 4, 0, 0]), 2);
    expect([...cosineMap(rows.subarray(0, 2), rows)]).toEqual([expect.closeTo(1, 6), 0]);
  });

  it("half floats decode to the numbers of IEEE 754 binary16", () => {
    const bits = new Uint16Array([0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x7c00, 0x7e00]);
    const [zero, one, minusTwo, largest, smallest, third, infinity, nan] = decodeFloat16(bits);
    expect([zero, one, minusTwo, largest, smallest, infinity, nan]).toEqual([
      0,
      1,
      -2,
      65504,
      2 ** -24,
      Infinity,
      NaN,
    ]);
    expect(third).toBeCloseTo(1 / 3, 3);
  });
});

describe("what is said of a map", () => {
  const values = [0.1, 0.9, NaN, 0.9, -0.5, 0.3];

  it("the highest value has rank 1, equals share a rank, NaN counts for nothing", () => {
    expect([0, 1, 3, 4, 5].map((i) => rankOf(values, i))).toEqual([4, 1, 1, 5, 3]);
  });

  it("low, high and mean leave NaN out", () => {
    expect(summary(values)).toEqual({ low: -0.5, high: 0.9, mean: expect.closeTo(0.34, 12) });
    expect(summary([NaN])).toEqual({ low: 0, high: 0, mean: 0 });
  });

  it("the best matches come by value and pass over the neighbourhood of the query", () => {
    // 4 columns; the query at row 0, column 1. Distances to it: 1, 0, 1, 2 and √2, 1, √2, √5.
    const map = [0.8, 1, 0.9, 0.2, 0.7, 0.6, 0.5, 0.4];
    const query = [{ row: 0, col: 1 }];
    const places = (count: number, radius: number) =>
      bestMatches(map, 4, count, query, radius).map(({ patch }) => patch.row * 4 + patch.col);
    expect(places(3, 0)).toEqual([1, 2, 0]);
    expect(places(3, 1)).toEqual([2, 0, 4]);
    expect(places(9, 1.1)).toEqual([4, 6, 7, 3]);
    expect(places(9, 2.1)).toEqual([7]);
    expect(places(9, 9)).toEqual([]);
    expect(places(0, 0)).toEqual([]);
    expect(bestMatches(values, 6, 9).map(({ patch }) => patch.col)).toEqual([1, 3, 5, 0, 4]);
  });

  it("many queries are passed over as one by one, by the mask as by the distance", () => {
    const cols = 12;
    const map = Array.from({ length: 10 * cols }, (_, i) => Math.sin(i * 12.9898) * 0.9);
    const queries = Array.from({ length: 14 }, (_, i) => ({ row: i % 10, col: (i * 5) % cols }));
    const expected = map
      .map((value, i) => ({ value, patch: { row: Math.floor(i / cols), col: i % cols } }))
      .filter(({ patch }) =>
        queries.every(({ row, col }) => Math.hypot(patch.row - row, patch.col - col) >= 1.5),
      )
      .sort((a, b) => b.value - a.value)
      .slice(0, 5);
    expect(expected).toHaveLength(5);
    expect(bestMatches(map, cols, 5, queries, 1.5)).toEqual(expected);
  });

  it("the bins of a histogram add up to the values, the ends included", () => {
    const counts = histogram([0, 0.1, 0.5, 0.99, 1, 2, -1, NaN], [0, 1], 4);
    expect(counts).toEqual([3, 0, 1, 3]);
  });
});
