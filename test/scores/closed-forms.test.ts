/** Scores of made-up cosines, where the right value is known without computing it. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { effectiveRank } from "../../engine/scores/effective-rank.ts";
import { locality, reach, similarityByDistance } from "../../engine/scores/fall-off.ts";
import { gramDistance } from "../../engine/scores/gram-distance.ts";
import { isolatedPeaks, mapRoughness } from "../../engine/scores/map-noise.ts";
import {
  cycleConsistency,
  matchingAccuracy,
  matchingContrast,
  sameIndex,
} from "../../engine/scores/matching.ts";
import { neighbourOrder, spearman } from "../../engine/scores/neighbour-order.ts";
import type { CosineMatrix } from "../../engine/scores/similarities.ts";
import { symmetricEigenvalues } from "../../engine/scores/spectrum.ts";
import { normOutliers, normRatio } from "../../engine/scores/token-norms.ts";
import { expectClose } from "../support/allclose.ts";
import { noise } from "../support/feature-maps.ts";

const side = 14;
const grid = { rows: side, cols: side };
const count = side * side;

/** [n, m] of f(i, j). */
function made(n: number, m: number, f: (i: number, j: number) => number): CosineMatrix {
  const values = Float32Array.from({ length: n * m }, (_, at) => f(Math.floor(at / m), at % m));
  return { values, rows: n, cols: m };
}

const identical = made(count, count, () => 1);
const orthogonal = made(count, count, (i, j) => Number(i === j));
const own = sameIndex(count);

describe("features that are all alike", () => {
  test("are found again by chance: by 9 in 196 with all neighbours, fewer at the edges", () => {
    // Neighbours with the patch itself, over the grid: (3 n - 2)^2.
    const chance = (3 * side - 2) ** 2 / count ** 2;
    expect(matchingAccuracy(identical, { own, gridCols: side })).toBeCloseTo(chance, 12);
    expect(chance).toBeLessThan(0.05);
  });

  test("are found again by chance too where rounding tells them apart", () => {
    const jitter = noise(3, count * count);
    const nearly = made(count, count, (i, j) => 1 + 1e-7 * jitter[i * count + j]!);
    const found = matchingAccuracy(nearly, { own, gridCols: side });
    expect(found).toBeCloseTo((3 * side - 2) ** 2 / count ** 2, 12);
  });

  test("have no contrast, no locality, no reach, no order, and the roughness of noise", () => {
    const fall = similarityByDistance(identical, grid);
    expect(matchingContrast(identical, { own })).toBe(0);
    expect(locality(fall, grid)).toBe(0);
    expect(reach(fall, grid)).toBe(0);
    expect(neighbourOrder(identical, identical, own)).toBe(0);
    expect(mapRoughness(identical, grid)).toBe(1);
    expect(isolatedPeaks(identical, grid)).toBeCloseTo(0.95 ** 8, 12);
  });

  test("lead back through another image to one patch only", () => {
    expect(cycleConsistency(identical, side)).toBeLessThanOrEqual(9 / count);
  });

  test("use one direction", () => {
    expect(effectiveRank(made(count, count, () => 5))).toBeCloseTo(1, 12);
  });
});

describe("features that have nothing in common", () => {
  test("are found again, all of them, with full contrast", () => {
    expect(matchingAccuracy(orthogonal, { own, gridCols: side })).toBe(1);
    expect(matchingContrast(orthogonal, { own })).toBe(1);
    expect(cycleConsistency(orthogonal, side)).toBe(1);
  });

  test("have no locality, and are half way down at half a patch", () => {
    const fall = similarityByDistance(orthogonal, grid);
    expect(locality(fall, grid)).toBe(0);
    expect(reach(fall, grid)).toBe(0.5);
  });

  test("use all directions", () => {
    expect(effectiveRank(orthogonal)).toBeCloseTo(count, 9);
  });

  test("have a contrast of -1 / (n - 1) when each is found at another's place", () => {
    const next = Int32Array.from(own, (i) => (i + 1) % count);
    // own 0, other 1 / (n - 1).
    const other = 1 / (count - 1);
    expect(matchingContrast(orthogonal, { own: next })).toBeCloseTo(-other / (1 - other), 9);
  });
});

describe("the fall-off", () => {
  test("is the function that cosine is of distance", () => {
    const apart = (i: number, j: number) =>
      Math.hypot(Math.floor(i / side) - Math.floor(j / side), (i % side) - (j % side));
    const f = (distance: number) => 1 - Math.round(distance) / 40;
    const { cosine, pairs } = similarityByDistance(
      made(count, count, (i, j) => f(apart(i, j))),
      grid,
    );
    // Float32 of numbers near 1.
    expectClose(cosine, Array.from(cosine.keys(), f), { atol: 1e-7 });
    expect(pairs.reduce((sum, value) => sum + value)).toBe(count * count);
    // Each of the 13 pairs in a row and in a column, and diagonal ones, both ways.
    expect(pairs[1]).toBe(2 * (2 * side * (side - 1) + 2 * (side - 1) ** 2));
  });

  test("half way down lies between whole distances", () => {
    // 1, 0.8, 0.2, 0, 0 ..: half is 0.5, midway between 1 and 2.
    const cosine = Float64Array.from({ length: 19 }, (_, k) => [1, 0.8, 0.2][k] ?? 0);
    expect(reach({ cosine, pairs: new Float64Array(19).fill(1) }, grid)).toBeCloseTo(1.5, 12);
  });
});

describe("noise in maps", () => {
  test("white noise has a Geary's C of 1 and isolates (1 - 0.05)^8 of its peaks", () => {
    const values = noise(1, count * count);
    const map = made(count, count, (i, j) => values[i * count + j]!);
    // 196 maps, each with a deviation of some 0.05.
    expect(mapRoughness(map, grid)).toBeCloseTo(1, 1);
    expect(Math.abs(isolatedPeaks(map, grid) - 0.95 ** 8)).toBeLessThan(0.06);
  });

  test("a ramp has the C of a ramp", () => {
    // Of the whole grid: steps of 1 across on half of the edges, variance (n^2 - 1) / 12. Leaving the
    // query out changes each sum by no more than its share of one patch in 196.
    const ramp = made(count, count, (_, j) => j % side);
    const edges = 2 * side * (side - 1);
    const expected = ((count - 1) * (edges / 2)) / (2 * edges * count * ((side ** 2 - 1) / 12));
    expect(mapRoughness(ramp, grid) / expected).toBeCloseTo(1, 1);
  });

  test("a chessboard is as rough as can be", () => {
    const board = made(count, count, (_, j) => (Math.floor(j / side) + j) % 2);
    // Every step is 1, every deviation 1/2: C = (N - 1) E / (2 E N / 4), near 2.
    expect(mapRoughness(board, grid)).toBeGreaterThan(1.95);
  });

  test("a bright blob far away is not isolated, single bright patches are", () => {
    const bright = (places: readonly number[]) =>
      made(count, count, (i, j) => Number(i === j) + Number(places.includes(j)));
    // Ten patches, as many as count as bright. From queries beside them they are left out, and
    // others, all equal, stand for them.
    const blob = [0, 1, 2, 3, 4, 14, 15, 16, 17, 18].map((at) => at + 5 * side + 4);
    const single = [0, 2, 4, 6, 8, 10, 12, 28, 30, 32].map((at) => at + 4 * side);
    expect(isolatedPeaks(bright(blob), grid)).toBeLessThan(0.01);
    expect(isolatedPeaks(bright(single), grid)).toBeGreaterThan(0.6);
  });
});

describe("Spearman's rho", () => {
  test("is 1 for any rising function, -1 for any falling one, 0 without order", () => {
    const x = [3, 1, 4, 1.5, 9, 2.6];
    expect(spearman(x, x.map(Math.exp))).toBeCloseTo(1, 12);
    expect(spearman(x, x.map((value) => -(value ** 3)))).toBeCloseTo(-1, 12); // prettier-ignore
    expect(spearman(x, [2, 2, 2, 2, 2, 2])).toBe(0);
  });

  test("gives ties their mean rank", () => {
    // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3, by hand: 4.5 / sqrt(4.5 x 5).
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
  });
});

describe("the spectrum", () => {
  test.each([1, 2, 3, 40, 97])("of a random covariance of %i rows is ml-matrix's", (n) => {
    const x = new Matrix(n + 3, n);
    noise(n, (n + 3) * n).forEach((value, i) => x.set(Math.floor(i / n), i % n, value));
    const a = x.transpose().mmul(x);
    const expected = new EigenvalueDecomposition(a, { assumeSymmetric: true }).realEigenvalues.sort(
      (p, q) => q - p,
    );
    const found = symmetricEigenvalues(Float64Array.from(a.to1DArray()), n);
    // Both are backward stable: some n epsilon of the largest.
    expectClose(found, expected, { atol: 1e-13 * n * expected[0]! });
  });

  test("of a diagonal matrix, and of one with equal values, is read off", () => {
    const diagonal = Float64Array.of(2, 0, 0, 0, 7, 0, 0, 0, 2);
    expectClose(symmetricEigenvalues(diagonal, 3), [7, 2, 2], { atol: 1e-15 });
    expectClose(symmetricEigenvalues(new Float64Array(16), 4), [0, 0, 0, 0], { atol: 0 });
  });

  test("a power law has the effective rank of its entropy", () => {
    const singular = Array.from({ length: 50 }, (_, k) => (k + 1) ** -1.5);
    const products = made(50, 50, (i, j) => (i === j ? singular[i]! ** 2 : 0));
    const total = singular.reduce((sum, value) => sum + value, 0);
    const shares = singular.map((value) => value / total);
    const entropy = -shares.reduce((sum, p) => sum + p * Math.log(p), 0);
    // The products are float32.
    expect(effectiveRank(products)).toBeCloseTo(Math.exp(entropy), 5);
  });

  test("no feature at all counts as one direction", () => {
    expect(effectiveRank(made(4, 4, () => 0))).toBe(1);
  });
});

describe("norms and Gram distances", () => {
  const plain = {
    cls: new Float32Array(2),
    patches: new Float32Array(0),
    rows: 4,
    cols: 4,
    width: 2,
  };

  test("one long patch among equals is one outlier, as many times as long as it is", () => {
    const before = new Float32Array(32).fill(1);
    before.set([20, 20], 10);
    expect(normOutliers({ ...plain, before })).toBe(1 / 16);
    expect(normRatio({ ...plain, before })).toBeCloseTo(20, 5);
  });

  test("without tokens before the norm there is no answer", () => {
    expect(normOutliers(plain)).toBeUndefined();
    expect(normRatio(plain)).toBeUndefined();
  });

  test("the Gram distance of the same is 0, of opposites 4, of identity to ones (n - 1) / n", () => {
    expect(gramDistance(identical, identical)).toBe(0);
    expect(
      gramDistance(
        identical,
        made(count, count, () => -1),
      ),
    ).toBe(4);
    expect(gramDistance(orthogonal, identical)).toBeCloseTo((count - 1) / count, 12);
  });
});
