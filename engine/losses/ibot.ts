/** The iBOT loss: the student predicts the teacher's patches where its own input is masked. */
import * as tf from "@tensorflow/tfjs-core";
import { logProbabilities } from "./cross-entropy.ts";

/**
 * -1/crops sum_j w_j sum_k p_t,j[k] log softmax(z_s,j / tau)[k] (reference dinov3.md C.2, "iBOT").
 *
 * @param student            logits of the masked patches [m, K]
 * @param teacher            probabilities [m, K]
 * @param weights            [m], 1 / number of masked patches in that crop
 * @param crops              all crops of the batch, those without a mask included
 * @param studentTemperature 0.1 in DINOv3
 */
export function ibotLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  weights: tf.Tensor1D,
  crops: number,
  studentTemperature: number,
): tf.Scalar {
  const perPatch = tf.sum(tf.mul(teacher, logProbabilities(student, studentTemperature)), -1);
  return tf.div(tf.neg(tf.sum(tf.mul(perPatch, weights))), crops);
}
