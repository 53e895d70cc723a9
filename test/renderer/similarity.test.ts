/** Ranks, summaries, matches and histograms of a map whose values are known. */
import { describe, expect, it } from "vitest";
import { bestMatches, histogram, rankOf, summary } from "../../renderer/compute/similarity.ts";

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
