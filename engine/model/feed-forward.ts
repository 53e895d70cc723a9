/** The second half of a block: a plain feed-forward or a gated one. */
import * as tf from "@tensorflow/tfjs-core";
import { gelu } from "../compiler/ops.ts";
import { traitsOf, type VitConfig } from "./config.ts";
import { linear } from "./linear.ts";
import type { Traits } from "./traits.ts";

/**
 * @param p the block's parameters by what follows the block's name
 * @param x [b, n, d], normed
 * @returns [b, n, d], LayerScale applied
 */
export function feedForward(
  config: VitConfig,
  p: (suffix: string) => tf.Tensor | undefined,
  x: tf.Tensor3D,
): tf.Tensor3D {
  const up = linear(x, p("up.weight")!, p("up.bias"));
  const hidden =
    config.feedForward === "mlp"
      ? activations[traitsOf(config).activation](up)
      : tf.mul<tf.Tensor3D>(silu(linear(x, p("gate.weight")!, p("gate.bias"))), up);
  return linear(hidden, p("down.weight")!, p("down.bias"), p("scale2"));
}

const activations: Readonly<Record<Traits["activation"], (x: tf.Tensor3D) => tf.Tensor3D>> = {
  gelu,
  // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
  "gelu tanh": (x) => {
    const cubed = tf.mul(tf.mul(tf.square(x), x), 0.044715);
    const inner = tf.mul(tf.add(x, cubed), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(x, tf.add(tf.tanh(inner), 1)), 0.5);
  },
  // OpenAI's CLIP.
  "gelu sigmoid": (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
};

/** x sigmoid(x) */
function silu(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(x, tf.sigmoid(x));
}
