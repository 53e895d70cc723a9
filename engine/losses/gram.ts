/** Gram anchoring: patch similarities of the student are held to those of a Gram teacher. */
import * as tf from "@tensorflow/tfjs-core";

export interface GramOptions {
  /** Rows at length 1, so that the matrices hold cosines. */
  readonly normalised: boolean;
  /** One matrix for each crop, or one over the patches of all crops. */
  readonly level: "image" | "batch";
  /**
   * Negative similarities count as 0: in both; in the teacher alone, which is what the official
   * option `remove_only_teacher_neg` does; or in the teacher and, at the same places, where the
   * student is negative too, which is what it is meant to do (reference dinov3.md, trap 10).
   */
  readonly negatives: "kept" | "both" | "teacher" | "matching";
}

/**
 * mean (S_student - S_teacher)^2 over the entries of the Gram matrices: the mean of the official
 * code, not the squared norm of the paper's equation (reference dinov3.md C.2 and trap 9).
 *
 * @param student patches after the final norm, [c, P, d]
 * @param teacher the same patches of the Gram teacher, [c, P, e]
 */
export function gramLoss(
  student: tf.Tensor3D,
  teacher: tf.Tensor3D,
  options: GramOptions,
): tf.Scalar {
  let ours = similarities(student, options);
  let theirs = similarities(teacher, options);
  switch (options.negatives) {
    case "kept":
      break;
    case "both":
      [ours, theirs] = [tf.relu(ours), tf.relu(theirs)];
      break;
    case "teacher":
      theirs = tf.relu(theirs);
      break;
    case "matching":
      ours = tf.where(tf.less(theirs, 0), tf.relu(ours), ours);
      theirs = tf.relu(theirs);
  }
  return tf.mean(tf.square(tf.sub(ours, theirs)));
}

/** X X^T, [c, P, P] or [1, c P, c P]. */
function similarities(x: tf.Tensor3D, { normalised, level }: GramOptions): tf.Tensor3D {
  const [c, p, d] = x.shape;
  const rows = normalised ? unitRows(x) : x;
  const grouped = level === "image" ? rows : tf.reshape(rows, [1, c * p, d]);
  return tf.matMul<tf.Tensor3D>(grouped, grouped, false, true);
}

/** Rows at length 1; the floor is that of PyTorch's normalize. */
function unitRows(x: tf.Tensor3D): tf.Tensor3D {
  const length = tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-24));
  return tf.div(x, length);
}
