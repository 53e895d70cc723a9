/**
 * Every kernel rule, one line each: the value and the gradient that eager tfjs gives against those
 * of the compiled program, on the CPU and on WebGPU.
 */
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { attention, gelu, layerNorm, rotaryEmbedding } from "../../engine/compiler/ops.ts";
import { kernelNames, type KernelName } from "../../engine/compiler/kernel-names.ts";
import { simplify } from "../../engine/compiler/simplify.ts";
import { trace } from "../../engine/compiler/trace.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor, HostTensor, Program } from "../../engine/executors/executor.ts";
import { expectClose } from "../support/allclose.ts";
import { holdWebGpuDevice, webgpuSkip } from "../support/webgpu.ts";

interface Case {
  /** Shapes of the float inputs, which get numbers in (0.2, 1.2) unless `signed`. */
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Draw from (-1, 1) instead. */
  readonly signed?: true;
  /** The op has no gradient, tfjs defines none, or none is ever asked for. */
  readonly flat?: true;
}

const c = (
  shapes: readonly (readonly number[])[],
  run: (...inputs: tf.Tensor[]) => tf.Tensor,
  options: { signed?: true; flat?: true } = {},
): Case => ({ shapes, run, ...options });

const m = [3, 4];
const float = (t: tf.Tensor) => tf.cast(t, "float32");
const checkerboard = () => tf.tensor2d([0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1], [3, 4], "bool");
const ids = () => tf.tensor1d([2, 0, 2], "int32");

const cases: Record<KernelName, Case> = {
  Abs: c([m], (x) => tf.abs(x), { signed: true }),
  Ceil: c([m], (x) => tf.ceil(tf.mul(x, 3)), { signed: true, flat: true }),
  Cos: c([m], (x) => tf.cos(x), { signed: true }),
  Erf: c([m], (x) => tf.erf(x), { signed: true }),
  Exp: c([m], (x) => tf.exp(x), { signed: true }),
  Floor: c([m], (x) => tf.floor(tf.mul(x, 3)), { signed: true, flat: true }),
  Identity: c([m], (x) => tf.square(tf.clone(x))),
  Log: c([m], (x) => tf.log(x)),
  LogicalNot: c([m], (x) => float(tf.logicalNot(tf.greater(x, 0.7))), { flat: true }),
  Neg: c([m], (x) => tf.neg(x)),
  Reciprocal: c([m], (x) => tf.reciprocal(x)),
  Relu: c([m], (x) => tf.relu(x), { signed: true }),
  Round: c([m], (x) => tf.round(tf.mul(x, 3.1)), { signed: true, flat: true }),
  Sigmoid: c([m], (x) => tf.sigmoid(x), { signed: true }),
  Sign: c([m], (x) => tf.sign(x), { signed: true, flat: true }),
  Sin: c([m], (x) => tf.sin(x), { signed: true }),
  Softplus: c([m], (x) => tf.softplus(x), { signed: true }),
  Sqrt: c([m], (x) => tf.sqrt(x)),
  Tanh: c([m], (x) => tf.tanh(x), { signed: true }),
  Add: c([m, [4]], (a, b) => tf.add(a, b)),
  Equal: c([m, m], (a, b) => float(tf.equal(tf.round(tf.mul(a, 2)), tf.round(tf.mul(b, 2)))), {
    flat: true,
  }),
  Greater: c([m, m], (a, b) => float(tf.greater(a, b)), { flat: true }),
  GreaterEqual: c([m, m], (a, b) => float(tf.greaterEqual(a, b)), { flat: true }),
  Less: c([m, m], (a, b) => float(tf.less(a, b)), { flat: true }),
  LessEqual: c([m, m], (a, b) => float(tf.lessEqual(a, b)), { flat: true }),
  LogicalAnd: c([m, m], (a, b) => float(tf.logicalAnd(tf.greater(a, 0.5), tf.greater(b, 0.5))), {
    flat: true,
  }),
  LogicalOr: c([m, m], (a, b) => float(tf.logicalOr(tf.greater(a, 1), tf.greater(b, 1))), {
    flat: true,
  }),
  Maximum: c([m, m], (a, b) => tf.maximum(a, b)),
  Minimum: c([m, m], (a, b) => tf.minimum(a, b)),
  Multiply: c([[3, 1], m], (a, b) => tf.mul(a, b), { signed: true }),
  NotEqual: c([m], (a) => float(tf.notEqual(tf.round(tf.mul(a, 2)), 1)), { flat: true }),
  Pow: c([m, m], (a, b) => tf.pow(a, b)),
  RealDiv: c([m, [3, 1]], (a, b) => tf.div(a, b)),
  Sub: c(
    [
      [1, 4],
      [3, 1],
    ],
    (a, b) => tf.sub(a, b),
    { signed: true },
  ),
  Rsqrt: c([m], (x) => tf.rsqrt(x)),
  Square: c([m], (x) => tf.square(x), { signed: true }),
  SquaredDifference: c([m, m], (a, b) => tf.squaredDifference(a, b), { signed: true }),
  Log1p: c([m], (x) => tf.log1p(x)),
  Expm1: c([m], (x) => tf.expm1(x), { signed: true }),
  Step: c([m], (x) => tf.step(x, 0.25), { signed: true, flat: true }),
  ClipByValue: c([m], (x) => tf.clipByValue(x, -0.5, 0.5), { signed: true }),
  Cast: c([m], (x) => float(tf.cast(tf.mul(x, 10), "int32")), { flat: true }),
  AddN: c([m, m, m], (...parts) => tf.addN(parts)),
  Select: c([m, m], (a, b) => tf.where(checkerboard(), a, tf.mul(b, 2))),
  Sum: c([[2, 3, 4]], (x) => tf.sum(x, [0, 2], true), { signed: true }),
  Mean: c([[2, 3, 4]], (x) => tf.mean(x, 1), { signed: true }),
  Max: c([[2, 3, 4]], (x) => tf.max(x, -1, true), { signed: true }),
  Min: c([[2, 3, 4]], (x) => tf.min(x, [0, 1]), { signed: true }),
  // tfjs 4.22 calls a chained method in its gradient, which its core alone does not have.
  Prod: c([m], (x) => tf.prod(x, 1), { flat: true }),
  ArgMax: c([m], (x) => float(tf.argMax(x, 1)), { flat: true }),
  ArgMin: c([m], (x) => float(tf.argMin(x, 0)), { flat: true }),
  Softmax: c([[2, 3, 4]], (x) => tf.softmax(x), { signed: true }),
  TopK: c(
    [[3, 6]],
    (x) => {
      const { values, indices } = tf.topk(x, 2);
      return tf.add(values, float(indices));
    },
    { flat: true },
  ),
  Cumsum: c([m], (x) => tf.cumsum(x, 1, true, true), { signed: true }),
  BatchMatMul: c(
    [
      [2, 3, 4],
      [2, 5, 4],
      [5, 6],
      [7, 6],
    ],
    (a, b, d, e) => {
      const batched = tf.matMul(a, b, false, true); //              [2, 3, 5]
      const flat = tf.matMul(d, e, false, true); //                 [5, 7]
      return tf.matMul(tf.reshape(batched, [6, 5]), flat);
    },
    { signed: true },
  ),
  // The simplifier makes these four; what they stand for is checked against eager tfjs.
  Linear: c([[3, 4], [5, 4], [5]], (x, w, b) => tf.add(tf.matMul(x, w, false, true), b), {
    signed: true,
  }),
  FusedDepthwiseConv2D: c(
    [[2, 5, 6, 3], [3, 5, 3, 2], [6]],
    (x, filter, bias) => {
      const [image, kernel] = [x as tf.Tensor4D, filter as tf.Tensor4D];
      const same = tf.fused.depthwiseConv2d({
        x: image,
        filter: kernel,
        strides: 1,
        pad: "same",
        bias,
      }); //                                                   [2, 5, 6, 6]
      const wide = tf.fused.depthwiseConv2d({
        x: image,
        filter: tf.slice(kernel, [0, 0, 0, 0], [2, 2, 3, 2]),
        strides: [2, 1],
        pad: "valid",
        bias,
      }); //                                                   [2, 2, 5, 6]
      return tf.concat([tf.reshape(same, [-1]), tf.reshape(wide, [-1])]);
    },
    // Nothing that is trained convolves.
    { signed: true, flat: true },
  ),
  BroadcastTo: c([[3, 1]], (x) => tf.square(tf.tile(x, [1, 4])), { signed: true }),
  SkipLayerNorm: c(
    [[1, 3, 4], [1, 3, 4], [4], [4]],
    (x, skip, w, b) => {
      const sum = tf.add(x, skip);
      return tf.add(sum, layerNorm(sum, w, b, 1e-5));
    },
    { signed: true },
  ),
  Reshape: c([m], (x) => tf.square(tf.reshape(x, [2, -1])), { signed: true }),
  ExpandDims: c([m, [2, 3, 4]], (x, y) => tf.mul(tf.expandDims(x, 0), y), { signed: true }),
  Transpose: c([[2, 3, 4]], (x) => tf.square(tf.transpose(x, [2, 0, 1])), { signed: true }),
  Slice: c([[3, 4, 5]], (x) => tf.square(tf.slice(x, [1, 0, 2], [2, -1, 2])), { signed: true }),
  Concat: c([m, [3, 2]], (a, b) => tf.square(tf.concat([a, b], 1)), { signed: true }),
  SplitV: c(
    [[3, 6]],
    (x) => {
      const [a, b, d] = tf.split(x, [1, 2, 3], 1);
      return tf.add(tf.mul(a!, b!), tf.slice(d!, [0, 0], [3, 2]));
    },
    { signed: true },
  ),
  PadV2: c(
    [m],
    (x) =>
      tf.square(
        tf.pad(
          x,
          [
            [1, 0],
            [0, 2],
          ],
          0.5,
        ),
      ),
    { signed: true },
  ),
  Tile: c([[3, 2]], (x) => tf.square(tf.tile(x, [2, 3])), { signed: true }),
  Pack: c([m, m], (a, b) => tf.square(tf.stack([a, b], 1)), { signed: true }),
  Unpack: c(
    [[2, 3, 4]],
    (x) => {
      const [a, b] = tf.unstack(x, 0);
      return tf.mul(a!, b!);
    },
    { signed: true },
  ),
  Reverse: c([[2, 3, 4]], (x) => tf.mul(tf.reverse(x, [0, 2]), x), { signed: true }),
  GatherV2: c([[4, 3]], (x) => tf.square(tf.gather(x, ids(), 0)), { signed: true }),
  UnsortedSegmentSum: c([[3, 4]], (x) => tf.square(tf.unsortedSegmentSum(x, ids(), 4)), {
    signed: true,
  }),
  OneHot: c([[3, 5]], (x) => tf.mul(x, tf.oneHot(ids(), 5, 2, -1)), { signed: true }),
  LayerNorm: c([[2, 3, 8], [8], [8]], (x, w, b) => layerNorm(x, w, b, 1e-5), { signed: true }),
  Gelu: c([[2, 3, 8]], (x) => gelu(tf.mul(x, 3)), { signed: true }),
  RotaryEmbedding: c(
    [[2, 3, 16]],
    (x) => {
      const angles = numbers(12, 5, true);
      const cos = tf.tensor2d(angles.map(Math.cos), [3, 4]);
      const sin = tf.tensor2d(angles.map(Math.sin), [3, 4]);
      return rotaryEmbedding(x as tf.Tensor3D, cos, sin, 2);
    },
    { signed: true },
  ),
  Attention: c(
    [
      [2, 5, 16],
      [2, 7, 16],
      [2, 7, 16],
    ],
    (q, k, v) => attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, 2),
    { signed: true },
  ),
};

/** Numbers from a fixed multiplicative sequence: no two equal, nothing near a kink. */
function numbers(length: number, offset: number, signed: boolean): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const unit = ((i + 1) * 0.6180339887 + offset * 0.377) % 1;
    return signed ? 2 * unit - 1 + 0.013 : 0.2 + unit;
  });
}

/** A case as a program with outputs `value` and, for each input, `gradI` of sum(w * value). */
function programOf(name: string, { shapes, run, flat }: Case): Program {
  return {
    name,
    inputs: Object.fromEntries(
      shapes.map((shape, i) => [`x${i}`, { dtype: "float32", shape }] as const),
    ),
    params: {},
    build: (inputs) => {
      const list = shapes.map((_, i) => inputs[`x${i}`]!);
      const value = run(...list);
      if (flat) return { value };
      // Uneven weights, so that a gradient that mixes up its elements shows.
      const weights = numbers(value.size, 3, true);
      const loss = (...xs: tf.Tensor[]) =>
        tf.sum<tf.Scalar>(tf.mul(run(...xs), tf.tensor(weights, value.shape)));
      const gradients = tf.grads(loss)(list);
      return {
        value,
        ...Object.fromEntries(gradients.map((gradient, i) => [`grad${i}`, gradient])),
      };
    },
  };
}

function feedsOf({ shapes, signed }: Case): Record<string, HostTensor> {
  return Object.fromEntries(
    shapes.map((shape, i) => {
      const data = numbers(
        shape.reduce((a, b) => a * b, 1),
        i,
        signed ?? false,
      );
      return [`x${i}`, { dtype: "float32", shape, data }] as const;
    }),
  );
}

async function runCase(executor: Executor, name: string, test: Case) {
  const outputs = ["value", ...(test.flat ? [] : test.shapes.map((_, i) => `grad${i}`))];
  const prepared = await executor.prepare(programOf(name, test));
  try {
    return await prepared.run(feedsOf(test), outputs);
  } finally {
    await prepared.dispose();
  }
}

let eager: Executor;
beforeAll(async () => {
  ({ executor: eager } = await chooseExecutor("tfjs"));
});

for (const device of ["cpu", "webgpu"] as const) {
  describe.skipIf(device === "webgpu" && webgpuSkip !== undefined)(`compiled for ${device}`, () => {
    let compiled: Executor;
    if (device === "webgpu") holdWebGpuDevice();
    beforeAll(async () => {
      ({ executor: compiled } = await chooseExecutor(device));
    });

    it.each(Object.entries(cases))("%s computes what eager tfjs computes", async (name, test) => {
      const reference = await runCase(eager, name, test);
      const results = await runCase(compiled, name, test);
      for (const [output, { data, shape }] of Object.entries(reference)) {
        expect(results[output]!.shape, output).toEqual(shape);
        // Two float32 implementations of erf, exp and division differ in the last bits. WGSL asks
        // of sin and cos no more than 2^-11 in absolute terms, and SwiftShader takes it.
        const isLoose = device === "webgpu" && (name === "Sin" || name === "Cos");
        const tolerance = isLoose ? { atol: 2 ** -11 } : { atol: 5e-6, rtol: 2e-5 };
        expectClose(results[output]!.data, data, tolerance, `${name} ${output}`);
      }
    });
  });
}

describe("the cases", () => {
  it.each(kernelNames)("%s really reaches its rule", (name) => {
    const graph = trace(programOf(name, cases[name]));
    // Some rules only arise from, and some do not survive, the simplifier.
    const kernels = [...graph.nodes, ...simplify(graph).nodes].map(({ kernel }) => kernel);
    expect(kernels).toContain(name);
  });

  it.each(["LayerNorm", "Gelu", "RotaryEmbedding", "Attention"] as const)(
    "the gradient of %s agrees with finite differences",
    async (name) => {
      const test = cases[name];
      const reference = await runCase(eager, name, test);
      const value = async (feeds: Record<string, HostTensor>) => {
        const prepared = await eager.prepare(programOf(name, { ...test, flat: true }));
        const { value: out } = await prepared.run(feeds, ["value"]);
        const weights = numbers(out!.data.length, 3, true);
        return (out!.data as Float32Array).reduce((sum, y, i) => sum + y * weights[i]!, 0);
      };
      const step = 1e-2;
      for (const index of [0, 3]) {
        const shift = (by: number) => {
          const feeds = feedsOf(test);
          feeds["x0"]!.data[index]! += by;
          return value(feeds);
        };
        const slope = ((await shift(step)) - (await shift(-step))) / (2 * step);
        // Central differences err by step² times the third derivative, float32 by 1e-7 / step.
        expect(reference["grad0"]!.data[index]).toBeCloseTo(slope, 3);
      }
    },
  );
});
