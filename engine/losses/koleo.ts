/** The KoLeo regulariser: CLS tokens of a batch are pushed away from their nearest neighbours. */
import * as tf from "@tensorflow/tfjs-core";
import { unitRows } from "./unit-rows.ts";

/** Keeps the logarithm and the length of a difference away from 0, as in the official code. */
const epsilon = 1e-8;

/**
 * -mean log(|x - x_nn| + 1e-8) over rows of length 1, x_nn the row of greatest dot product
 * (reference dinov3.md C.2, "KoLeo").
 *
 * @param cls       one crop's CLS tokens, [B, d]
 * @param groupSize neighbours are looked for among this many; B must be a multiple (16 in DINOv3)
 */
export function koleoLoss(
  cls: tf.Tensor2D,
  { groupSize = cls.shape[0] }: { readonly groupSize?: number } = {},
): tf.Scalar {
  const [b, d] = cls.shape;
  // Written so that a group of 0 fails too: the remainder is NaN.
  if (b % groupSize !== 0) {
    throw new Error(`internal: KoLeo groups of ${groupSize} do not divide a batch of ${b}`);
  }
  const rows = tf.reshape(unitRows(cls, epsilon), [b / groupSize, groupSize, d]);
  const dots = tf.matMul(rows, rows, false, true); //                     [g, s, s]
  // Below every cosine: two opposite points are neighbours all the same, not each its own.
  const self = tf.tensor3d(
    Array.from({ length: groupSize ** 2 }, (_, i) =>
      i % groupSize === Math.floor(i / groupSize) ? -4 : 0,
    ),
    [1, groupSize, groupSize],
  );
  // Who is nearest is chosen, not learnt: no gradient goes through the choice.
  const nearest = tf.argMax(tf.add(dots, self), -1); //                     [g, s]
  const chosen = tf.oneHot(tf.cast(nearest, "int32"), groupSize); //        [g, s, s]
  const neighbours = tf.matMul(tf.cast(chosen, "float32"), rows);
  const apart = tf.add(tf.sub(rows, neighbours), epsilon);
  const distance = tf.sqrt(tf.sum(tf.square(apart), -1));
  return tf.neg(tf.mean(tf.log(tf.add(distance, epsilon))));
}
