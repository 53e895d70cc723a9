/**
 * Patch features brought to another grid by interpolation, as the Gram teacher's are to the student's
 * (reference dinov3.md C.2: bicubic, no antialias). Interpolation is linear, so it is one product
 * with a matrix that is known beforehand.
 */
import * as tf from "@tensorflow/tfjs-core";

export interface GridSize {
  readonly rows: number;
  readonly cols: number;
}

export type ResizeMethod = "bicubic" | "bilinear";

/**
 * @param features  [c, from.rows * from.cols, d], rows of the grid one after another
 * @param antialias a smaller grid takes in all it covers, not only its nearest neighbours
 * @returns         [c, to.rows * to.cols, d]
 */
export function resizeFeatures(
  features: tf.Tensor3D,
  from: GridSize,
  to: GridSize,
  method: ResizeMethod = "bicubic",
  antialias = false,
): tf.Tensor3D {
  const [c, , d] = features.shape;
  const weights = antialias ? antialiasedWeights : resizeWeights;
  const down = tf.tensor2d(weights(method, from.rows, to.rows), [to.rows, from.rows]);
  const across = tf.tensor2d(weights(method, from.cols, to.cols), [to.cols, from.cols]);
  // Rows first: [c, h, w d] -> [c, h', w d], then [c h', w, d] -> [c h', w', d].
  const byRow = tf.reshape(features, [c, from.rows, from.cols * d]);
  const shorter = tf.matMul(tf.tile(tf.expandDims(down, 0), [c, 1, 1]), byRow);
  const byColumn = tf.reshape(shorter, [c * to.rows, from.cols, d]);
  const both = tf.matMul(tf.tile(tf.expandDims(across, 0), [c * to.rows, 1, 1]), byColumn);
  return tf.reshape(both, [c, to.rows * to.cols, d]);
}

/**
 * Weights [to, from] of PyTorch's `interpolate(align_corners=False)`: a kernel over the nearest two
 * (bilinear) or four (bicubic) neighbours; beyond the edge the last value repeats.
 *
 * @param placeOf where in the old row each new value is taken from, in steps of the old row
 */
export function resizeWeights(
  method: ResizeMethod,
  from: number,
  to: number,
  placeOf: (i: number) => number = (i) => ((i + 0.5) * from) / to - 0.5,
): Float32Array {
  const { reach, at: kernel } = kernels[method];
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = placeOf(i);
    const first = Math.floor(at) - reach + 1;
    for (let tap = first; tap < first + 2 * reach; tap++) {
      const j = Math.min(from - 1, Math.max(0, tap));
      weights[i * from + j]! += kernel(at - tap, -0.75);
    }
  }
  return weights;
}

/**
 * The same with `antialias=True`: the kernel is as wide as what one new value covers, what lies
 * beyond the edge is left out, and the weights are brought to a sum of 1.
 */
export function antialiasedWeights(method: ResizeMethod, from: number, to: number): Float32Array {
  const { reach, at: kernel } = kernels[method];
  const stretch = Math.max(1, from / to);
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = ((i + 0.5) * from) / to - 0.5;
    const first = Math.max(0, Math.ceil(at - reach * stretch));
    const last = Math.min(from - 1, Math.floor(at + reach * stretch));
    // PyTorch takes Keys' other constant here, as Pillow does.
    const row = Array.from({ length: last - first + 1 }, (_, tap) =>
      kernel((first + tap - at) / stretch, -0.5),
    );
    const sum = row.reduce((total, weight) => total + weight, 0);
    row.forEach((weight, tap) => (weights[i * from + first + tap] = weight / sum));
  }
  return weights;
}

/** How many neighbours to either side count, and the weight of one at a distance. */
const kernels = {
  bilinear: { reach: 1, at: (distance: number) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { reach: 2, at: cubic },
};

/** Keys' kernel, whose constant a is the slope at distance 1. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
