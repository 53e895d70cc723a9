/** The DINO loss: every student crop predicts what the teacher says of every global crop. */
import * as tf from "@tensorflow/tfjs-core";
import { logProbabilities } from "./cross-entropy.ts";

export interface DinoOptions {
  /** 0.1 in DINOv3. */
  readonly studentTemperature: number;
  /** Leave out pairs of the same crop: the student's and the teacher's global crops are the same. */
  readonly ignoreDiagonal: boolean;
}

/**
 * Mean over student crops, teacher crops and images of -sum_k p_t[k] log softmax(z_s / tau)[k]
 * (reference dinov3.md C.2, "DINO CE").
 *
 * @param student logits [S, B, K]
 * @param teacher probabilities [T, B, K]
 */
export function dinoLoss(
  student: tf.Tensor3D,
  teacher: tf.Tensor3D,
  { studentTemperature, ignoreDiagonal }: DinoOptions,
): tf.Scalar {
  const [s, b, k] = student.shape;
  const t = teacher.shape[0];
  const log = logProbabilities(student, studentTemperature);
  // Every pair of crops at once: sum over images and prototypes is one product.
  const pairs = tf.matMul(
    tf.reshape(log, [s, b * k]),
    tf.reshape(teacher, [t, b * k]),
    false,
    true,
  );
  const isLeftOut = (row: number, col: number) => ignoreDiagonal && row === col;
  const mask = Array.from({ length: s * t }, (_, i) =>
    isLeftOut(Math.floor(i / t), i % t) ? 0 : 1,
  );
  const count = b * mask.filter((kept) => kept === 1).length;
  if (count === 0) {
    throw new Error(`internal: DINO loss without a pair: ${s} x ${t} crops of ${b} images`);
  }
  return tf.div(tf.neg(tf.sum(tf.mul(pairs, tf.tensor2d(mask, [s, t])))), count);
}

/**
 * How the global and the local term share the DINO weight: by their number of pairs, 2 and 2 n
 * (reference dinov3.md C.2, "DINO scaling": 2/18 and 16/18 for 8 local crops).
 */
export function dinoScales(
  globalCrops: number,
  localCrops: number,
): { readonly global: number; readonly local: number } {
  const global = globalCrops * (globalCrops - 1);
  const local = globalCrops * localCrops;
  return { global: global / (global + local), local: local / (global + local) };
}
