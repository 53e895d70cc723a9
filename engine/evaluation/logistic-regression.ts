/**
 * Logistic regression of two classes with a penalty on the squared weights, the objective of
 * scikit-learn's LogisticRegression, solved in double precision.
 */
import type { Rows } from "../probes/rows.ts";
import { inner, largest, minimise } from "./lbfgs.ts";

export interface LogisticModel {
  /** float64 [d] */
  readonly weights: Float64Array;
  readonly bias: number;
  /** Largest entry of the gradient of the objective over C n. */
  readonly gradient: number;
  /** False where it stopped at the most iterations. */
  readonly converged: boolean;
  readonly iterations: number;
}

export interface LogisticOptions {
  /** C: the inverse of the penalty's strength, above 0. */
  readonly c: number;
  /** A solution of a nearby problem to begin from. */
  readonly start?: LogisticModel | undefined;
  /** On {@link LogisticModel.gradient}; scikit-learn stops at 1e-4. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What is the same for every C: made once, fitted several times. */
export class LogisticProblem {
  private readonly n: number;
  private readonly d: number;
  private readonly mean: Float64Array;
  private readonly centred: Float32Array;
  /** Mean square of every centred feature; [d] */
  private readonly variance: Float64Array;

  /** @param labels [n], 0 or 1 */
  constructor(
    rows: Rows,
    private readonly labels: Uint8Array,
  ) {
    const { data, count: n, width: d } = rows;
    [this.n, this.d] = [n, d];
    this.mean = new Float64Array(d);
    for (let at = 0; at < data.length; at++) this.mean[at % d]! += data[at]! / n;
    // The bias is not penalised, so centring changes nothing but how fast the solver is.
    this.centred = data.map((value, at) => value - this.mean[at % d]!);
    this.variance = new Float64Array(d);
    this.centred.forEach((value, at) => (this.variance[at % d]! += (value * value) / n));
  }

  /**
   * Minimises |w|^2 / 2 + C sum of log(1 + exp(-+(w x + b))).
   * @throws EngineError "cancelled"
   */
  async fit(options: LogisticOptions): Promise<LogisticModel> {
    const { d, n } = this;
    const { c, start, tolerance = 1e-6, maxIterations = 1000, signal } = options;
    const penalty = 1 / (c * n);
    // The curvature where every probability is a half bounds it everywhere (Böhning 1992).
    const scale = Float64Array.from({ length: d + 1 }, (_, j) =>
      j < d ? 1 / (this.variance[j]! / 4 + penalty) : 4,
    );
    const first = new Float64Array(d + 1);
    if (start) {
      first.set(start.weights);
      first[d] = start.bias + inner(start.weights, this.mean);
    }
    const evaluate = (at: Float64Array) => this.evaluate(at, penalty);
    const limits = { tolerance, maxIterations, rounding: 1e-14, scale, signal };
    const { at, iterations, ...here } = await minimise(evaluate, first, limits);
    const weights = at.slice(0, d);
    const gradient = largest(here.gradient);
    const bias = at[d]! - inner(weights, this.mean);
    return { weights, bias, gradient, converged: gradient <= tolerance, iterations };
  }

  /** Objective over C n and its gradient, at the weights and the bias of the centred features. */
  private evaluate(at: Float64Array, penalty: number): { value: number; gradient: Float64Array } {
    const { n, d, centred, labels } = this;
    const gradient = new Float64Array(d + 1);
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const margin = at[d]! + dotRow(centred, i * d, at, d);
      const sign = labels[i] === 1 ? 1 : -1;
      const agreement = sign * margin;
      loss += Math.max(0, -agreement) + Math.log1p(Math.exp(-Math.abs(agreement)));
      const pull = -sign / (1 + Math.exp(agreement)) / n;
      for (let j = 0, k = i * d; j < d; j++, k++) gradient[j]! += pull * centred[k]!;
      gradient[d]! += pull;
    }
    let squares = 0;
    for (let j = 0; j < d; j++) {
      squares += at[j]! * at[j]!;
      gradient[j]! += penalty * at[j]!;
    }
    return { value: loss / n + (penalty * squares) / 2, gradient };
  }
}

/** @returns probability of class 1 for every row, float32 [count] */
export function logisticScores({ data, count, width }: Rows, model: LogisticModel): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const margin = model.bias + dotRow(data, i * width, model.weights, width);
    return 1 / (1 + Math.exp(-margin));
  });
}

/** Four sums in flight hide the latency of an addition. */
function dotRow(data: Float32Array, from: number, weights: Float64Array, d: number): number {
  let [a, b, e, f] = [0, 0, 0, 0];
  let j = 0;
  for (; j + 3 < d; j += 4) {
    a += data[from + j]! * weights[j]!;
    b += data[from + j + 1]! * weights[j + 1]!;
    e += data[from + j + 2]! * weights[j + 2]!;
    f += data[from + j + 3]! * weights[j + 3]!;
  }
  for (; j < d; j++) a += data[from + j]! * weights[j]!;
  return a + b + (e + f);
}
