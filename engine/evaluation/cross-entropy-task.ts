/** What a head that tells classes apart is trained for: cross-entropy with parts of classes. */
import * as tf from "@tensorflow/tfjs-core";
import type { HeadTask } from "./train-head.ts";

/**
 * Targets: how much of a row has each class, of a patch the parts of its area, of a picture 1 for its
 * class. The loss is - sum over rows and classes of target log p, over the sum of the targets.
 */
export function crossEntropyTask(classes: number): HeadTask {
  return {
    name: "cross-entropy",
    outputs: classes,
    targets: classes,
    loss: (outputs, targets) => {
      const [n] = targets.shape;
      const logs = tf.logSoftmax(outputs);
      const agreement = tf.mul(logs, tf.reshape(targets, [n, 1, classes]));
      const whole = tf.maximum(tf.sum(targets), 1e-6);
      return tf.neg<tf.Tensor1D>(tf.div(tf.sum(agreement, [0, 2]), whole));
    },
  };
}
