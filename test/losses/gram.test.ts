/** The Gram loss by hand and by finite differences, eager and compiled. */
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { gramLoss, gramStatistics, type GramOptions } from "../../engine/losses/gram.ts";
import { expectClose } from "../support/allclose.ts";
import { prepareLoss, runLoss, withGradients, type Inputs, type Packed } from "./run-loss.ts";

type Negatives = GramOptions["negatives"];
type Tokens = NonNullable<GramOptions["tokens"]>;

const allNegatives: readonly Negatives[] = ["kept", "both", "teacher", "matching"];
const allTokens: readonly Tokens[] = ["all", "masked", "unmasked"];

const learnFrom = (options: GramOptions) =>
  withGradients(["student"], ({ student, teacher, masks }) =>
    gramLoss(student as tf.Tensor3D, teacher as tf.Tensor3D, options, masks as tf.Tensor2D),
  );

/** Without a pattern. At the paces below no cosine is within 0.1 of 0, where clamping has a corner. */
const waves = (length: number, pace: number) =>
  Array.from({ length }, (_, i) => Math.sin(pace * (i + 1) ** 2));

const inputs = {
  student: { shape: [2, 3, 4], data: waves(24, 0.5) },
  teacher: { shape: [2, 3, 5], data: waves(30, 2.85) },
  masks: { shape: [2, 3], data: [1, 0, 1, 1, 0, 0] },
};

describe.each(["tfjs", "cpu"] as const)("on %s", (device) => {
  let executor: Executor;
  beforeAll(async () => {
    ({ executor } = await chooseExecutor(device));
  });

  async function learn(options: GramOptions, given: Record<string, Packed>) {
    const { build, outputs } = learnFrom(options);
    const results = await runLoss(executor, "gram", given, build, outputs);
    return { value: results["value"]!.data[0]!, gradient: [...results["d student"]!.data] };
  }

  it("equal features cost nothing and teach nothing", async () => {
    const { student, masks } = inputs;
    for (const level of ["image", "batch"] as const) {
      const options = { normalised: true, level, negatives: "kept" } as const;
      const { value, gradient } = await learn(options, { student, teacher: student, masks });
      // Both sides round alike, so the difference is exactly 0.
      expect([value, ...gradient].every((number) => number === 0)).toBe(true);
    }
  });

  // Cosines: 0.6 of the student, -0.6 of the teacher; the diagonal agrees. Half of the entries count.
  it.each([
    ["kept", 1, 0.6, -0.6, 1.2 ** 2 / 2],
    ["both", 1, 0.6, -0.6, 0.6 ** 2 / 2],
    ["teacher", 1, 0.6, -0.6, 0.6 ** 2 / 2],
    ["matching", 1, 0.6, -0.6, 0.6 ** 2 / 2],
    ["kept", 1, -0.6, -0.8, 0.2 ** 2 / 2],
    ["both", 1, -0.6, -0.8, 0],
    ["teacher", 1, -0.6, -0.8, 0.6 ** 2 / 2],
    ["matching", 1, -0.6, -0.8, 0],
    ["both", 1, -0.6, 0.8, 0.8 ** 2 / 2],
    ["matching", 1, -0.6, 0.8, 1.4 ** 2 / 2],
    // Vectors of length 2 have four times the products, on the diagonal too.
    ["kept", 2, 0.6, -0.6, (3 ** 2 + 3 ** 2 + 2 * 3 ** 2) / 4],
  ] as const)(
    "two patches, negatives %s, length %d: cosine %d against %d costs %d",
    async (negatives, length, ours, theirs, cost) => {
      const pair = (cosine: number, by: number) => ({
        shape: [1, 2, 2],
        data: [by, 0, by * cosine, by * Math.sqrt(1 - cosine ** 2)],
      });
      const { value } = await learn(
        { normalised: length === 1, level: "image", negatives },
        {
          student: pair(ours, length),
          teacher: pair(theirs, 1),
          masks: { shape: [1, 2], data: [0, 0] },
        },
      );
      // A few float32 operations on numbers of order 1.
      expectClose([value], [cost], { rtol: 2e-6, atol: 1e-6 }, "loss");
    },
  );

  it.each(
    allTokens.flatMap((tokens) => allNegatives.map((negatives) => [tokens, negatives] as const)),
  )(
    "the gradient is the slope of the value: tokens %s, negatives %s",
    async (tokens, negatives) => {
      const options = { normalised: true, level: "batch", negatives, tokens } as const;
      const { build, outputs } = learnFrom(options);
      const prepared = await prepareLoss(executor, "slope", inputs, build, outputs);
      const { "d student": gradient } = await prepared.run(inputs);
      const valueAt = async (coordinate: number, step: number) => {
        const data = [...inputs.student.data];
        data[coordinate]! += step;
        const { value } = await prepared.run({ ...inputs, student: { shape: [2, 3, 4], data } });
        return value!.data[0]!;
      };
      const slope = async (coordinate: number, step: number) =>
        ((await valueAt(coordinate, step)) - (await valueAt(coordinate, -step))) / (2 * step);
      // One coordinate of a masked patch, one of an unmasked one, one of the other crop.
      for (const coordinate of [1, 6, 14]) {
        // Central differences at steps of 0.02 and 0.04, extrapolated to 0: what is left is of fourth
        // order, 1e-7 in float64. Values of at most 0.4 are off by some 3e-8 in float32, and that
        // over 0.02 is 2e-6; slopes are 0.04 and more where the patch is selected.
        const step = 0.02;
        const near = await slope(coordinate, step);
        const far = await slope(coordinate, 2 * step);
        expectClose(
          [gradient!.data[coordinate]!],
          [(4 * near - far) / 3],
          { atol: 1e-5 },
          `coordinate ${coordinate}`,
        );
      }
      await prepared.dispose();
    },
  );

  it("patches that are not selected are not learnt from", async () => {
    const options = { normalised: true, level: "batch", negatives: "kept" } as const;
    const isMoved = async (tokens: Tokens) => {
      const { gradient } = await learn({ ...options, tokens }, inputs);
      return inputs.masks.data.map((_, patch) =>
        gradient.slice(4 * patch, 4 * patch + 4).some((number) => number !== 0) ? 1 : 0,
      );
    };
    expect(await isMoved("masked")).toEqual([1, 0, 1, 1, 0, 0]);
    expect(await isMoved("unmasked")).toEqual([0, 1, 0, 0, 1, 1]);
    expect(await isMoved("all")).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("a selection of every patch is no selection", async () => {
    const options = { normalised: true, level: "batch", negatives: "kept" } as const;
    const given = { ...inputs, masks: { shape: [2, 3], data: [1, 1, 1, 1, 1, 1] } };
    const chosen = await learn({ ...options, tokens: "masked" }, given);
    const plain = await learn(options, given);
    // The same 36 float32 numbers, added in another order.
    const tolerance = { rtol: 1e-6, atol: 1e-7 };
    expectClose([chosen.value], [plain.value], tolerance, "value");
    expectClose(chosen.gradient, plain.gradient, tolerance, "gradient");
  });

  it.each([
    ["masked", 0],
    ["unmasked", 1],
  ] as const)("without %s patches the loss is 0 and teaches nothing", async (tokens, mask) => {
    const { value, gradient } = await learn(
      { normalised: true, level: "batch", negatives: "kept", tokens },
      { ...inputs, masks: { shape: [2, 3], data: inputs.masks.data.map(() => mask) } },
    );
    expect([value, ...gradient].every((number) => number === 0)).toBe(true);
  });

  it("the statistics are the losses of either selection", async () => {
    const build = ({ student, teacher, masks }: Inputs) => {
      const { masked, unmasked } = gramStatistics(
        student as tf.Tensor3D,
        teacher as tf.Tensor3D,
        masks as tf.Tensor2D,
        true,
      );
      return { both: tf.stack([masked, unmasked]) };
    };
    const { both } = await runLoss(executor, "statistics", inputs, build, ["both"]);
    const options = { normalised: true, level: "batch", negatives: "kept" } as const;
    const masked = await learn({ ...options, tokens: "masked" }, inputs);
    const unmasked = await learn({ ...options, tokens: "unmasked" }, inputs);
    // The same operations; the runtime may fuse them differently.
    expectClose(both!.data, [masked.value, unmasked.value], { rtol: 1e-6, atol: 1e-7 });
  });

  it("a selection within a crop, and one without masks, are refused", async () => {
    const { student, teacher, masks } = inputs;
    const options = {
      normalised: true,
      level: "image",
      negatives: "kept",
      tokens: "masked",
    } as const;
    await expect(learn(options, { student, teacher, masks })).rejects.toThrow(
      "internal: Gram loss of masked tokens at level image, with masks",
    );
    await expect(learn({ ...options, level: "batch" }, { student, teacher })).rejects.toThrow(
      "internal: Gram loss of masked tokens at level batch, without masks",
    );
  });
});
