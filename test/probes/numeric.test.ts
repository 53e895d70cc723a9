/** Eigenpairs, random numbers and order statistics: what the probes' figures rest on. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { topEigenpairs } from "../../engine/probes/eigen.ts";
import { normalAt, uniformAt } from "../../engine/random/counter.ts";
import {
  medianDeviation,
  quantile,
  roundedRange,
  similarityRange,
  sorted,
} from "../../engine/probes/statistics.ts";
import { noise } from "../support/feature-maps.ts";

describe("topEigenpairs", () => {
  it("agrees with a full decomposition of a random covariance, where no gap helps it", async () => {
    const d = 48;
    const x = new Matrix(500, d);
    noise(1, 500 * d).forEach((value, i) => x.set(Math.floor(i / d), i % d, value));
    const covariance = x.transpose().mmul(x);
    const full = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
    const expected = full.realEigenvalues
      .map((value, index) => ({ value, vector: full.eigenvectorMatrix.getColumn(index) }))
      .sort((a, b) => b.value - a.value);
    const found = await topEigenpairs(Float64Array.from(covariance.to1DArray()), d, 3);
    expect(found.converged).toBe(true);
    found.values.forEach((value, k) => {
      // A residual of 1e-8 bounds the value's error by its square over the gap, the vector's by
      // itself over the gap (2 % here): 1e-12 and 1e-6 leave room.
      expect(Math.abs(value / expected[k]!.value - 1)).toBeLessThan(1e-12);
      const cosine = expected[k]!.vector.reduce((sum, v, j) => sum + v * found.vectors[k]![j]!, 0);
      expect(1 - Math.abs(cosine)).toBeLessThan(1e-11);
    });
  });

  it("finds both directions of a double eigenvalue", async () => {
    const d = 40;
    const diagonal = new Float64Array(d * d);
    for (let j = 0; j < d; j++) diagonal[j * d + j] = j < 2 ? 9 : 1 / (j + 1);
    const { values, vectors } = await topEigenpairs(diagonal, d, 3);
    expect(values[0]).toBeCloseTo(9, 10);
    expect(values[1]).toBeCloseTo(9, 10);
    expect(values[2]).toBeCloseTo(1 / 3, 10);
    const inPlane = vectors.slice(0, 2).map((v) => v[0]! ** 2 + v[1]! ** 2);
    expect(Math.min(...inPlane)).toBeGreaterThan(1 - 1e-12);
  });

  it("gives zeros, not NaN, for a matrix of zeros, and fewer pairs for a smaller matrix", async () => {
    expect((await topEigenpairs(new Float64Array(36), 6, 3)).values).toEqual([0, 0, 0]);
    const tiny = await topEigenpairs(Float64Array.of(2, 0, 0, 5), 2, 3);
    expect(tiny.values.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([5, 2]);
  });

  it("ends as cancelled between two products", async () => {
    const solving = topEigenpairs(new Float64Array(36), 6, 3, { signal: AbortSignal.abort() });
    await expect(solving).rejects.toMatchObject({ code: "cancelled" });
  });

  it("makes the loading of largest magnitude positive", async () => {
    const v = [0.1, -0.9, 0.3, 0.2];
    const outer = Float64Array.from({ length: 16 }, (_, i) => v[Math.floor(i / 4)]! * v[i % 4]!);
    const { vectors } = await topEigenpairs(outer, 4, 1);
    expect(vectors[0]![1]).toBeGreaterThan(0.9);
  });
});

describe("uniformAt, normalAt", () => {
  it("repeat, differ between seeds, and have the moments of their distributions", () => {
    const n = 20_000;
    const uniform = Array.from({ length: n }, (_, i) => uniformAt(7, i));
    const normal = Array.from({ length: n }, (_, i) => normalAt(7, i));
    const moment = (values: number[], power: number) =>
      values.reduce((sum, value) => sum + value ** power, 0) / n;
    expect(uniformAt(7, 123)).toBe(uniform[123]);
    expect(uniformAt(8, 123)).not.toBe(uniform[123]);
    // Five standard errors at n = 20,000.
    expect(Math.abs(moment(uniform, 1) - 1 / 2)).toBeLessThan(0.011);
    expect(Math.abs(moment(uniform, 2) - 1 / 3)).toBeLessThan(0.011);
    expect(Math.abs(moment(normal, 1))).toBeLessThan(0.036);
    expect(Math.abs(moment(normal, 2) - 1)).toBeLessThan(0.05);
    const neighbours = uniform.slice(1).map((value, i) => (value - 0.5) * (uniform[i]! - 0.5));
    expect(Math.abs(moment(neighbours, 1))).toBeLessThan(0.003);
  });
});

describe("statistics", () => {
  it("gives the quantiles of NumPy", () => {
    // numpy.quantile([3, 1, 2, 10], [.25, .5, .95]) and median(|x - 2.5|)
    const ascending = sorted([3, 1, NaN, 2, 10]);
    expect([0.25, 0.5, 0.95].map((q) => quantile(ascending, q))).toEqual([
      1.75,
      2.5,
      expect.closeTo(8.95, 12) as number,
    ]);
    expect(medianDeviation(ascending)).toBe(1);
  });

  it("keeps colour scales to tenths", () => {
    expect(similarityRange([0.34, 0.9])).toEqual([0.3, 1]);
    expect(similarityRange([-0.25])).toEqual([-0.3, 1]);
    expect(similarityRange([1, 0.99999999])).toEqual([0.9, 1]);
    expect(similarityRange([-1.0000001, NaN])).toEqual([-1, 1]);
    expect(roundedRange([0.12, 0.31])).toEqual([0.1, 0.4]);
    expect(roundedRange([0.2, 0.2])).toEqual([0.2, expect.closeTo(0.3, 12) as number]);
  });
});
