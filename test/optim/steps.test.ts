/** AdamW, clipping and the moving average against torch.optim (test/fixtures/losses/make.py). */
import { readFileSync } from "node:fs";
import path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { HostTensor } from "../../engine/executors/executor.ts";
import { adamwStep } from "../../engine/optim/adamw.ts";
import { clipScale } from "../../engine/optim/clip.ts";
import { emaStep } from "../../engine/optim/ema.ts";
import { paramGroup } from "../../engine/optim/groups.ts";
import { expectClose } from "../support/allclose.ts";

interface Packed {
  readonly data: number[];
}

const { adamw } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../fixtures/losses/losses.json"), "utf8"),
) as {
  adamw: {
    start: Packed;
    steps: { grad: Packed; norm: number; param: Packed; m: Packed; v: Packed }[];
  };
};

const vector = (data: ArrayLike<number>): HostTensor => ({
  dtype: "float32",
  shape: [data.length],
  data: Float32Array.from(data),
});
const scalar = (value: number): HostTensor => ({
  dtype: "float32",
  shape: [],
  data: Float32Array.of(value),
});

describe.each(["tfjs", "cpu"] as const)("on %s", (device) => {
  it("three clipped steps of AdamW are PyTorch's", async () => {
    const { executor } = await chooseExecutor(device);
    const names = ["param", "grad", "m", "v"] as const;
    const rates = ["lr", "weightDecay", "c1", "c2"] as const;
    const prepared = await executor.prepare({
      name: "adamw",
      inputs: {
        ...Object.fromEntries(names.map((name) => [name, { dtype: "float32", shape: [5] }])),
        ...Object.fromEntries(rates.map((name) => [name, { dtype: "float32", shape: [] }])),
      },
      params: {},
      build: (given) => {
        const { scale, norm } = clipScale([given["grad"]!], 1.5);
        const next = adamwStep(
          { param: given["param"]!, grad: given["grad"]!, m: given["m"]!, v: given["v"]! },
          {
            lr: given["lr"]!,
            weightDecay: given["weightDecay"]!,
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-8,
            biasCorrection1: given["c1"]!,
            biasCorrection2: given["c2"]!,
          },
          scale,
        );
        return {
          "next.param": next.param,
          "next.m": next.m,
          "next.v": next.v,
          norm: tf.reshape(norm, [1]),
        };
      },
    });
    let state = { param: adamw.start.data, m: [0, 0, 0, 0, 0], v: [0, 0, 0, 0, 0] };
    for (const [i, step] of adamw.steps.entries()) {
      const result = await prepared.run(
        {
          param: vector(state.param),
          grad: vector(step.grad.data),
          m: vector(state.m),
          v: vector(state.v),
          lr: scalar(0.01),
          weightDecay: scalar(0.04),
          c1: scalar(1 - 0.9 ** (i + 1)),
          c2: scalar(1 - 0.99 ** (i + 1)),
        },
        ["next.param", "next.m", "next.v", "norm"],
      );
      expectClose(result["norm"]!.data, [step.norm], { atol: 1e-6, rtol: 1e-6 }, "norm");
      // A handful of float32 operations on numbers near 1.
      for (const key of ["param", "m", "v"] as const) {
        const what = `${key} after step ${i}`;
        expectClose(result[`next.${key}`]!.data, step[key].data, { atol: 1e-6, rtol: 1e-5 }, what);
      }
      state = {
        param: [...result["next.param"]!.data],
        m: [...result["next.m"]!.data],
        v: [...result["next.v"]!.data],
      };
    }
    await prepared.dispose();
  });
});

it("a moving average over n steps of a constant is 1 - momentum^n of it", async () => {
  await tf.setBackend("cpu");
  let teacher = tf.zeros([1]);
  for (let i = 0; i < 10; i++) teacher = emaStep(teacher, tf.ones([1]), tf.scalar(0.9));
  expect(teacher.dataSync()[0]).toBeCloseTo(1 - 0.9 ** 10, 6);
});

describe("parameter groups", () => {
  const options = { depth: 12, layerDecay: 0.9, patchEmbedMultiplier: 0.2 };
  it.each([
    ["backbone.patch.weight", 0.2 * 0.9 ** 13, 1],
    ["backbone.cls", 0.9 ** 13, 1],
    ["backbone.mask", 0.9 ** 13, 1],
    ["backbone.block00.query.weight", 0.9 ** 12, 1],
    ["backbone.block11.down.bias", 0.9, 0],
    ["backbone.block11.scale1", 0.9, 0],
    ["backbone.block03.norm1.weight", 0.9 ** 9, 0],
    ["backbone.norm.weight", 1, 0],
    ["dino_head.mlp.0.weight", 1, 1],
    ["ibot_head.mlp.4.bias", 1, 0],
  ])("%s: rate %d, decay %d", (name, rate, decay) => {
    const group = paramGroup(name, options);
    expect(group.rateMultiplier).toBeCloseTo(rate, 12);
    expect(group).toMatchObject({ decayMultiplier: decay, isLastLayer: false });
  });

  it("the prototypes are a head's last layer", () => {
    expect(paramGroup("dino_head.last_layer.weight", options).isLastLayer).toBe(true);
  });
});
