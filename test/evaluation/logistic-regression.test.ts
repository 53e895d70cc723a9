/** Logistic regression against Newton's method in NumPy, and average precision against its definition. */
import { describe, expect, it } from "vitest";
import { averagePrecision } from "../../engine/evaluation/average-precision.ts";
import { LogisticProblem, logisticScores } from "../../engine/evaluation/logistic-regression.ts";
import { fixture } from "./labelled-probes-fixture.ts";

describe("logistic regression", () => {
  it("finds the minimum of scikit-learn's objective", async () => {
    for (const { n, d, x, y, fits } of fixture.logistic) {
      const rows = { data: Float32Array.from(x), count: n, width: d };
      const problem = new LogisticProblem(rows, Uint8Array.from(y));
      for (const { c, weights, bias } of fits) {
        const model = await problem.fit({ c, tolerance: 1e-10 });
        expect(model).toMatchObject({ converged: true });
        // Features are float32 here and float64 there: 1e-7 of weights that reach 10.
        const close = Math.max(1, ...weights.map(Math.abs), Math.abs(bias)) * 1e-5;
        model.weights.forEach((w, j) => expect(Math.abs(w - weights[j]!)).toBeLessThan(close));
        expect(Math.abs(model.bias - bias)).toBeLessThan(close);
      }
    }
  });

  it("begins from another solution and ends at the same one", async () => {
    const { n, d, x, y } = fixture.logistic[0]!;
    const rows = { data: Float32Array.from(x), count: n, width: d };
    const problem = new LogisticProblem(rows, Uint8Array.from(y));
    const start = await problem.fit({ c: 0.5, tolerance: 1e-10 });
    const cold = await problem.fit({ c: 1, tolerance: 1e-10 });
    const warm = await problem.fit({ c: 1, tolerance: 1e-10, start });
    expect(warm.iterations).toBeLessThan(cold.iterations);
    warm.weights.forEach((w, j) => expect(w).toBeCloseTo(cold.weights[j]!, 7));
    expect((await problem.fit({ c: 1, tolerance: 1e-8, start: cold })).iterations).toBe(0);
  });

  it("gives the probability that the model says", () => {
    const model = {
      weights: Float64Array.of(2, -1),
      bias: 0.5,
      gradient: 0,
      converged: true,
      iterations: 0,
    };
    const rows = { data: Float32Array.of(1, 1, 0, 0.5), count: 2, width: 2 };
    const scores = logisticScores(rows, model);
    expect(scores[0]).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 6);
    expect(scores[1]).toBeCloseTo(0.5, 6);
  });
});

describe("average precision", () => {
  it("is the area under the steps of precision and recall, ties taken together", () => {
    for (const { scores, labels, ap } of fixture.precision) {
      expect(averagePrecision(scores, labels)).toBeCloseTo(ap, 12);
    }
    // By hand: right at ranks 1 and 3.
    expect(averagePrecision([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0])).toBeCloseTo(
      0.5 + 0.5 * (2 / 3),
      15,
    );
    expect(averagePrecision([0.5, 0.5], [1, 0])).toBe(0.5);
    expect(averagePrecision([0.5, 0.5], [0, 0])).toBeUndefined();
  });
});
