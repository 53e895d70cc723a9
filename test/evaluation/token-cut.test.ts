/** The normalised cut against full decompositions, and the object that is cut out by it. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { secondEigenvector, thresholdGraph } from "../../engine/evaluation/normalised-cut.ts";
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import { boxOverlap, cutObject, objectOf } from "../../engine/evaluation/token-cut.ts";
import { prepareEagerly } from "../support/eager-program.ts";
import { noise } from "../support/feature-maps.ts";
import { fixture } from "./labelled-probes-fixture.ts";

const programs = new PreparedPrograms({ prepare: async (program) => prepareEagerly(program) });

describe("the second eigenvector", () => {
  const { rows, cols, features, cuts } = fixture.cut;
  const count = rows * cols;
  const map = {
    cls: new Float32Array(8),
    patches: Float32Array.from(features),
    rows,
    cols,
    width: 8,
  };

  it("agrees with NumPy's eigh, and so do seed, part and box", async () => {
    const picture = { width: cols * 10, height: rows * 20 };
    const taus = cuts.map(({ tau }) => tau);
    const found = await cutObject(map, picture, { taus, epsilon: 1e-5 }, programs);
    found.forEach((cut, k) => {
      const expected = cuts[k]!;
      expect(cut.converged).toBe(true);
      expect(cut.seed).toBe(expected.seed);
      expect(Array.from(cut.mask.keys()).filter((i) => cut.mask[i] === 1)).toEqual(expected.part);
      const [x, y, w, h] = expected.box;
      expect(cut.box).toEqual({ x: 10 * x, y: 20 * y, w: 10 * w, h: 20 * h });
      // eigh's own vectors are D-orthonormal, as ours; the fixture keeps 10 decimals.
      cut.vector.forEach((value, i) => expect(value).toBeCloseTo(expected.vector[i]!, 8));
    });
  });

  it("is found among clusters of isolated patches, whose eigenvalues are all but one", async () => {
    // Two connected blocks and ten patches alone: residual and eigenvalue are checked directly.
    const p = 60;
    const group = (i: number) => (i < 30 ? 0 : i < 50 ? 1 : i);
    const size = (of: number) => (of === 0 ? 30 : of === 1 ? 20 : 1);
    const similarity = Float32Array.from({ length: p * p }, (_, k) =>
      group(Math.floor(k / p)) === group(k % p) ? 1 : 0,
    );
    const graph = thresholdGraph(similarity, p, 0.5);
    const { vector, value, converged } = await secondEigenvector(graph);
    expect(converged).toBe(true);
    expect(residualOf(similarity, p, vector, value)).toBeLessThan(1e-9);
    const degree = (i: number) => size(group(i)) * (1 - 1e-5) + p * 1e-5;
    const full = new EigenvalueDecomposition(
      Matrix.zeros(p, p).apply(function set(this: Matrix, i, j) {
        const weight = group(i) === group(j) ? 1 : 1e-5;
        this.set(i, j, weight / Math.sqrt(degree(i) * degree(j)));
      }),
      { assumeSymmetric: true },
    );
    const [, second] = full.realEigenvalues.sort((a, b) => b - a);
    // ml-matrix's own error is some 1e-15; the eigenvalues are 1e-6 apart.
    expect(value).toBeCloseTo(1 - second!, 12);
  });

  it("restarts where one basis is not enough", async () => {
    // A ring: its eigenvalues 1 - cos(2 pi k / n) lie close together at the lower end.
    const p = 400;
    const ring = Float32Array.from({ length: p * p }, (_, k) => {
      const gap = Math.abs(Math.floor(k / p) - (k % p));
      return gap === 1 || gap === p - 1 ? 1 : 0;
    });
    const graph = thresholdGraph(ring, p, 0.5, 0);
    const { value, converged, products } = await secondEigenvector(graph);
    expect(products).toBeGreaterThan(60);
    expect(converged).toBe(true);
    expect(value).toBeCloseTo(1 - Math.cos((2 * Math.PI) / p), 10);
  });

  it("is the only one that two patches have", async () => {
    const { vector, value } = await secondEigenvector(
      thresholdGraph(Float32Array.of(1, 0, 0, 1), 2, 0.5),
    );
    // Solved by hand: degrees 1 + e, so the other vector is (1, -1) with 2 e / (1 + e).
    expect(value).toBeCloseTo(2e-5 / (1 + 1e-5), 12);
    expect(vector[0]).toBeCloseTo(-vector[1]!, 12);
  });

  it("comes out alike each time, and ends when it is told to", async () => {
    const similarity = noise(3, count * count);
    const graph = thresholdGraph(similarity, count, 0);
    const [a, b] = [await secondEigenvector(graph), await secondEigenvector(graph)];
    expect(a.vector).toEqual(b.vector);
    const signal = AbortSignal.abort();
    await expect(secondEigenvector(graph, { signal })).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("the object", () => {
  it("is the part around the seed, over edges and not over corners", () => {
    // prettier-ignore
    const vector = Float64Array.of(
      -1, -1, -1, 2,
      -1,  3, -1, -1,
      -1,  1,  2, -1,
    );
    const { mask, seed, isNegative } = objectOf(vector, 3, 4);
    expect(seed).toBe(5);
    expect(isNegative).toBe(false);
    // prettier-ignore
    expect(Array.from(mask)).toEqual([
      0, 0, 0, 0,
      0, 1, 0, 0,
      0, 1, 1, 0,
    ]);
  });

  it("does not go round from one edge to the other", () => {
    // prettier-ignore
    const vector = Float64Array.of(
      -1, -1,  1,
       3, -1,  1,
       1, -1, -1,
    );
    const { mask } = objectOf(vector, 3, 3);
    expect(Array.from(mask)).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 0]);
    const mirrored = objectOf(vector.toReversed(), 3, 3);
    expect(Array.from(mirrored.mask)).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 0]);
  });

  it("is the side of the largest magnitude, also where that is the negative one", () => {
    const { mask, isNegative } = objectOf(Float64Array.of(1, 1, -4, -3), 1, 4);
    expect(isNegative).toBe(true);
    expect(Array.from(mask)).toEqual([0, 0, 1, 1]);
  });

  it("overlaps with boxes as areas say", () => {
    const box = { x: 0, y: 0, w: 4, h: 2 };
    expect(boxOverlap(box, box)).toBe(1);
    expect(boxOverlap(box, { x: 2, y: 1, w: 4, h: 2 })).toBeCloseTo(2 / 14, 15);
    expect(boxOverlap(box, { x: 4, y: 0, w: 1, h: 1 })).toBe(0);
  });
});

/** |(D - W) x - value D x| over |D x|, from the definition. */
function residualOf(similarity: Float32Array, p: number, x: Float64Array, value: number): number {
  let [error, size] = [0, 0];
  for (let i = 0; i < p; i++) {
    let [degree, product] = [0, 0];
    for (let j = 0; j < p; j++) {
      const weight = similarity[i * p + j]! > 0.5 ? 1 : 1e-5;
      degree += weight;
      product += weight * x[j]!;
    }
    error += (degree * x[i]! - product - value * degree * x[i]!) ** 2;
    size += (degree * x[i]!) ** 2;
  }
  return Math.sqrt(error / size);
}
