/** Cross entropy of a student's logits with a teacher's probabilities, prototype by prototype. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * log softmax(logits / temperature) along the last axis. Composed here because tfjs's own gradient
 * of LogSoftmax does not keep its kernel when it is traced.
 *
 * @param logits [.., K]
 */
export function logProbabilities<T extends tf.Tensor>(logits: T, temperature: number): T {
  const scaled = tf.div<T>(logits, temperature);
  // The largest logit only shifts; the gradient must not go through it.
  const most = tf.max(scaled, -1, true);
  const shifted = tf.sub<T>(scaled, most);
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
}
