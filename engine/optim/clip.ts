/** Gradient clipping by the L2 norm of many tensors together. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * The factor of torch.nn.utils.clip_grad_norm_: min(1, most / (norm + 1e-6)). It is handed on to the
 * optimiser, which multiplies by other factors anyway: a pass over the gradient less.
 * @param most greatest norm that stays as it is
 */
export function clipScale(
  grads: readonly tf.Tensor[],
  most: number,
): { scale: tf.Scalar; norm: tf.Scalar } {
  const squares = grads.map((grad) => tf.sum<tf.Scalar>(tf.square(grad)));
  const norm = tf.sqrt(squares.length === 1 ? squares[0]! : tf.addN(squares));
  return { scale: tf.minimum(1, tf.div(most, tf.add(norm, 1e-6))), norm };
}
