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

/** Loshchilov and Hutter 2019, arXiv:1711.05101; the order of torch.optim.AdamW. */
export function adamwStep(
  { param, grad, m, v }: AdamwTensors,
  options: AdamwOptions,
): Omit<AdamwTensors, "grad"> {
  const { lr, weightDecay, beta1, beta2, epsilon, biasCorrection1, biasCorrection2 } = options;
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1));
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(grad), 1 - beta2));
  const decayed = tf.mul(param, tf.sub(1, tf.mul(lr, weightDecay)));
  const deviation = tf.add(tf.div(tf.sqrt(nextV), tf.sqrt(biasCorrection2)), epsilon);
  const step = tf.mul(tf.div(nextM, deviation), tf.div(lr, biasCorrection1));
  return { param: tf.sub(decayed, step), m: nextM, v: nextV };
}
