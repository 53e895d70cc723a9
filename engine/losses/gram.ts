/** Gram anchoring: patch similarities of the student are held to those of a Gram teacher. */
import * as tf from "@tensorflow/tfjs-core";
import { unitRows } from "./unit-rows.ts";

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
  /**
   * Patches that take part: all where this is absent. Crops have different numbers of masked patches,
   * so a selection is over the batch (reference dinov3.md C.2, `tokens_used`).
   */
  readonly tokens?: "all" | "masked" | "unmasked";
}

/**
 * mean (S_student - S_teacher)^2 over the entries of the Gram matrices: the mean of the official
 * code, not the squared norm of the paper's equation (reference dinov3.md C.2 and trap 9).
 *
 * @param student patches after the final norm, [c, P, d]
 * @param teacher the same patches of the Gram teacher, [c, P, e]
 * @param masks   [c, P], 1 where a patch is masked and 0 elsewhere; for a selection of tokens
 * @returns       0 where nothing is selected
 */
export function gramLoss(
  student: tf.Tensor3D,
  teacher: tf.Tensor3D,
  options: GramOptions,
  masks?: tf.Tensor2D,
): tf.Scalar {
  const { tokens = "all", level } = options;
  const squared = squaredDifferences(student, teacher, options);
  if (tokens === "all") return tf.mean(squared);
  if (level !== "batch" || masks === undefined) {
    const given = masks === undefined ? "without masks" : "with masks";
    throw new Error(`internal: Gram loss of ${tokens} tokens at level ${level}, ${given}`);
  }
  return selectedMean(squared, tokens === "masked" ? masks : tf.sub(1, masks));
}

/**
 * The loss over the masked patches and over the others, each a matrix over the batch whatever the
 * level of the loss (reference dinov3.md C.2, `compute_stats`). To be watched, not to be learnt from.
 *
 * @param student [c, P, d]
 * @param teacher [c, P, e]
 * @param masks   [c, P], 1 where a patch is masked and 0 elsewhere
 */
export function gramStatistics(
  student: tf.Tensor3D,
  teacher: tf.Tensor3D,
  masks: tf.Tensor2D,
  normalised: boolean,
  negatives: GramOptions["negatives"] = "kept",
): { readonly masked: tf.Scalar; readonly unmasked: tf.Scalar } {
  const squared = squaredDifferences(student, teacher, { normalised, level: "batch", negatives });
  return {
    masked: selectedMean(squared, masks),
    unmasked: selectedMean(squared, tf.sub(1, masks)),
  };
}

/** (S_student - S_teacher)^2, [c, P, P] or [1, c P, c P]. */
function squaredDifferences(
  student: tf.Tensor3D,
  teacher: tf.Tensor3D,
  options: GramOptions,
): tf.Tensor3D {
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
  return tf.square(tf.sub(ours, theirs));
}

/** X X^T, [c, P, P] or [1, c P, c P]. */
function similarities(x: tf.Tensor3D, { normalised, level }: GramOptions): tf.Tensor3D {
  const [c, p, d] = x.shape;
  const rows = normalised ? unitRows(x) : x;
  const grouped = level === "image" ? rows : tf.reshape(rows, [1, c * p, d]);
  return tf.matMul<tf.Tensor3D>(grouped, grouped, false, true);
}

/**
 * Mean over the pairs of which both are selected. How many are selected is known only when the step
 * runs, and a traced program has fixed shapes: all pairs are made, and weighed with 1 or 0.
 *
 * @param squared  [1, N, N]
 * @param selected N weights, 1 or 0
 */
function selectedMean(squared: tf.Tensor3D, selected: tf.Tensor): tf.Scalar {
  const n = squared.shape[1];
  const weights = tf.reshape(selected, [1, n]);
  const columns = tf.matMul<tf.Tensor2D>(weights, tf.reshape(squared, [n, n])); // [1, N]
  const pairs = tf.square(tf.sum(weights));
  // Nothing selected: 0 / 1.
  return tf.div(tf.sum(tf.mul(columns, weights)), tf.maximum(pairs, 1));
}
