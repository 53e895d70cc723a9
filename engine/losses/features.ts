/**
 * Feature distillation: a student's tokens are held to a teacher's, token by token (reference
 * dinov3.md D, "Workbench options", a). For encoders whose heads were not released.
 */
import * as tf from "@tensorflow/tfjs-core";
import { unitRows } from "./unit-rows.ts";

/**
 * cosine: mean over tokens of 1 - cos, blind to the length of a token.
 * mse: mean over tokens and channels of the squared difference of the features as they come; nothing
 * is standardised, so the teacher's loudest channels weigh most.
 */
export type FeatureLossKind = "cosine" | "mse";

/**
 * @param student [b, n, d]; a projection to the teacher's width is the caller's
 * @param teacher [b, n, d]
 */
export function featureLoss(
  student: tf.Tensor3D,
  teacher: tf.Tensor3D,
  kind: FeatureLossKind,
): tf.Scalar {
  // Broadcasting would let one token or channel stand for all.
  if (student.shape.join() !== teacher.shape.join()) {
    throw new Error(
      `internal: features of [${student.shape.join()}] against [${teacher.shape.join()}]`,
    );
  }
  if (kind === "mse") return tf.mean(tf.square(tf.sub(student, teacher)));
  const cosines = tf.sum(tf.mul(unitRows(student), unitRows(teacher)), -1); // [b, n]
  return tf.sub(1, tf.mean(cosines));
}
