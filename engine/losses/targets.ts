/**
 * What a teacher asks of its student: its logits made into probabilities that use every prototype,
 * by Sinkhorn-Knopp or by centring (reference dinov3.md C.2). No gradient belongs here.
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * Sinkhorn-Knopp in the log domain: the official code takes exp(logit / temperature) as it is,
 * which overflows for long prototypes (reference, trap 14).
 *
 * @param logits      [n, K]
 * @param temperature scalar, 0.04 to 0.07 in DINOv3
 * @param iterations  3 in DINOv3
 * @returns [n, K], rows sum to 1; columns to n / K as far as the iterations bring them
 */
export function sinkhorn(logits: tf.Tensor2D, temperature: tf.Scalar, iterations = 3): tf.Tensor2D {
  const [n, k] = logits.shape;
  let q: tf.Tensor2D = tf.div(logits, temperature);
  for (let i = 0; i < iterations; i++) {
    // Each prototype gets 1/K of the whole, then each sample 1/n.
    q = tf.sub(tf.sub(q, logSumExp(q, 0)), Math.log(k));
    q = tf.sub(tf.sub(q, logSumExp(q, 1)), Math.log(n));
  }
  return tf.exp(tf.add(q, Math.log(n)));
}

/**
 * Probabilities of centred logits, as DINO had them before Sinkhorn-Knopp.
 *
 * @param logits [n, K]
 * @param centre [1, K]
 */
export function centredTargets(
  logits: tf.Tensor2D,
  centre: tf.Tensor2D,
  temperature: tf.Scalar,
): tf.Tensor2D {
  return tf.softmax(tf.div<tf.Tensor2D>(tf.sub(logits, centre), temperature));
}

/** The moving average of the teacher's logits; momentum 0.9 in DINOv2 and DINOv3. */
export function nextCentre(
  centre: tf.Tensor2D,
  logits: tf.Tensor2D,
  momentum: number,
): tf.Tensor2D {
  return tf.add(tf.mul(centre, momentum), tf.mul(tf.mean(logits, 0, true), 1 - momentum));
}

/** log sum exp along an axis, which stays with length 1. */
function logSumExp(x: tf.Tensor2D, axis: number): tf.Tensor2D {
  const most = tf.max(x, axis, true);
  return tf.add(most, tf.log(tf.sum(tf.exp(tf.sub(x, most)), axis, true)));
}
