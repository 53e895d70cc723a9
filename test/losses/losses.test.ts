/**
 * Every loss and the projection head in value and gradient, eager and compiled, against PyTorch in
 * float64 (test/fixtures/losses/make.py).
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { dinoLoss } from "../../engine/losses/dino.ts";
import { featureLoss } from "../../engine/losses/features.ts";
import { gramLoss, gramStatistics, type GramOptions } from "../../engine/losses/gram.ts";
import { ibotLoss } from "../../engine/losses/ibot.ts";
import { koleoLoss } from "../../engine/losses/koleo.ts";
import { resizeFeatures, type GridSize, type ResizeMethod } from "../../engine/losses/resize.ts";
import { sinkhorn } from "../../engine/losses/targets.ts";
import { headForward } from "../../engine/model/head.ts";
import { expectClose } from "../support/allclose.ts";
import { runLoss, withGradients, type Inputs, type Packed } from "./run-loss.ts";

interface LossCase {
  readonly inputs: Record<string, Packed>;
  readonly value: number;
  readonly grads: Record<string, Packed>;
  readonly options?: GramOptions;
}

interface MappingCase {
  readonly inputs: Record<string, Packed>;
  readonly result: Packed;
}

interface ResizeCase {
  readonly method: ResizeMethod;
  readonly antialias: boolean;
  readonly to: GridSize;
  readonly result: Packed;
}

interface Fixture {
  readonly sinkhorn: MappingCase;
  readonly resize: MappingCase;
  readonly head: MappingCase;
  readonly resizes: Omit<MappingCase, "result"> & { readonly cases: readonly ResizeCase[] };
  readonly "statistics of gram": {
    readonly inputs: Record<string, Packed>;
    readonly expected: Record<"kept" | "matching", { masked: number; unmasked: number }>;
  };
}

const fixture = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../fixtures/losses/losses.json"), "utf8"),
) as Fixture;

const lossCases = Object.entries(fixture as unknown as Record<string, LossCase>).filter(
  ([, one]) => "value" in one,
);

/** By the whole name of a case, or by its first word. */
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
  gram: ({ student, teacher, masks }, options) =>
    gramLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, options!, masks as tf.Tensor2D),
  "features cosine": ({ student, teacher }) =>
    featureLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, "cosine"),
  "features mse": ({ student, teacher }) =>
    featureLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, "mse"),
  // A fixed direction makes a scalar of the logits, as a loss would.
  head: ({ x, direction, ...params }) =>
    tf.sum(tf.mul(headForward(params, x as tf.Tensor2D).logits, direction!)),
};

describe.each(["tfjs", "cpu"] as const)("on %s", (device) => {
  let executor: Executor;
  beforeAll(async () => {
    ({ executor } = await chooseExecutor(device));
  });

  it.each(lossCases)("%s", async (name, { inputs, value, grads, options }) => {
    const loss = losses[name] ?? losses[name.split(" ")[0]!]!;
    const { build, outputs } = withGradients(Object.keys(grads), (given) => loss(given, options));
    const results = await runLoss(executor, name, inputs, build, outputs);
    // Sums of some tens of float32 products against float64; logits are divided by 0.1 on the way.
    const tolerance = { rtol: 2e-5, atol: 5e-6 };
    expectClose(results["value"]!.data, [value], tolerance, name);
    for (const [key, { data }] of Object.entries(grads)) {
      expectClose(results[`d ${key}`]!.data, data, tolerance, `${name}, d ${key}`);
    }
  });

  it("the head's logits are PyTorch's", async () => {
    const { inputs, result } = fixture.head;
    const build = ({ x, ...params }: Inputs) => ({ ...headForward(params, x as tf.Tensor2D) });
    const { logits } = await runLoss(executor, "logits", inputs, build, ["logits"]);
    // Four products of at most ten float32 terms, of order 1; tfjs's own erf is good to 1.5e-7.
    expectClose(logits!.data, result.data, { rtol: 1e-5, atol: 2e-6 }, "logits");
  });

  it("Sinkhorn-Knopp is PyTorch's", async () => {
    const { inputs, result } = fixture.sinkhorn;
    const build = ({ logits }: Inputs) => ({
      q: sinkhorn(logits as tf.Tensor2D, tf.scalar(0.07)),
    });
    const { q } = await runLoss(executor, "sinkhorn", inputs, build, ["q"]);
    // Logits over 0.07 reach 40: float32 keeps five digits of what is exponentiated.
    expectClose(q!.data, result.data, { rtol: 5e-5, atol: 1e-6 }, "sinkhorn");
  });

  it("features are resized as PyTorch's bicubic does, unless another method is asked for", async () => {
    const { inputs, result } = fixture.resize;
    const build = ({ features }: Inputs) => ({
      smaller: resizeFeatures(features as tf.Tensor3D, { rows: 8, cols: 6 }, { rows: 4, cols: 3 }),
    });
    const { smaller } = await runLoss(executor, "resize", inputs, build, ["smaller"]);
    // Two products with weights near 1 on values of order 1: some float32 roundings of 1e-7.
    expectClose(smaller!.data, result.data, { rtol: 1e-5, atol: 2e-6 }, "resize");
  });

  it.each(fixture.resizes.cases)(
    "features are resized as PyTorch's $method to $to.rows x $to.cols, antialias $antialias",
    async ({ method, antialias, to, result }) => {
      const build = ({ features }: Inputs) => ({
        resized: resizeFeatures(
          features as tf.Tensor3D,
          { rows: 8, cols: 6 },
          to,
          method,
          antialias,
        ),
      });
      const { inputs } = fixture.resizes;
      const { resized } = await runLoss(executor, "resize", inputs, build, ["resized"]);
      // As above.
      expectClose(resized!.data, result.data, { rtol: 1e-5, atol: 2e-6 }, method);
    },
  );

  it.each(["kept", "matching"] as const)(
    "Gram statistics are the loss over each kind of patch, negatives %s",
    async (negatives) => {
      const { inputs, expected } = fixture["statistics of gram"];
      const build = ({ student, teacher, masks }: Inputs) => {
        const { masked, unmasked } = gramStatistics(
          student as tf.Tensor3D,
          teacher as tf.Tensor3D,
          masks as tf.Tensor2D,
          true,
          negatives,
        );
        return { both: tf.stack([masked, unmasked]) };
      };
      const { both } = await runLoss(executor, "statistics", inputs, build, ["both"]);
      const { masked, unmasked } = expected[negatives];
      // Means of at most 64 squares of cosines' differences.
      expectClose(both!.data, [masked, unmasked], { rtol: 1e-5, atol: 1e-6 }, negatives);
    },
  );
});

it("every kind of loss has a case", () => {
  const names = lossCases.map(([name]) => (name in losses ? name : name.split(" ")[0]));
  expect(new Set(names)).toEqual(new Set(Object.keys(losses)));
});
