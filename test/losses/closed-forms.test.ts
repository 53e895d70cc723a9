/** What is known of the losses without a reference implementation, eager and compiled. */
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { dinoLoss, dinoScales } from "../../engine/losses/dino.ts";
import { featureLoss } from "../../engine/losses/features.ts";
import { ibotLoss } from "../../engine/losses/ibot.ts";
import { koleoLoss } from "../../engine/losses/koleo.ts";
import { antialiasedWeights, resizeWeights } from "../../engine/losses/resize.ts";
import { centredTargets, nextCentre, sinkhorn } from "../../engine/losses/targets.ts";
import { expectClose } from "../support/allclose.ts";
import { runLoss, withGradients, type Inputs, type Packed } from "./run-loss.ts";

const isFinite = (values: ArrayLike<number>) => Array.from(values).every(Number.isFinite);

describe.each(["tfjs", "cpu"] as const)("on %s", (device) => {
  let executor: Executor;
  beforeAll(async () => {
    ({ executor } = await chooseExecutor(device));
  });

  /** Value and gradient with respect to `learnt`. */
  async function learn(
    learnt: string,
    inputs: Record<string, Packed>,
    loss: (inputs: Inputs) => tf.Scalar,
  ) {
    const { build, outputs } = withGradients([learnt], loss);
    const results = await runLoss(executor, "closed form", inputs, build, outputs);
    return { value: results["value"]!.data[0]!, gradient: results[`d ${learnt}`]!.data };
  }

  it("a student that prefers nothing has the DINO loss ln K, and is drawn to the targets", async () => {
    const targets = [0.7, 0.1, 0.1, 0.1];
    const { value, gradient } = await learn(
      "student",
      {
        student: { shape: [1, 1, 4], data: [3, 3, 3, 3] },
        teacher: { shape: [1, 1, 4], data: targets },
      },
      ({ student, teacher }) =>
        dinoLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, {
          studentTemperature: 0.1,
          ignoreDiagonal: false,
        }),
    );
    // A handful of float32 operations on numbers of order 1; the gradient is ten times that.
    expectClose([value], [Math.log(4)], { atol: 1e-6 }, "loss");
    const expected = targets.map((target) => (0.25 - target) / 0.1);
    expectClose(gradient, expected, { atol: 1e-5 }, "(softmax - target) / temperature");
  });

  it("KoLeo of two opposite points is -ln 2, of whatever length they are", async () => {
    const { value } = await learn(
      "cls",
      { cls: { shape: [2, 2], data: [3, 0, -0.5, 0] } },
      ({ cls }) => koleoLoss(cls as tf.Tensor2D),
    );
    // The 1e-8 of the official code is lost beside a distance of 2 in float32.
    expectClose([value], [-Math.log(2)], { atol: 1e-6 }, "loss");
  });

  it("KoLeo of two equal points is finite, and so is its gradient", async () => {
    const data = [0.3, -0.7, 0.2, 0.3, -0.7, 0.2];
    const { value, gradient } = await learn("cls", { cls: { shape: [2, 3], data } }, ({ cls }) =>
      koleoLoss(cls as tf.Tensor2D),
    );
    // 1e-8 is added to each of three differences of 0, and once more to their length.
    expectClose([value], [-Math.log((Math.sqrt(3) + 1) * 1e-8)], { rtol: 1e-6, atol: 0 }, "loss");
    expect(isFinite(gradient)).toBe(true);
  });

  it("a student's losses stay finite at logits of 200 and of -200", async () => {
    const logits = [200, -200, 0, -200, 200, 200];
    const teacher = [0.2, 0.5, 0.3, 1, 0, 0];
    const dino = await learn(
      "student",
      {
        student: { shape: [2, 1, 3], data: logits },
        teacher: { shape: [2, 1, 3], data: teacher },
      },
      ({ student, teacher }) =>
        dinoLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, {
          studentTemperature: 0.1,
          ignoreDiagonal: true,
        }),
    );
    const ibot = await learn(
      "student",
      {
        student: { shape: [2, 3], data: logits },
        teacher: { shape: [2, 3], data: teacher },
        weights: { shape: [2], data: [0.5, 0.5] },
      },
      ({ student, teacher, weights }) =>
        ibotLoss(student as tf.Tensor2D, teacher as tf.Tensor2D, weights as tf.Tensor1D, 2, 0.1),
    );
    // exp(-2000) is 0, so log softmax is the distance from the largest logit, and ln 2 where two
    // share it. DINO pairs student 0 with teacher 1 and the other way round. float32 has seven digits.
    const tolerance = { rtol: 1e-6, atol: 1e-6 };
    const first = [0, -4000, -2000];
    const second = [-4000, 0, 0].map((log) => log - Math.log(2));
    const cross = (target: readonly number[], log: readonly number[]) =>
      -target.reduce((sum, p, k) => sum + p * log[k]!, 0);
    const [one, two] = [teacher.slice(0, 3), teacher.slice(3)];
    expectClose([dino.value], [(cross(two, first) + cross(one, second)) / 2], tolerance, "DINO");
    expectClose([ibot.value], [(cross(one, first) + cross(two, second)) / 4], tolerance, "iBOT");
    expect(isFinite(dino.gradient) && isFinite(ibot.gradient)).toBe(true);
  });

  it("features at a right angle and against each other cost 1 and 2; the error is a mean", async () => {
    const inputs = {
      student: { shape: [1, 2, 2], data: [2, 0, 0, 3] },
      teacher: { shape: [1, 2, 2], data: [0, 5, 0, -1] },
    };
    const build = ({ student, teacher }: Inputs) => ({
      both: tf.stack(
        (["cosine", "mse"] as const).map((kind) =>
          featureLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, kind),
        ),
      ),
    });
    const { both } = await runLoss(executor, "features", inputs, build, ["both"]);
    // (4 + 25 + 0 + 16) / 4; a few float32 operations.
    expectClose(both!.data, [1.5, 11.25], { atol: 1e-6 }, "features");
  });

  it("Sinkhorn-Knopp stays finite where exp of the logits does not, and its rows sum to 1", async () => {
    const logits = { shape: [3, 4], data: [200, -200, 0, 10, -200, 200, 5, 1, 0, 0, 0, 200] };
    const build = ({ logits }: Inputs) => {
      const q = sinkhorn(logits as tf.Tensor2D, tf.scalar(0.04), 3);
      return { q, rows: tf.sum(q, 1) };
    };
    const { q, rows } = await runLoss(executor, "extremes", { logits }, build, ["q", "rows"]);
    expect(isFinite(q!.data)).toBe(true);
    // Logarithms near 5000 leave float32 three digits after the point.
    expectClose(rows!.data, [1, 1, 1], { atol: 2e-3 }, "row sums");
  });

  it("after many iterations every sample sums to 1 and every prototype to B / K", async () => {
    const data = Array.from({ length: 24 }, (_, i) => Math.sin(i * 1.3) * 0.05);
    const build = ({ logits }: Inputs) => {
      const q = sinkhorn(logits as tf.Tensor2D, tf.scalar(0.07), 40);
      return { rows: tf.sum(q, 1), columns: tf.sum(q, 0) };
    };
    const inputs = { logits: { shape: [6, 4], data } };
    const outputs = ["rows", "columns"];
    const { rows, columns } = await runLoss(executor, "balance", inputs, build, outputs);
    // Rows come last in an iteration; forty of them leave the columns to float32 rounding.
    expectClose(rows!.data, [1, 1, 1, 1, 1, 1], { atol: 1e-5 }, "row sums");
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
    const outputs = ["targets", "next"];
    const { targets, next } = await runLoss(executor, "centring", inputs, build, outputs);
    const high = 1 / (1 + Math.exp(-2));
    // A few float32 operations on numbers of order 1.
    expectClose(targets!.data, [high, 1 - high, high, 1 - high], { atol: 1e-6 }, "targets");
    expectClose(next!.data, [0.65, 0.55], { atol: 1e-6 }, "centre");
  });

  it.each([
    [
      "KoLeo groups that do not divide the batch",
      { cls: { shape: [6, 2], data: new Array<number>(12).fill(1) } },
      ({ cls }: Inputs) => koleoLoss(cls as tf.Tensor2D, { groupSize: 4 }),
      "internal: KoLeo groups of 4 do not divide a batch of 6",
    ],
    [
      "a DINO loss without a pair",
      { crops: { shape: [1, 2, 3], data: new Array<number>(6).fill(0) } },
      ({ crops }: Inputs) =>
        dinoLoss(crops as tf.Tensor3D, crops as tf.Tensor3D, {
          studentTemperature: 0.1,
          ignoreDiagonal: true,
        }),
      "internal: DINO loss without a pair: 1 x 1 crops of 2 images",
    ],
    [
      "features of different shapes",
      {
        one: { shape: [1, 2, 3], data: new Array<number>(6).fill(0) },
        two: { shape: [1, 1, 3], data: [0, 0, 0] },
      },
      ({ one, two }: Inputs) => featureLoss(one as tf.Tensor3D, two as tf.Tensor3D, "mse"),
      "internal: features of [1,2,3] against [1,1,3]",
    ],
  ])("%s are refused", async (_, inputs, loss, message) => {
    const running = runLoss(executor, "refused", inputs, (given) => ({ value: loss(given) }), [
      "value",
    ]);
    await expect(running).rejects.toThrow(message);
  });
});

it("the terms of 8 local crops share as 2 to 16", () => {
  expect(dinoScales(2, 8)).toEqual({ global: 2 / 18, local: 16 / 18 });
  expect(dinoScales(2, 0)).toEqual({ global: 1, local: 0 });
});

describe.each([
  ["plain", resizeWeights],
  ["antialiased", antialiasedWeights],
] as const)("%s resize weights", (_, weightsOf) => {
  it.each(["bicubic", "bilinear"] as const)("%s: add up to 1, and keep a grid", (method) => {
    for (const [from, to] of [
      [32, 16],
      [28, 14],
      [7, 5],
      [5, 9],
    ] as const) {
      const weights = weightsOf(method, from, to);
      for (let i = 0; i < to; i++) {
        const row = weights.slice(i * from, (i + 1) * from);
        // At most sixteen weights, each rounded to float32.
        expectClose([row.reduce((sum, weight) => sum + weight, 0)], [1], { atol: 5e-7 }, "sum");
      }
    }
    expect([...weightsOf(method, 3, 3)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});
