/**
 * The whole training step: two executors agree on it step by step, it keeps to its rules, and it
 * learns.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { Batch } from "../../engine/data/batch.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import type { VitConfig } from "../../engine/model/config.ts";
import { paramGroup } from "../../engine/optim/groups.ts";
import { normalAt } from "../../engine/random/counter.ts";
import { initialState } from "../../engine/train/initial-state.ts";
import { networkShapes, type NetworkShape } from "../../engine/train/state.ts";
import type { ScalarName, StepShape } from "../../engine/train/step.ts";
import { Trainer, type StepMetrics } from "../../engine/train/trainer.ts";
import { webgpuSkip } from "../support/webgpu.ts";

const config: VitConfig = {
  width: 32,
  depth: 2,
  heads: 2,
  hidden: 64,
  feedForward: "mlp",
  patch: 8,
  registers: 2,
  bias: { query: true, key: false, value: true, projection: true, feedForward: true },
  normEpsilon: 1e-5,
  ropeTheta: 100,
};
const head = { width: 32, hidden: 48, bottleneck: 16, prototypes: 24 };
const network: NetworkShape = { config, dinoHead: head, ibotHead: head };
const [batchSize, localCrops] = [3, 2];
const sizes = { global: 32, local: 16, gram: 64 };

const shape: StepShape = {
  network,
  objective: {
    config,
    studentTemperature: 0.1,
    sinkhornIterations: 3,
    weights: { dino: 1, ibot: 1, koleo: 0.1 },
    koleoGroup: undefined,
    gram: { normalised: true, level: "image", negatives: "kept" },
  },
  batchSize,
  sizes,
  localCrops,
  maskedTokens: 15,
  hasGramTeacher: true,
  groups: Object.fromEntries(
    Object.keys(networkShapes(network)).map((name) => [
      name,
      paramGroup(name, { depth: config.depth, layerDecay: 0.9, patchEmbedMultiplier: 0.2 }),
    ]),
  ),
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clip: 3,
};

const state = () =>
  initialState(network, { seed: 1, layerScale: 1e-2, prototypes: "unit", hasGramTeacher: true });

const noise = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => normalAt(seed, i));

/** Three of six crops masked, with 3, 5 and 7 of 16 patches. */
function batch(seed: number): Batch {
  const crops = 2 * batchSize;
  const masks = new Uint8Array(crops * 16);
  const [indices, weights]: [number[], number[]] = [[], []];
  for (const [crop, count] of [
    [0, 3],
    [2, 5],
    [5, 7],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const index = crop * 16 + ((i * 5 + seed) % 16);
      masks[index] = 1;
      indices.push(index);
      weights.push(1 / count);
    }
  }
  return {
    global: noise(crops * 3 * sizes.global ** 2, seed),
    local: noise(localCrops * batchSize * 3 * sizes.local ** 2, seed + 100),
    gram: noise(crops * 3 * sizes.gram ** 2, seed + 200),
    masks,
    maskIndices: Int32Array.from(indices),
    maskWeights: Float32Array.from(weights),
  };
}

function scalars(step: number, change: Partial<Record<ScalarName, number>> = {}) {
  return {
    learningRate: 2e-3,
    lastLayerRate: 2e-3,
    weightDecay: 0.04,
    momentum: 0.99,
    teacherTemperature: 0.05,
    dinoLocalWeight: 0.5,
    gramWeight: 2,
    biasCorrection1: 1 - 0.9 ** (step + 1),
    biasCorrection2: 1 - 0.99 ** (step + 1),
    ...change,
  };
}

async function threeSteps(executor: Executor): Promise<{ metrics: StepMetrics[]; last: Trainer }> {
  const last = await Trainer.prepare(executor, shape, state());
  const metrics = [];
  for (let step = 0; step < 3; step++) metrics.push(await last.step(batch(step), scalars(step)));
  return { metrics, last };
}

describe("a training step with a Gram teacher of its own at twice the resolution", () => {
  let eager: Executor;
  beforeAll(async () => {
    ({ executor: eager } = await chooseExecutor("tfjs"));
  });

  for (const [device, tolerance] of [
    ["cpu", 1e-5],
    ["webgpu", 1e-4],
  ] as const) {
    const isSkipped = device === "webgpu" && webgpuSkip !== undefined;
    const why = isSkipped ? ` (skipped: ${webgpuSkip})` : "";
    it.skipIf(isSkipped)(
      `compiled for ${device} it agrees with eager tfjs, to ${tolerance}${why}`,
      async () => {
        const { executor } = await chooseExecutor(device);
        const [ours, theirs] = [await threeSteps(executor), await threeSteps(eager)];
        ours.metrics.forEach((metrics, step) => {
          expect(Object.keys(metrics).sort()).toEqual(
            ["dino_global", "dino_local", "gram", "grad_norm", "ibot", "koleo", "loss"].sort(),
          );
          for (const [name, value] of Object.entries(metrics)) {
            const expected = theirs.metrics[step]![name]!;
            const off = Math.abs(value - expected) / Math.max(1e-3, Math.abs(expected));
            expect(off, `${name} of step ${step}: ${value}, ${expected}`).toBeLessThan(tolerance);
          }
        });
        await ours.last.dispose();
        await theirs.last.dispose();
      },
    );
  }

  it("starts near ln K, where every prototype is as likely as the next", async () => {
    const { executor } = await chooseExecutor("cpu");
    const trainer = await Trainer.prepare(executor, shape, state());
    const metrics = await trainer.step(batch(0), scalars(0));
    // Cosines with unit prototypes over 0.1 spread it a little.
    expect(metrics["dino_global"]!).toBeGreaterThan(Math.log(24) * 0.7);
    expect(metrics["dino_global"]!).toBeLessThan(Math.log(24) * 2.2);
    await trainer.dispose();
  });

  it("with rate 0 and momentum 1 nothing moves but the moments", async () => {
    const { executor } = await chooseExecutor("cpu");
    const before = state();
    const trainer = await Trainer.prepare(executor, shape, before);
    await trainer.step(batch(0), scalars(0, { learningRate: 0, lastLayerRate: 0, momentum: 1 }));
    for (const [name, { data }] of Object.entries(trainer.state)) {
      const isMoment = name.startsWith("m.") || name.startsWith("v.");
      if (isMoment && !name.endsWith("key.bias")) continue;
      expect(data, name).toEqual(before[name]!.data);
    }
    await trainer.dispose();
  });

  it("the last layer stays when its rate is 0, and the Gram teacher until it is refreshed", async () => {
    const { executor } = await chooseExecutor("cpu");
    const before = state();
    const trainer = await Trainer.prepare(executor, shape, before);
    await trainer.step(batch(0), scalars(0, { lastLayerRate: 0 }));
    const prototypes = "student.dino_head.last_layer.weight";
    expect(trainer.state[prototypes]!.data).toEqual(before[prototypes]!.data);
    const [gram, teacher] = ["gram.backbone.norm.weight", "teacher.backbone.norm.weight"];
    expect(trainer.state[teacher]!.data).not.toEqual(before[teacher]!.data);
    expect(trainer.state[gram]!.data).toEqual(before[gram]!.data);
    trainer.refreshGramTeacher();
    expect(trainer.state[gram]!.data).toEqual(trainer.state[teacher]!.data);
    await trainer.dispose();
  });

  it("a batch that is not finite is refused and the state stays", async () => {
    const { executor } = await chooseExecutor("cpu");
    const trainer = await Trainer.prepare(executor, shape, state());
    const before = trainer.state;
    const broken = batch(0);
    broken.global[5] = NaN;
    await expect(trainer.step(broken, scalars(0))).rejects.toThrow(/expected a finite number/);
    expect(trainer.state).toBe(before);
    await trainer.dispose();
  });

  it("learns: over forty steps on one batch the loss falls", async () => {
    const { executor } = await chooseExecutor("cpu");
    const trainer = await Trainer.prepare(executor, shape, state());
    const losses = [];
    for (let step = 0; step < 40; step++) {
      losses.push((await trainer.step(batch(0), scalars(step, { momentum: 0.999 })))["loss"]!);
    }
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
    await trainer.dispose();
  });

  it("the same steps again give the same bits", async () => {
    const { executor } = await chooseExecutor("cpu");
    const [one, two] = [await threeSteps(executor), await threeSteps(executor)];
    expect(one.metrics).toEqual(two.metrics);
    for (const [name, { data }] of Object.entries(one.last.state)) {
      expect(two.last.state[name]!.data, name).toEqual(data);
    }
    await one.last.dispose();
    await two.last.dispose();
  });
});
