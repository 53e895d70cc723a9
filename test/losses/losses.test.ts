/**
 * Every loss in value and gradient, eager and compiled, against PyTorch in float64
 * (test/fixtures/losses/make.py), and against what is known without it.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor, HostTensor } from "../../engine/executors/executor.ts";
import { dinoLoss, dinoScales } from "../../engine/losses/dino.ts";
import { gramLoss, type GramOptions } from "../../engine/losses/gram.ts";
import { ibotLoss } from "../../engine/losses/ibot.ts";
import { koleoLoss } from "../../engine/losses/koleo.ts";
import { bicubicWeights, resizeFeatures } from "../../engine/losses/resize.ts";
import { centredTargets, nextCentre, sinkhorn } from "../../engine/losses/targets.ts";
import { expectClose } from "../support/allclose.ts";

interface Packed {
  readonly shape: number[];
  readonly data: number[];
}

interface LossCase {
  readonly inputs: Record<string, Packed>;
  readonly value: number;
  readonly grads: Record<string, Packed>;
  readonly options?: GramOptions;
}

const fixture = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../fixtures/losses/losses.json"), "utf8"),
) as Record<string, LossCase & { readonly result: Packed }>;

type Inputs = Record<string, tf.Tensor>;

/** What is differentiated comes first among the inputs of each case. */
const losses: Record<string, (inputs: Inputs, options: GramOptions | undefined) => tf.Scalar> = {
  "dino global": ({ student, teacher }) =>
    dinoLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, {
      studentTemperature: 0.1,
      ignoreDiagonal: true,
    }),
  "dino local": ({ student, teacher }) =>
    dinoLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, {
      studentTemperature: 0.1,
      ignoreDiagonal: false,
    }),
  ibot: ({ student, teacher, weights }) =>
    ibotLoss(student as tf.Tensor2D, teacher as tf.Tensor2D, weights as tf.Tensor1D, 4, 0.1),
  koleo: ({ cls }) => koleoLoss(cls as tf.Tensor2D),
  "koleo groups of 3": ({ cls }) => koleoLoss(cls as tf.Tensor2D, { groupSize: 3 }),
  gram: ({ student, teacher }, options) =>
    gramLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, options!),
};

const host = ({ shape, data }: Packed): HostTensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});

async function run(
  executor: Executor,
  name: string,
  inputs: Record<string, Packed>,
  build: (inputs: Inputs) => Inputs,
  outputs: readonly string[],
) {
  const prepared = await executor.prepare({
    name,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([key, { shape }]) => [key, { dtype: "float32", shape }]),
    ),
    params: {},
    build,
  });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [key, host(value)]),
  );
  const results = await prepared.run(feeds, outputs);
  await prepared.dispose();
  return results;
}

describe.each(["tfjs", "cpu"] as const)("on %s", (device) => {
  let executor: Executor;
  beforeAll(async () => {
    ({ executor } = await chooseExecutor(device));
  });

  const cases = Object.entries(fixture).filter(([, one]) => "value" in one);
  it.each(cases)("%s", async (name, { inputs, value, grads, options }) => {
    const loss = losses[name] ?? losses[name.split(" ")[0]!]!;
    const names = Object.keys(grads);
    const build = (given: Inputs) => {
      const result = tf.valueAndGrads((...learnt: tf.Tensor[]) =>
        loss(
          { ...given, ...Object.fromEntries(names.map((key, i) => [key, learnt[i]!])) },
          options,
        ),
      )(names.map((key) => given[key]!));
      return {
        value: tf.reshape(result.value, [1]),
        ...Object.fromEntries(names.map((key, i) => [`d ${key}`, result.grads[i]!])),
      };
    };
    const outputs = ["value", ...names.map((key) => `d ${key}`)];
    const results = await run(executor, name, inputs, build, outputs);
    // Sums of some tens of float32 products against float64; logits are divided by 0.1 on the way.
    const tolerance = { rtol: 2e-5, atol: 5e-6 };
    expectClose(results["value"]!.data, [value], tolerance, name);
    for (const key of names) {
      expectClose(results[`d ${key}`]!.data, grads[key]!.data, tolerance, `${name}, d ${key}`);
    }
  });

  it("Sinkhorn-Knopp is PyTorch's", async () => {
    const { inputs, result } = fixture["sinkhorn"]!;
    const build = ({ logits }: Inputs) => ({
      q: sinkhorn(logits as tf.Tensor2D, tf.scalar(0.07)),
    });
    const { q } = await run(executor, "sinkhorn", inputs, build, ["q"]);
    // Logits over 0.07 reach 40: float32 keeps five digits of what is exponentiated.
    expectClose(q!.data, result.data, { rtol: 5e-5, atol: 1e-6 }, "sinkhorn");
  });

  it("features are resized as PyTorch's bicubic does", async () => {
    const { inputs, result } = fixture["resize"]!;
    const build = ({ features }: Inputs) => ({
      smaller: resizeFeatures(features as tf.Tensor3D, { rows: 8, cols: 6 }, { rows: 4, cols: 3 }),
    });
    const { smaller } = await run(executor, "resize", inputs, build, ["smaller"]);
    expectClose(smaller!.data, result.data, { rtol: 1e-5, atol: 2e-6 }, "resize");
  });

  it("Sinkhorn-Knopp stays finite where exp of the logits does not, and its rows sum to 1", async () => {
    const logits = { shape: [3, 4], data: [200, -200, 0, 10, -200, 200, 5, 1, 0, 0, 0, 200] };
    const build = ({ logits }: Inputs) => {
      const q = sinkhorn(logits as tf.Tensor2D, tf.scalar(0.04), 3);
      return { q, rows: tf.sum(q, 1) };
    };
    const { q, rows } = await run(executor, "extremes", { logits }, build, ["q", "rows"]);
    expect([...q!.data].every(Number.isFinite)).toBe(true);
    // Logarithms near 5000 leave float32 three digits after the point.
    expectClose(rows!.data, [1, 1, 1], { atol: 2e-3 }, "row sums");
  });

  it("after many iterations every prototype is used alike", async () => {
    const data = Array.from({ length: 24 }, (_, i) => Math.sin(i * 1.3) * 0.05);
    const build = ({ logits }: Inputs) => ({
      columns: tf.sum(sinkhorn(logits as tf.Tensor2D, tf.scalar(0.07), 40), 0),
    });
    const inputs = { logits: { shape: [6, 4], data } };
    const { columns } = await run(executor, "balance", inputs, build, ["columns"]);
    expectClose(columns!.data, [1.5, 1.5, 1.5, 1.5], { atol: 1e-4 }, "column sums");
  });

  it("centred targets are a softmax about the centre, which follows the logits", async () => {
    const inputs = {
      logits: { shape: [2, 2], data: [1, 0, 3, 2] },
      centre: { shape: [1, 2], data: [0.5, 0.5] },
    };
    const build = ({ logits, centre }: Inputs) => ({
      targets: centredTargets(logits as tf.Tensor2D, centre as tf.Tensor2D, tf.scalar(0.5)),
      next: nextCentre(centre as tf.Tensor2D, logits as tf.Tensor2D, 0.9),
    });
    const { targets, next } = await run(executor, "centring", inputs, build, ["targets", "next"]);
    const high = 1 / (1 + Math.exp(-2));
    expectClose(targets!.data, [high, 1 - high, high, 1 - high], { atol: 1e-6 }, "targets");
    expectClose(next!.data, [0.65, 0.55], { atol: 1e-6 }, "centre");
  });
});

describe("closed forms", () => {
  it("the terms of 8 local crops share as 2 to 16", () => {
    expect(dinoScales(2, 8)).toEqual({ global: 2 / 18, local: 16 / 18 });
    expect(dinoScales(2, 0)).toEqual({ global: 1, local: 0 });
  });

  it("bicubic weights add up to 1, and keep a grid of the same size", () => {
    for (const [from, to] of [
      [32, 16],
      [28, 14],
      [7, 5],
      [5, 9],
    ] as const) {
      const weights = bicubicWeights(from, to);
      for (let i = 0; i < to; i++) {
        const row = weights.slice(i * from, (i + 1) * from);
        expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
      }
    }
    expect([...bicubicWeights(3, 3)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});
