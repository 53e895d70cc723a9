/**
 * Compound operations of a transformer as kernels of their own, so that the compiler sees one node
 * where the runtime has one operator. Each has its gradient here; on backends that run op by op it
 * is composed of tfjs primitives.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";

type Inputs = tf.NamedTensorMap;
type Attributes = Readonly<Record<string, number>>;

interface CompoundKernel {
  readonly inputs: readonly string[];
  /** The same computation in tfjs primitives. */
  compose(inputs: Inputs, attributes: Attributes): tf.Tensor;
  /** dy and the inputs -> a gradient for each differentiable input. */
  gradient(dy: tf.Tensor, inputs: Inputs, attributes: Attributes): Record<string, () => tf.Tensor>;
}

const compounds = {
  LayerNorm: {
    inputs: ["x", "weight", "bias"],
    compose: ({ x, weight, bias }, { epsilon }) => {
      const { normed } = standardise(x!, epsilon!);
      return tf.add(tf.mul(normed, weight!), bias!);
    },
    gradient: (dy, { x, weight }, { epsilon }) => {
      const { normed, inverseDeviation } = standardise(x!, epsilon!);
      const leading = x!.shape.slice(0, -1).map((_, axis) => axis);
      return {
        // dx = (g - mean(g) - n * mean(g * n)) / deviation, with g = dy * weight
        x: () => {
          const g = tf.mul(dy, weight!);
          const centred = tf.sub(g, tf.mean(g, -1, true));
          const along = tf.mul(normed, tf.mean(tf.mul(g, normed), -1, true));
          return tf.mul(tf.sub(centred, along), inverseDeviation);
        },
        weight: () => tf.sum(tf.mul(dy, normed), leading),
        bias: () => tf.sum(dy, leading),
      };
    },
  },
  Gelu: {
    inputs: ["x"],
    compose: ({ x }) => tf.mul(x!, normalCdf(x!)),
    // d/dx x Phi(x) = Phi(x) + x phi(x)
    gradient: (dy, { x }) => ({
      x: () => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(x!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(normalCdf(x!), tf.mul(x!, density)));
      },
    }),
  },
  RotaryEmbedding: {
    inputs: ["x", "cos", "sin"],
    compose: ({ x, cos, sin }, { heads }) => rotate(x!, cos!, sin!, heads!),
    // A rotation's gradient is the rotation back. The tables are constants.
    gradient: (dy, { cos, sin }, { heads }) => ({
      x: () =>
        rotaryEmbedding(dy as tf.Tensor3D, cos as tf.Tensor2D, tf.neg(sin!) as tf.Tensor2D, heads!),
      cos: () => tf.zerosLike(cos!),
      sin: () => tf.zerosLike(sin!),
    }),
  },
  Attention: {
    inputs: ["q", "k", "v"],
    compose: ({ q, k, v }, { heads }) => {
      const probabilities = attentionProbabilities(q!, k!, heads!);
      return joinHeads(tf.matMul(probabilities, splitHeads(v!, heads!)));
    },
    gradient: (dy, { q, k, v }, { heads }) => {
      const scale = Math.sqrt(heads! / q!.shape.at(-1)!);
      const p = attentionProbabilities(q!, k!, heads!); //                 [b, h, n, m]
      const dOut = splitHeads(dy, heads!); //                              [b, h, n, d/h]
      const dP = tf.matMul(dOut, splitHeads(v!, heads!), false, true); //  [b, h, n, m]
      // Through the softmax: dS = P (dP - sum(dP P)), and the scale of the scores.
      const dS = tf.mul(tf.mul(p, tf.sub(dP, tf.sum(tf.mul(dP, p), -1, true))), scale);
      return {
        q: () => joinHeads(tf.matMul(dS, splitHeads(k!, heads!))),
        k: () => joinHeads(tf.matMul(dS, splitHeads(q!, heads!), true, false)),
        v: () => joinHeads(tf.matMul(p, dOut, true, false)),
      };
    },
  },
} as const satisfies Record<string, CompoundKernel>;

for (const [kernelName, kernel] of Object.entries<CompoundKernel>(compounds)) {
  tf.registerGradient({
    kernelName,
    inputsToSave: [...kernel.inputs],
    gradFunc: (dy, saved, attributes) => {
      const inputs = Object.fromEntries(kernel.inputs.map((name, i) => [name, saved[i]!]));
      return kernel.gradient(dy as tf.Tensor, inputs, attributes as unknown as Attributes);
    },
  });
}

/** Make the compound operations available on a tfjs backend that runs op by op. */
export function registerComposites(backendName: string): void {
  for (const [kernelName, kernel] of Object.entries<CompoundKernel>(compounds)) {
    if (isRegistered(kernelName, backendName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => kernel.compose(inputs as Inputs, attrs as unknown as Attributes)),
    });
  }
}

/** tfjs's type leaves out that there may be none. */
function isRegistered(kernelName: string, backendName: string): boolean {
  return (tf.getKernel(kernelName, backendName) as unknown) !== undefined;
}

/**
 * Layer norm over the last axis.
 * @param x [.., d]
 * @param weight [d]
 * @param bias [d]
 * @returns [.., d]
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor,
  bias: tf.Tensor,
  epsilon: number,
): T {
  return run("LayerNorm", { x, weight, bias }, { epsilon }) as T;
}

/** The exact GELU, x Phi(x), not its tanh approximation. Any shape. */
export function gelu<T extends tf.Tensor>(x: T): T {
  return run("Gelu", { x }, {}) as T;
}

/**
 * Rotate the pairs (j, j + d/2) of every head by the angle of its token and frequency.
 *   x' = [a cos - b sin, b cos + a sin],  a and b the halves of the head vector
 *
 * @param x   [b, n, d]
 * @param cos [n, d / heads / 2], constant; sin alike
 * @returns   [b, n, d]
 * @source DINOv3 rope_position_encoding, "rotate half" layout (reference dinov3.md A.3)
 */
export function rotaryEmbedding(
  x: tf.Tensor3D,
  cos: tf.Tensor2D,
  sin: tf.Tensor2D,
  heads: number,
): tf.Tensor3D {
  return run("RotaryEmbedding", { x, cos, sin }, { heads }) as tf.Tensor3D;
}

/**
 * softmax(q k^T / sqrt(d / heads)) v per head, without mask or dropout.
 * @param q [b, n, d]; k and v [b, m, d]
 * @returns [b, n, d]
 */
export function attention(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads: number,
): tf.Tensor3D {
  return run("Attention", { q, k, v }, { heads }) as tf.Tensor3D;
}

/**
 * The softmax rows behind {@link attention}: n x m values, so ask for few queries.
 * @param q [b, n, d]; k [b, m, d]
 * @returns [b, heads, n, m]
 */
export function attentionProbabilities(q: tf.Tensor, k: tf.Tensor, heads: number): tf.Tensor4D {
  const scale = Math.sqrt(heads / q.shape.at(-1)!);
  // Scale q rather than the scores: one pass over [n, d] instead of [n, m].
  const scores = tf.matMul(splitHeads(tf.mul(q, scale), heads), splitHeads(k, heads), false, true);
  return tf.softmax(scores) as tf.Tensor4D;
}

function run(kernel: keyof typeof compounds, inputs: Inputs, attributes: Attributes): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs, attributes);
}

/** [b, n, d] -> [b, heads, n, d / heads] */
function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [b, n, d] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [b, n, heads, d / heads]), [0, 2, 1, 3]);
}

/** [b, heads, n, d / heads] -> [b, n, d] */
function joinHeads(x: tf.Tensor): tf.Tensor {
  const [b, h, n, d] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [b, n, h * d]);
}

function standardise(x: tf.Tensor, epsilon: number) {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
  return { normed: tf.mul(centred, inverseDeviation), inverseDeviation };
}

function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

function rotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor, heads: number): tf.Tensor {
  const [b, n, d] = x.shape as [number, number, number];
  const half = d / heads / 2;
  const pairs = tf.reshape(x, [b, n, heads, 2, half]);
  const part = (i: number) =>
    tf.reshape(tf.slice(pairs, [0, 0, 0, i, 0], [b, n, heads, 1, half]), [b, n, heads, half]);
  const [first, second] = [part(0), part(1)];
  const table = (t: tf.Tensor) => tf.reshape(t, [1, n, 1, half]);
  const [c, s] = [table(cos), table(sin)];
  const turned = tf.stack(
    [tf.sub(tf.mul(first, c), tf.mul(second, s)), tf.add(tf.mul(second, c), tf.mul(first, s))],
    3,
  ); //                                                                    [b, n, h, 2, d/h/2]
  return tf.reshape(turned, [b, n, d]);
}
