/** A loss run by an executor: numbers in, value and gradients out. */
import * as tf from "@tensorflow/tfjs-core";
import type { Executor, HostTensor } from "../../engine/executors/executor.ts";

/** Numbers as the fixtures hold them, in row-major order. */
export interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export type Inputs = Record<string, tf.Tensor>;

type Build = (inputs: Inputs) => Inputs;

/** Prepared once, for inputs of the given shapes; the caller disposes of it. */
export async function prepareLoss(
  executor: Executor,
  name: string,
  shapes: Record<string, Pick<Packed, "shape">>,
  build: Build,
  outputs: readonly string[],
) {
  const prepared = await executor.prepare({
    name,
    inputs: Object.fromEntries(
      Object.entries(shapes).map(([key, { shape }]) => [key, { dtype: "float32", shape }]),
    ),
    params: {},
    build,
  });
  return {
    run: (inputs: Record<string, Packed>) =>
      prepared.run(
        Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, host(value)])),
        outputs,
      ),
    dispose: () => prepared.dispose(),
  };
}

/** Prepared, run and disposed of. */
export async function runLoss(
  executor: Executor,
  name: string,
  inputs: Record<string, Packed>,
  build: Build,
  outputs: readonly string[],
) {
  const prepared = await prepareLoss(executor, name, inputs, build, outputs);
  const results = await prepared.run(inputs);
  await prepared.dispose();
  return results;
}

/**
 * The loss and what it learns from: outputs "value" [1] and "d NAME" for every name of `learnt`.
 */
export function withGradients(
  learnt: readonly string[],
  loss: (inputs: Inputs) => tf.Scalar,
): { readonly build: Build; readonly outputs: readonly string[] } {
  return {
    outputs: ["value", ...learnt.map((key) => `d ${key}`)],
    build: (given) => {
      const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
        loss({ ...given, ...Object.fromEntries(learnt.map((key, i) => [key, tensors[i]!])) }),
      )(learnt.map((key) => given[key]!));
      return {
        value: tf.reshape(value, [1]),
        ...Object.fromEntries(learnt.map((key, i) => [`d ${key}`, grads[i]!])),
      };
    },
  };
}

function host({ shape, data }: Packed): HostTensor {
  return { dtype: "float32", shape, data: Float32Array.from(data) };
}
