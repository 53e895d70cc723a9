/** Gradient clipping by the L2 norm of many tensors together. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * As torch.nn.utils.clip_grad_norm_: scaled by min(1, most / (norm + 1e-6)).
 * @param most greatest norm that stays as it is
 */
export function clipByNorm(
  grads: readonly tf.Tensor[],
  most: number,
): { grads: tf.Tensor[]; norm: tf.Scalar } {
  const squares = grads.map((grad) => tf.sum<tf.Scalar>(tf.square(grad)));
  const norm = tf.sqrt(squares.length === 1 ? squares[0]! : tf.addN(squares));
  const scale = tf.minimum(1, tf.div(most, tf.add(norm, 1e-6)));
  return { grads: grads.map((grad) => tf.mul(grad, scale)), norm };
}
