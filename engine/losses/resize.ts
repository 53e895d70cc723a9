/**
 * Patch features brought to another grid by bicubic interpolation, as the Gram teacher's are to the
 * student's (reference dinov3.md C.2: bicubic, no antialias). Interpolation is linear, so it is one
 * product with a matrix that is known beforehand.
 */
import * as tf from "@tensorflow/tfjs-core";

export interface GridSize {
  readonly rows: number;
  readonly cols: number;
}

/**
 * @param features [c, from.rows * from.cols, d], rows of the grid one after another
 * @returns        [c, to.rows * to.cols, d]
 */
export function resizeFeatures(features: tf.Tensor3D, from: GridSize, to: GridSize): tf.Tensor3D {
  const [c, , d] = features.shape;
  const down = tf.tensor2d(bicubicWeights(from.rows, to.rows), [to.rows, from.rows]);
  const across = tf.tensor2d(bicubicWeights(from.cols, to.cols), [to.cols, from.cols]);
  // Rows first: [c, h, w d] -> [c, h', w d], then [c h', w, d] -> [c h', w', d].
  const byRow = tf.reshape(features, [c, from.rows, from.cols * d]);
  const shorter = tf.matMul(tf.tile(tf.expandDims(down, 0), [c, 1, 1]), byRow);
  const byColumn = tf.reshape(shorter, [c * to.rows, from.cols, d]);
  const both = tf.matMul(tf.tile(tf.expandDims(across, 0), [c * to.rows, 1, 1]), byColumn);
  return tf.reshape(both, [c, to.rows * to.cols, d]);
}

/**
 * Weights [to, from] of PyTorch's `interpolate(mode="bicubic", align_corners=False)`: Keys' kernel
 * with A = -0.75 over four neighbours; beyond the edge the last value repeats.
 */
export function bicubicWeights(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(at) - 1;
    for (let tap = 0; tap < 4; tap++) {
      const j = Math.min(from - 1, Math.max(0, first + tap));
      weights[i * from + j]! += cubic(at - (first + tap));
    }
  }
  return weights;
}

function cubic(distance: number): number {
  const [a, x] = [-0.75, Math.abs(distance)];
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
