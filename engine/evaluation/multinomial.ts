/**
 * Logistic regression of several classes with a penalty on the squared weights: the objective of
 * scikit-learn's LogisticRegression, with value and gradient from the executor.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Program } from "../executors/executor.ts";
import { matrix } from "../probes/products.ts";
import type { Rows } from "../probes/rows.ts";
import { minimise, type MinimiseOptions } from "./lbfgs.ts";
import type { LinearHead } from "./linear-head.ts";
import type { PreparedPrograms } from "./similarity.ts";

export interface MultinomialOptions extends MinimiseOptions {
  /** C: the inverse of the penalty's strength, above 0. */
  readonly c: number;
  /** A solution of a nearby problem to begin from. */
  readonly start?: LinearHead | undefined;
}

/**
 * Minimises |W|^2 / 2 - C sum_i log softmax(W x_i + b)[label_i]; the tolerance is on the gradient
 * over C n. The bias is not penalised.
 * @param labels [rows.count], 0 to classes - 1
 * @throws EngineError "cancelled"
 */
export async function fitMultinomial(
  rows: Rows,
  labels: ArrayLike<number>,
  classes: number,
  programs: PreparedPrograms,
  options: MultinomialOptions,
): Promise<LinearHead> {
  const { count: n, width: d } = rows;
  const { c, start } = options;
  const program = await programs.prepare(lossProgram(n, d, classes));
  const oneHot = new Float32Array(n * classes);
  for (let i = 0; i < n; i++) oneHot[i * classes + labels[i]!] = 1;
  const x = matrix(rows.data, n, d);
  const y = matrix(oneHot, n, classes);
  const size = classes * d;
  const penalty = 1 / (c * n);
  const evaluate = async (at: Float64Array) => {
    const weight = matrix(Float32Array.from(at.subarray(0, size)), classes, d);
    const bias = Float32Array.from(at.subarray(size));
    const feeds = {
      x,
      y,
      weight,
      bias: { dtype: "float32", shape: [classes], data: bias },
    } as const;
    const out = await program.run(feeds, ["loss", "grad.weight", "grad.bias"]);
    const gradient = new Float64Array(size + classes);
    gradient.set(out["grad.weight"]!.data);
    gradient.set(out["grad.bias"]!.data, size);
    let squares = 0;
    for (let j = 0; j < size; j++) {
      squares += at[j]! * at[j]!;
      gradient[j]! += penalty * at[j]!;
    }
    return { value: out["loss"]!.data[0]! + (penalty * squares) / 2, gradient };
  };
  const first = new Float64Array(size + classes);
  if (start) {
    first.set(start.weight);
    first.set(start.bias, size);
  }
  const { at } = await minimise(evaluate, first, options);
  return {
    weight: Float32Array.from(at.subarray(0, size)),
    bias: Float32Array.from(at.subarray(size)),
    outputs: classes,
    width: d,
  };
}

/** Mean cross-entropy over all rows, and its gradient. */
function lossProgram(n: number, d: number, classes: number): Program {
  const float = (...shape: number[]) => ({ dtype: "float32", shape }) as const;
  return {
    name: `multinomial ${n}x${d} -> ${classes}`,
    inputs: {
      x: float(n, d),
      y: float(n, classes),
      weight: float(classes, d),
      bias: float(classes),
    },
    params: {},
    build: ({ x, y, weight, bias }) => {
      const { value, grads } = tf.valueAndGrads((w: tf.Tensor, b: tf.Tensor) => {
        const logits = tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), b);
        return tf.div<tf.Scalar>(tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), y!))), n);
      })([weight!, bias!]);
      return { loss: value, "grad.weight": grads[0]!, "grad.bias": grads[1]! };
    },
  };
}
