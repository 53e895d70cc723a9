/** The arithmetic of cosine maps against closed forms. */
import { describe, expect, it } from "vitest";
import {
  bestMatch,
  cosineMap,
  decodeFloat16,
  histogram,
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

  it("the best match passes over the neighbourhood of the query", () => {
    // 4 columns; the query at row 0, column 1.
    const map = [0.8, 1, 0.9, 0.2, 0.7, 0.6, 0.5, 0.4];
    expect(bestMatch(map, 4)).toEqual({ patch: { row: 0, col: 1 }, value: 1 });
    expect(bestMatch(map, 4, { row: 0, col: 1, radius: 1 })?.patch).toEqual({ row: 0, col: 2 });
    expect(bestMatch(map, 4, { row: 0, col: 1, radius: 2 })?.patch).toEqual({ row: 1, col: 3 });
    expect(bestMatch(map, 4, { row: 0, col: 1, radius: 9 })).toBeUndefined();
  });

  it("the bins of a histogram add up to the values, the ends included", () => {
    const counts = histogram([0, 0.1, 0.5, 0.99, 1, 2, -1, NaN], [0, 1], 4);
    expect(counts).toEqual([3, 0, 1, 3]);
  });
});
