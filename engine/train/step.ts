/**
 * One training step as one program: student, teacher and Gram teacher, losses, gradient, clipping,
 * AdamW and the moving average, from (state, batch, schedules) to the next state and its metrics.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NamedTensors, Program, TensorSpec } from "../executors/executor.ts";
import { prefixTokens } from "../model/config.ts";
import { adamwStep } from "../optim/adamw.ts";
import { clipByNorm } from "../optim/clip.ts";
import { emaStep } from "../optim/ema.ts";
import type { ParamGroup } from "../optim/groups.ts";
import {
  studentObjective,
  teacherTargets,
  type BatchTensors,
  type Network,
  type ObjectiveOptions,
  type Ropes,
  type Terms,
} from "./objective.ts";
import { modules, networkShapes, stateSpecs, under, type NetworkShape } from "./state.ts";

/** Schedules of one step, each a scalar input of the program. */
export const scalarNames = [
  "learningRate",
  "lastLayerRate",
  "weightDecay",
  "momentum",
  "teacherTemperature",
  "dinoLocalWeight",
  "gramWeight",
  "biasCorrection1",
  "biasCorrection2",
] as const;
export type ScalarName = (typeof scalarNames)[number];

/** What a step is made for; another one needs another program. */
export interface StepShape {
  readonly network: NetworkShape;
  readonly objective: ObjectiveOptions;
  /** Images. */
  readonly batchSize: number;
  /** Sides in pixels; `gram` 0 where the Gram teacher sees the global crops. */
  readonly sizes: { readonly global: number; readonly local: number; readonly gram: number };
  readonly localCrops: number;
  /** Masked patches of the whole batch. */
  readonly maskedTokens: number;
  /** A Gram teacher with weights of its own; else the teacher is it. */
  readonly hasGramTeacher: boolean;
  /** By the name of the parameter, as networkShapes has it. */
  readonly groups: Readonly<Record<string, ParamGroup>>;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** L2 norm of each module's gradient. */
  readonly clip: number;
}

/** The next state's outputs: a graph must not give an output the name of an input. */
export const nextPrefix = "next.";

/** Outputs beside the next state: "loss", the terms and "grad_norm", each [1]. */
export const metricPrefix = "metric.";

export function stepProgram(shape: StepShape): Program {
  return {
    name: `training step of ${shape.batchSize} images`,
    inputs: {
      ...stateSpecs(shape.network, shape.hasGramTeacher),
      ...batchSpecs(shape),
      ...Object.fromEntries(scalarNames.map((name) => [name, scalar])),
    },
    params: {},
    isOptimised: true,
    build: (inputs) => buildStep(shape, inputs),
  };
}

const scalar: TensorSpec = { dtype: "float32", shape: [] };

function batchSpecs(shape: StepShape): Record<string, TensorSpec> {
  const { batchSize: b, sizes, localCrops, maskedTokens, network } = shape;
  const { config } = network;
  const image = (count: number, side: number): TensorSpec => ({
    dtype: "float32",
    shape: [count, 3, side, side],
  });
  const half = config.width / config.heads / 2;
  const rope = (kind: string, side: number): Record<string, TensorSpec> => {
    const table: TensorSpec = {
      dtype: "float32",
      shape: [prefixTokens(config) + (side / config.patch) ** 2, half],
    };
    return { [`${kind}.cos`]: table, [`${kind}.sin`]: table };
  };
  return {
    "batch.global": image(2 * b, sizes.global),
    ...rope("global", sizes.global),
    ...(localCrops > 0
      ? { "batch.local": image(localCrops * b, sizes.local), ...rope("local", sizes.local) }
      : {}),
    ...(sizes.gram > 0
      ? { "batch.gram": image(2 * b, sizes.gram), ...rope("gram", sizes.gram) }
      : {}),
    "batch.masks": { dtype: "float32", shape: [2 * b, (sizes.global / config.patch) ** 2] },
    "batch.maskIndices": { dtype: "int32", shape: [maskedTokens] },
    "batch.maskWeights": { dtype: "float32", shape: [maskedTokens] },
  };
}

function buildStep(shape: StepShape, inputs: NamedTensors): NamedTensors {
  const { objective } = shape;
  const scalars = Object.fromEntries(scalarNames.map((name) => [name, inputs[name]!])) as Record<
    ScalarName,
    tf.Scalar
  >;
  const batch = batchOf(inputs);
  const ropes = ropesOf(inputs);
  const gramTeacher = shape.hasGramTeacher ? under("gram.backbone.", inputs) : undefined;
  const teacher = under("teacher.", inputs);
  const targets = teacherTargets(objective, networkOf(teacher), gramTeacher, batch, ropes, scalars);

  const names = Object.keys(networkShapes(shape.network));
  const values = names.map((name) => inputs[`student.${name}`]!);
  let terms: Terms = {};
  const { value: loss, grads } = tf.valueAndGrads((...params: tf.Tensor[]) => {
    const student = networkOf(Object.fromEntries(names.map((name, i) => [name, params[i]!])));
    const result = studentObjective(objective, student, targets, batch, ropes, scalars);
    terms = result.terms;
    // What the gradient function made is disposed at its end.
    for (const term of Object.values(terms)) tf.keep(term);
    return result.total;
  })(values);

  const clipped = clipModules(names, grads, shape.clip);
  const next: Record<string, tf.Tensor> = {};
  names.forEach((name, i) => {
    const group = shape.groups[name]!;
    const rate = group.isLastLayer ? scalars.lastLayerRate : scalars.learningRate;
    const { param, m, v } = adamwStep(
      {
        param: values[i]!,
        grad: clipped.grads[i]!,
        m: inputs[`m.${name}`]!,
        v: inputs[`v.${name}`]!,
      },
      {
        lr: tf.mul(rate, group.rateMultiplier),
        weightDecay: tf.mul(scalars.weightDecay, group.decayMultiplier),
        beta1: shape.beta1,
        beta2: shape.beta2,
        epsilon: shape.epsilon,
        biasCorrection1: scalars.biasCorrection1,
        biasCorrection2: scalars.biasCorrection2,
      },
    );
    next[`${nextPrefix}student.${name}`] = param;
    next[`${nextPrefix}m.${name}`] = m;
    next[`${nextPrefix}v.${name}`] = v;
    next[`${nextPrefix}teacher.${name}`] = emaStep(teacher[name]!, param, scalars.momentum);
  });
  const metrics = { loss, ...terms, grad_norm: clipped.norm };
  for (const [name, value] of Object.entries(metrics)) {
    next[metricPrefix + name] = tf.reshape(value, [1]);
  }
  return next;
}

/** The gradient of each module clipped by its own norm (C.5). `norm` is that of all of them. */
function clipModules(
  names: readonly string[],
  grads: readonly tf.Tensor[],
  clip: number,
): { grads: tf.Tensor[]; norm: tf.Scalar } {
  const clipped: tf.Tensor[] = [];
  const squares: tf.Scalar[] = [];
  for (const module of modules) {
    const own = names.flatMap((name, i) => (name.startsWith(`${module}.`) ? [i] : []));
    const result = clipByNorm(
      own.map((i) => grads[i]!),
      clip,
    );
    own.forEach((i, at) => {
      clipped[i] = result.grads[at]!;
    });
    squares.push(tf.square(result.norm));
  }
  return { grads: clipped, norm: tf.sqrt(tf.addN(squares)) };
}

function networkOf(all: NamedTensors): Network {
  return {
    backbone: under("backbone.", all),
    dinoHead: under("dino_head.", all),
    ibotHead: under("ibot_head.", all),
  };
}

function batchOf(inputs: NamedTensors): BatchTensors {
  const batch = under("batch.", inputs);
  return {
    global: batch["global"] as tf.Tensor4D,
    local: batch["local"] as tf.Tensor4D | undefined,
    gram: batch["gram"] as tf.Tensor4D | undefined,
    masks: batch["masks"] as tf.Tensor2D,
    maskIndices: batch["maskIndices"] as tf.Tensor1D,
    maskWeights: batch["maskWeights"] as tf.Tensor1D,
  };
}

function ropesOf(inputs: NamedTensors): Ropes {
  const rope = (kind: string) => {
    const [cos, sin] = [inputs[`${kind}.cos`], inputs[`${kind}.sin`]];
    return cos && sin ? { cos: cos as tf.Tensor2D, sin: sin as tf.Tensor2D } : undefined;
  };
  return { global: rope("global")!, local: rope("local"), gram: rope("gram") };
}
