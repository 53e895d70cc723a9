/**
 * Linear heads over frozen features, trained by AdamW: one traced program a step, in which all
 * settings of a sweep take their step together over the same batch.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { HostTensor, NamedTensors, Program, TensorSpec } from "../executors/executor.ts";
import { adamwStep } from "../optim/adamw.ts";
import { matrix } from "../probes/products.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { Draws } from "../random/draws.ts";
import type { FeatureStore } from "./feature-store.ts";
import { foldMoments, type LinearHead } from "./linear-head.ts";
import type { PreparedPrograms } from "./similarity.ts";

/** What a head is trained for. */
export interface HeadTask {
  /** Tells its programs from others: it holds every constant that the loss uses. */
  readonly name: string;
  readonly outputs: number;
  /** Numbers that a row is told by. */
  readonly targets: number;
  /**
   * @param outputs [n, s, outputs], s settings
   * @param targets [n, targets]
   * @param phase   a number of the step, see {@link phaseAt}
   * @returns [s]
   */
  loss(outputs: tf.Tensor3D, targets: tf.Tensor2D, phase: tf.Scalar): tf.Tensor1D;
  /** 0 where absent. @param step from 0 */
  phaseAt?(step: number): number;
}

/** One setting of a sweep. */
export interface Rate {
  readonly learningRate: number;
  readonly weightDecay: number;
}

export interface HeadTraining {
  /** AdamW unless told otherwise. "sgd" has beta1 as its momentum, and weight decay in the gradient. */
  readonly optimiser?: "sgd";
  /** Take the features as they are, without standardising them. */
  readonly isRaw?: true;
  readonly rates: readonly Rate[];
  readonly steps: number;
  /** Rows of a step. */
  readonly batch: number;
  /** The rate rises linearly over so many steps, then falls to 0 along half a cosine. */
  readonly warmupSteps: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Largest norm of a head's gradient; 0 for no limit. */
  readonly clip: number;
}

export interface TrainingData {
  readonly store: FeatureStore;
  /** Rows of the store to train on. */
  readonly rows: Int32Array;
  /** @param out float32 [indices.length, task.targets] */
  targets(indices: Int32Array, out: Float32Array): void;
}

/** Keys of the draws: of the weights' start, and of the order of the rows. */
const purposes = { start: 0x5eed, order: 0x0dde } as const;

/** Deviation of the weights' start; the bias starts at 0. dinov3.md F.2. */
const startDeviation = 0.01;

/** Steps between two chances to cancel. */
const stepsBetween = 16;

/**
 * Unless they are taken raw, features are standardised by the moments of the whole store, which is a
 * batch norm without affine (the linear map behind it has one) whose running moments have converged.
 * @param progress called after some steps, with the steps done
 * @returns a head for every rate
 * @throws EngineError "train.diverged", "cancelled"
 */
export async function trainHeads(
  data: TrainingData,
  task: HeadTask,
  training: HeadTraining,
  seed: number,
  run: { programs: PreparedPrograms; signal?: AbortSignal | undefined },
  progress?: (steps: number) => void,
): Promise<LinearHead[]> {
  const { store, rows } = data;
  const { outputs } = task;
  const { rates, steps, beta1, beta2 } = training;
  const d = store.width;
  const moments = training.isRaw ? undefined : store.moments();
  const batch = Math.min(training.batch, rows.length);
  const program = await run.programs.prepare(stepProgram(task, training, batch, d));
  let state = startState(rates.length, outputs, d, seed);
  const order = new RowOrder(rows, seed);
  const x = new Float32Array(batch * d);
  const y = new Float32Array(batch * task.targets);
  for (let step = 0; step < steps; step++) {
    if (step % stepsBetween === 0) {
      progress?.(step);
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(run.signal, "Training a probe");
    }
    const indices = order.next(batch);
    store.read(indices, x, moments);
    data.targets(indices, y);
    const part = scheduleAt(training, step);
    const next = await program.run(
      {
        ...state,
        x: matrix(x, batch, d),
        y: matrix(y, batch, task.targets),
        rate: vector(rates.map(({ learningRate }) => learningRate * part)),
        decay: vector(rates.map(({ weightDecay }) => weightDecay)),
        correction1: scalar(1 - beta1 ** (step + 1)),
        correction2: scalar(1 - beta2 ** (step + 1)),
        phase: scalar(task.phaseAt?.(step) ?? 0),
      },
      stateNames.map((name) => `next.${name}`),
    );
    state = Object.fromEntries(stateNames.map((name) => [name, next[`next.${name}`]!]));
  }
  progress?.(steps);
  const weight = state["weight"]!.data as Float32Array;
  const bias = state["bias"]!.data as Float32Array;
  if (![...bias, ...weight].every(Number.isFinite)) {
    throw new EngineError("train.diverged", `A linear probe's weights are not finite`, {
      hint: "Are the model's features finite? `gramscope inspect` checks its weights; otherwise take a smaller learning rate.",
    });
  }
  return rates.map((_, s) => {
    const own = {
      weight: weight.slice(s * outputs * d, (s + 1) * outputs * d),
      bias: bias.slice(s * outputs, (s + 1) * outputs),
      outputs,
      width: d,
    };
    return moments ? foldMoments(own, moments) : own;
  });
}

const stateNames = ["weight", "bias", "m.weight", "m.bias", "v.weight", "v.bias"] as const;

function startState(s: number, outputs: number, d: number, seed: number) {
  const draws = new Draws(seed, purposes.start);
  const one = Float32Array.from({ length: outputs * d }, () => startDeviation * draws.normal());
  const weight = new Float32Array(s * one.length);
  for (let k = 0; k < s; k++) weight.set(one, k * one.length);
  const zeros = (...shape: number[]) =>
    tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const state: Record<string, HostTensor> = {};
  for (const name of stateNames) {
    state[name] = name.endsWith("weight") ? zeros(s, outputs, d) : zeros(s, outputs);
  }
  return { ...state, weight: tensor(weight, [s, outputs, d]) } as Record<string, HostTensor>;
}

function stepProgram(task: HeadTask, training: HeadTraining, n: number, d: number): Program {
  const { beta1, beta2, clip, rates, optimiser = "adamw" } = training;
  const [s, c] = [rates.length, task.outputs];
  const float = (...shape: number[]): TensorSpec => ({ dtype: "float32", shape });
  const shapeOf = (name: string) => (name.endsWith("weight") ? float(s, c, d) : float(s, c));
  return {
    name: `head ${task.name} ${n}x${d} -> ${s}x${c}, ${optimiser} ${beta1} ${beta2} ${clip}`,
    inputs: {
      ...Object.fromEntries(stateNames.map((name) => [name, shapeOf(name)])),
      x: float(n, d),
      y: float(n, task.targets),
      rate: float(s),
      decay: float(s),
      correction1: float(),
      correction2: float(),
      phase: float(),
    },
    params: {},
    build: (inputs) => {
      const [gradWeight, gradBias] = gradients(task, inputs, n, s);
      const scale = clip > 0 ? clipFactors(gradWeight, gradBias, clip) : tf.ones([s]);
      const next: Record<string, tf.Tensor> = {};
      for (const [name, grad] of [
        ["weight", gradWeight],
        ["bias", gradBias],
      ] as const) {
        const perHead = (vector: tf.Tensor) =>
          tf.reshape(vector, [s, ...grad.shape.slice(1).map(() => 1)]);
        const state = { param: inputs[name]!, m: inputs[`m.${name}`]!, v: inputs[`v.${name}`]! };
        const [lr, weightDecay] = [perHead(inputs["rate"]!), perHead(inputs["decay"]!)];
        const { param, m, v } =
          optimiser === "sgd"
            ? sgdStep(state, tf.mul(grad, perHead(scale)), lr, weightDecay, beta1)
            : adamwStep(
                { ...state, grad },
                {
                  lr,
                  weightDecay,
                  beta1,
                  beta2,
                  epsilon: 1e-8,
                  biasCorrection1: inputs["correction1"]!,
                  biasCorrection2: inputs["correction2"]!,
                },
                perHead(scale),
              );
        next[`next.${name}`] = param;
        next[`next.m.${name}`] = m;
        next[`next.v.${name}`] = v;
      }
      return next;
    },
  };
}

/** torch.optim.SGD: m = momentum m + (grad + decay param), param -= lr m. */
function sgdStep(
  { param, m, v }: Readonly<Record<"param" | "m" | "v", tf.Tensor>>,
  grad: tf.Tensor,
  lr: tf.Tensor,
  weightDecay: tf.Tensor,
  momentum: number,
) {
  const decayed = tf.add(grad, tf.mul(param, weightDecay));
  const next = tf.add(tf.mul(m, momentum), decayed);
  // An output may not be an input itself.
  return { param: tf.sub(param, tf.mul(next, lr)), m: next, v: tf.mul(v, 1) };
}

/** Of the sum of the heads' losses: none of them knows of another. */
function gradients(task: HeadTask, inputs: NamedTensors, n: number, s: number) {
  const d = inputs["x"]!.shape[1]!;
  const [gradWeight, gradBias] = tf.grads((weight: tf.Tensor, bias: tf.Tensor) => {
    const flat = tf.reshape(weight, [s * task.outputs, d]);
    const product = tf.matMul(inputs["x"] as tf.Tensor2D, flat, false, true);
    const outputs = tf.add(tf.reshape(product, [n, s, task.outputs]), bias);
    const phase = inputs["phase"] as tf.Scalar;
    return tf.sum(task.loss(outputs as tf.Tensor3D, inputs["y"] as tf.Tensor2D, phase));
  })([inputs["weight"]!, inputs["bias"]!]);
  return [gradWeight!, gradBias!] as const;
}

function clipFactors(gradWeight: tf.Tensor, gradBias: tf.Tensor, clip: number): tf.Tensor {
  const squares = tf.add(tf.sum(tf.square(gradWeight), [1, 2]), tf.sum(tf.square(gradBias), 1));
  return tf.minimum(1, tf.div(clip, tf.add(tf.sqrt(squares), 1e-6)));
}

/** Factor of the learning rates. */
function scheduleAt({ steps, warmupSteps }: HeadTraining, step: number): number {
  if (step < warmupSteps) return (step + 1) / (warmupSteps + 1);
  return 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / Math.max(1, steps - warmupSteps)));
}

/** Every row once before any comes again, in a new order each time; a rest too small for a batch is left. */
class RowOrder {
  private order: number[] = [];
  private at = 0;
  private epoch = 0;

  constructor(
    private readonly rows: Int32Array,
    private readonly seed: number,
  ) {}

  next(count: number): Int32Array {
    if (this.at + count > this.order.length) {
      this.order = new Draws(this.seed, purposes.order, this.epoch++).shuffle([...this.rows]);
      this.at = 0;
    }
    this.at += count;
    return Int32Array.from(this.order.slice(this.at - count, this.at));
  }
}

function tensor(data: Float32Array, shape: readonly number[]): HostTensor {
  return { dtype: "float32", shape, data };
}

const vector = (values: readonly number[]) => tensor(Float32Array.from(values), [values.length]);
const scalar = (value: number) => tensor(Float32Array.of(value), []);
