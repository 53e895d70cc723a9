/** The teacher as the moving average of the student (reference dinov3.md C.5, "EMA"). */
import * as tf from "@tensorflow/tfjs-core";

/** @returns momentum * teacher + (1 - momentum) * student */
export function emaStep<T extends tf.Tensor>(teacher: T, student: T, momentum: tf.Scalar): T {
  return tf.add(tf.mul(teacher, momentum), tf.mul(student, tf.sub(1, momentum)));
}
