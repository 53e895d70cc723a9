/** A linear map over tokens, with what may be multiplied into its weights. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * (x W^T + bias) * scale. The scale (LayerScale) multiplies the weights: they are constants in a
 * compiled graph, so the runtime does it once instead of on every token.
 */
export function linear(
  x: tf.Tensor3D,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  scale?: tf.Tensor,
): tf.Tensor3D {
  const [b, n, inner] = x.shape;
  const out = weight.shape[0];
  const w = scale ? tf.mul(weight, tf.reshape(scale, [out, 1])) : weight;
  const product = tf.matMul(tf.reshape(x, [b * n, inner]), w, false, true);
  const shift = bias && scale ? tf.mul(bias, scale) : bias;
  return tf.reshape(shift ? tf.add(product, shift) : product, [b, n, out]);
}
