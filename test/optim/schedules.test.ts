/** Schedules as functions of the step against arrays of numpy (test/fixtures/optim/make_schedules.py). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { scheduleAt, type StepValues } from "../../engine/optim/schedules.ts";
import { defaultRecipe } from "../../engine/recipe/recipe.ts";
import { expectClose } from "../support/allclose.ts";

const expected = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../fixtures/optim/schedules.json"), "utf8"),
) as Record<string, number[]>;

const recipe = {
  ...defaultRecipe(),
  steps: 20,
  batchSize: 64,
  accumulate: 4,
  lrScaling: "sqrt_wrt_1024" as const,
  startLearningRate: 1e-5,
  learningRate: 1e-3,
  endLearningRate: 1e-6,
  warmupSteps: 5,
  endWeightDecay: 0.4,
  momentum: 0.992,
  endMomentum: 1,
  teacherTemperatureWarmupSteps: 6,
  gramWeight: 2,
  gramWarmupSteps: 4,
  dinoLocalWeight: 0.5,
  dinoLocalSteps: 10,
  freezeLastLayerSteps: 3,
};
const steps = Array.from({ length: 20 }, (_, step) => step);
const series = (key: keyof StepValues, change = {}) =>
  steps.map((step) => scheduleAt({ ...recipe, ...change }, step)[key]);
// Both sides are float64; what is left is the order of operations.
const tolerance = { atol: 1e-15, rtol: 1e-12 };

it.each<[string, keyof StepValues, object]>([
  ["learningRate", "learningRate", {}],
  ["shortCosine", "learningRate", { cosineSteps: 8 }],
  ["constant", "learningRate", { schedule: "constant" }],
  ["weightDecay", "weightDecay", {}],
  ["momentum", "momentum", {}],
  ["teacherTemperature", "teacherTemperature", {}],
  ["gramWeight", "gramWeight", {}],
  ["dinoLocalWeight", "dinoLocalWeight", {}],
])("%s is numpy's at every step", (name, key, change) => {
  expectClose(series(key, change), expected[name]!, tolerance, name);
});

it("the last layer rests while it is frozen, then has the rate of the rest", () => {
  const rates = series("learningRate");
  expect(series("lastLayerRate")).toEqual([0, 0, 0, ...rates.slice(3)]);
});

it("the first step's bias corrections are one minus beta", () => {
  const { biasCorrection1, biasCorrection2 } = scheduleAt(recipe, 0);
  expect([biasCorrection1, biasCorrection2]).toEqual([1 - recipe.beta1, 1 - recipe.beta2]);
});
