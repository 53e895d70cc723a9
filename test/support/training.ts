/** A tiny training run to test with: its recipe, its state and batches of noise. */
import type { LoadedBatch } from "../../engine/data/batch.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import type { VitConfig } from "../../engine/model/config.ts";
import { unmovedBox } from "../../engine/model/rope.ts";
import { normalAt } from "../../engine/random/counter.ts";
import type { PartialRecipe, Recipe } from "../../engine/recipe/recipe.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { initialState, randomNetwork } from "../../engine/train/initial-state.ts";
import { stateShape, stepOptions, writtenConfig } from "../../engine/train/plan.ts";
import type { TrainingState } from "../../engine/train/state.ts";
import type { ScalarName, StepOptions } from "../../engine/train/step-shape.ts";
import { Trainer, type PassInput } from "../../engine/train/trainer.ts";
import { samples } from "./running-engine.ts";

const model = {
  width: 32,
  depth: 2,
  heads: 2,
  hidden: 64,
  feedForward: "mlp",
  patch: 8,
  registers: 2,
} as const;
/** As a person writes one: a tiny ViT on the photographs in the box. */
export const photographRecipe = {
  kind: "pretrain",
  preset: "laptop-pretrain",
  model: { width: 32, depth: 2, heads: 2, hidden: 64, patch: 8 },
  data: { kind: "folder", path: samples },
  globalSize: 32,
  localSize: 16,
  batchSize: 2,
  localCrops: 2,
  dinoPrototypes: 32,
  ibotPrototypes: 32,
  dinoHidden: 32,
  ibotHidden: 32,
};

export const tinyConfig: VitConfig = writtenConfig(model);

/** Refinement with a Gram teacher at twice the resolution, small enough for eager tfjs. */
export function tinyRecipe(change: PartialRecipe = {}): Recipe {
  return resolveRecipe({
    kind: "refine",
    model,
    // With less, the CLS tokens of noise are so alike that their distances are mostly rounding.
    layerScale: 1,
    batchSize: 3,
    localCrops: 2,
    globalSize: 32,
    localSize: 16,
    gramSize: 64,
    gramWeight: 2,
    dinoHidden: 48,
    dinoBottleneck: 16,
    dinoPrototypes: 32,
    ibotHidden: 48,
    ibotBottleneck: 16,
    ibotPrototypes: 32,
    layerDecay: 0.9,
    ropeRescale: 1,
    // Where a gradient is 0 but for rounding, AdamW's first steps are as large as anywhere, with a
    // sign that two executors need not share. This keeps them small.
    epsilon: 1e-6,
    ...change,
  });
}

export function tinyStep(
  recipe: Recipe,
  config = tinyConfig,
): { options: StepOptions; state: TrainingState } {
  const shape = stateShape(recipe, config);
  const student = randomNetwork(shape.network, {
    seed: 1,
    layerScale: recipe.layerScale,
    prototypes: "unit",
  });
  return { options: stepOptions(recipe, shape, "run"), state: initialState(shape, { student }) };
}

export function tinyTrainer(
  executor: Executor,
  recipe: Recipe = tinyRecipe(),
  config = tinyConfig,
): Trainer {
  const { options, state } = tinyStep(recipe, config);
  return new Trainer(executor, options, state);
}

const noise = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => normalAt(seed, i));

/** Three crops masked, with 3, 5 and 7 of 16 patches. */
export function noiseBatch(recipe: Recipe, seed: number): LoadedBatch {
  const { batchSize, localCrops, globalSize, localSize, gramSize } = recipe;
  const crops = 2 * batchSize;
  const masks = new Uint8Array(crops * 16);
  const [indices, weights]: [number[], number[]] = [[], []];
  for (const [crop, count] of [
    [0, 3],
    [2, 5],
    [crops - 1, 7],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const index = crop * 16 + ((i * 5 + seed) % 16);
      masks[index] = 1;
      indices.push(index);
      weights.push(1 / count);
    }
  }
  return {
    batch: {
      global: noise(crops * 3 * globalSize ** 2, seed),
      local: noise(localCrops * batchSize * 3 * localSize ** 2, seed + 100),
      ...(gramSize > 0 ? { gram: noise(crops * 3 * gramSize ** 2, seed + 200) } : {}),
      masks,
      maskIndices: Int32Array.from(indices),
      maskWeights: Float32Array.from(weights),
    },
    sizes: { global: globalSize, local: localSize, gram: gramSize },
    images: batchSize,
    rescale: 1,
    origins: [],
  };
}

export function noisePass(recipe: Recipe, seed: number): PassInput {
  return { loaded: noiseBatch(recipe, seed), draws: { box: unmovedBox } };
}

export function tinyScalars(step: number, change: Partial<Record<ScalarName, number>> = {}) {
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
