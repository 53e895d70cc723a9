/** AdamW as PyTorch does it, traced: decoupled weight decay first, then the step of Adam. */
import * as tf from "@tensorflow/tfjs-core";

export interface AdamwTensors {
  readonly param: tf.Tensor;
  readonly grad: tf.Tensor;
  /** First moment. */
  readonly m: tf.Tensor;
  /** Second moment. */
  readonly v: tf.Tensor;
}

export interface AdamwOptions {
  /** Of this parameter, its multiplier included. */
  readonly lr: tf.Tensor;
  readonly weightDecay: tf.Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 - beta1^t, t counted from 1. */
  readonly biasCorrection1: tf.Tensor;
  /** 1 - beta2^t */
  readonly biasCorrection2: tf.Tensor;
}

/**
 * Loshchilov and Hutter 2019, arXiv:1711.05101; the result of torch.optim.AdamW. Scalars are joined
 * before they meet a tensor: at the size of a model each pass over it is memory read and written.
 * @param gradScale factor of the gradient, as from clipScale
 */
export function adamwStep(
  { param, grad, m, v }: AdamwTensors,
  options: AdamwOptions,
  gradScale: tf.Tensor = tf.scalar(1),
): Omit<AdamwTensors, "grad"> {
  const { lr, weightDecay, beta1, beta2, epsilon, biasCorrection1, biasCorrection2 } = options;
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(grad, tf.mul(gradScale, 1 - beta1)));
  const squareScale = tf.mul(tf.square(gradScale), 1 - beta2);
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(grad), squareScale));
  const decayed = tf.mul(param, tf.sub(1, tf.mul(lr, weightDecay)));
  // sqrt(v / c2) + eps = (sqrt(v) + eps sqrt(c2)) / sqrt(c2)
  const correction = tf.sqrt(biasCorrection2);
  const deviation = tf.add(tf.sqrt(nextV), tf.mul(correction, epsilon));
  const rate = tf.div(tf.mul(lr, correction), biasCorrection1);
  const step = tf.mul(tf.div(nextM, deviation), rate);
  return { param: tf.sub(decayed, step), m: nextM, v: nextV };
}
