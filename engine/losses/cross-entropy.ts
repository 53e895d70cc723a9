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
  // The largest logit only shifts, for exp not to overflow. Gradient goes through it as well, and
  // cancels: what the shift takes from one term the sum of exponentials gives back.
  const most = tf.max(scaled, -1, true);
  const shifted = tf.sub<T>(scaled, most);
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
}
