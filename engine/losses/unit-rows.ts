/** Rows at length 1, which several losses compare. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * Rows along the last axis, divided by their length. The floor is added under the root, where
 * PyTorch's normalize takes the larger of the two: a row of zeros has a gradient too.
 *
 * @param x     [.., d]
 * @param floor keeps a row of zeros at zero; 1e-12 is PyTorch's
 */
export function unitRows<T extends tf.Tensor>(x: T, floor = 1e-12): T {
  const length = tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), floor ** 2));
  return tf.div<T>(x, length);
}
