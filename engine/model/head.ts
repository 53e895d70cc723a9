/**
 * The projection head of DINO and iBOT: three linear maps with GELU, a unit bottleneck, prototypes
 * (reference dinov3.md C.3).
 */
import * as tf from "@tensorflow/tfjs-core";
import { gelu } from "../compiler/ops.ts";

export interface HeadShape {
  /** Of the tokens. */
  readonly width: number;
  readonly hidden: number;
  readonly bottleneck: number;
  /** K. */
  readonly prototypes: number;
}

/** Name -> shape, in the official spelling; linear weights are [out, in]. */
export function headShapes(shape: HeadShape): Record<string, readonly number[]> {
  const { width, hidden, bottleneck, prototypes } = shape;
  return {
    "mlp.0.weight": [hidden, width],
    "mlp.0.bias": [hidden],
    "mlp.2.weight": [hidden, hidden],
    "mlp.2.bias": [hidden],
    "mlp.4.weight": [bottleneck, hidden],
    "mlp.4.bias": [bottleneck],
    "last_layer.weight": [prototypes, bottleneck],
  };
}

/**
 * @param x [n, width]
 * @returns logits [n, K]: dot products of a unit vector with every prototype
 */
export function headForward(
  params: Readonly<Record<string, tf.Tensor>>,
  x: tf.Tensor2D,
): { logits: tf.Tensor2D } {
  const linear = (input: tf.Tensor2D, layer: number) =>
    tf.add<tf.Tensor2D>(
      tf.matMul(input, params[`mlp.${layer}.weight`] as tf.Tensor2D, false, true),
      params[`mlp.${layer}.bias`]!,
    );
  const hidden = gelu(linear(gelu(linear(x, 0)), 2));
  const bottleneck = linear(hidden, 4);
  const length = tf.sqrt(tf.add(tf.sum(tf.square(bottleneck), -1, true), 1e-24));
  const unit = tf.div<tf.Tensor2D>(bottleneck, length);
  return { logits: tf.matMul(unit, params["last_layer.weight"] as tf.Tensor2D, false, true) };
}

/** FLOPs of one forward pass over n tokens, 2 per multiply-add. */
export function headFlops({ width, hidden, bottleneck, prototypes }: HeadShape, n: number): number {
  return 2 * n * (width * hidden + hidden * hidden + hidden * bottleneck + bottleneck * prototypes);
}
