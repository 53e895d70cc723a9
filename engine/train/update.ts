/** From gradients to the next state: clipping by module, AdamW and the moving average (C.5). */
import * as tf from "@tensorflow/tfjs-core";
import type { NamedTensors } from "../executors/executor.ts";
import { adamwStep } from "../optim/adamw.ts";
import { clipScale } from "../optim/clip.ts";
import { emaStep } from "../optim/ema.ts";
import { modules } from "./state.ts";
import type { ScalarName, StepOptions } from "./step-shape.ts";

export type Scalars = Readonly<Record<ScalarName, tf.Scalar>>;

/**
 * @param grads by the names of the parameters that are trained; the others stay as they are
 * @returns what changes of the state, by its names, and the norm of the gradient before clipping
 */
export function updateState(
  options: StepOptions,
  state: NamedTensors,
  grads: NamedTensors,
  scalars: Scalars,
): { next: Record<string, tf.Tensor>; norm: tf.Scalar } {
  const { scales, norm } = clipModules(grads, options.clip);
  const next: Record<string, tf.Tensor> = {};
  for (const [name, grad] of Object.entries(grads)) {
    const group = options.groups[name]!;
    const rate = group.isLastLayer ? scalars.lastLayerRate : scalars.learningRate;
    const { param, m, v } = adamwStep(
      { param: state[`student.${name}`]!, grad, m: state[`m.${name}`]!, v: state[`v.${name}`]! },
      {
        lr: tf.mul(rate, group.rateMultiplier),
        weightDecay: tf.mul(scalars.weightDecay, group.decayMultiplier),
        beta1: options.beta1,
        beta2: options.beta2,
        epsilon: options.epsilon,
        biasCorrection1: scalars.biasCorrection1,
        biasCorrection2: scalars.biasCorrection2,
      },
      scales[name],
    );
    next[`student.${name}`] = param;
    next[`m.${name}`] = m;
    next[`v.${name}`] = v;
    next[`teacher.${name}`] = emaStep(state[`teacher.${name}`]!, param, scalars.momentum);
  }
  return { next, norm };
}

/**
 * The factor of each gradient: modules are clipped by their own norms (C.5). `norm` is that of all
 * of them, before.
 */
function clipModules(
  grads: NamedTensors,
  clip: number,
): { scales: Record<string, tf.Scalar>; norm: tf.Scalar } {
  const scales: Record<string, tf.Scalar> = {};
  const squares: tf.Scalar[] = [];
  for (const module of modules) {
    const own = Object.keys(grads).filter((name) => name.startsWith(`${module}.`));
    if (own.length === 0) continue;
    const { scale, norm } = clipScale(
      own.map((name) => grads[name]!),
      clip,
    );
    for (const name of own) scales[name] = scale;
    squares.push(tf.square(norm));
  }
  return { scales, norm: tf.sqrt(tf.addN(squares)) };
}
