/** Every value that changes from step to step, as a function of the step: no arrays, no state. */
import type { Recipe } from "../recipe/recipe.ts";

/** What the schedules need of a recipe. */
export type ScheduleRecipe = Pick<
  Recipe,
  | "steps"
  | "batchSize"
  | "accumulate"
  | "learningRate"
  | "startLearningRate"
  | "endLearningRate"
  | "warmupSteps"
  | "schedule"
  | "cosineSteps"
  | "lrScaling"
  | "weightDecay"
  | "endWeightDecay"
  | "freezeLastLayerSteps"
  | "momentum"
  | "endMomentum"
  | "startTeacherTemperature"
  | "teacherTemperature"
  | "teacherTemperatureWarmupSteps"
  | "gramWeight"
  | "startGramWeight"
  | "gramWarmupSteps"
  | "dinoLocalWeight"
  | "startDinoLocalWeight"
  | "dinoLocalSteps"
  | "beta1"
  | "beta2"
>;

export interface StepValues {
  readonly learningRate: number;
  /** 0 while the last layer is frozen. */
  readonly lastLayerRate: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly teacherTemperature: number;
  readonly gramWeight: number;
  readonly dinoLocalWeight: number;
  /** 1 - beta1^t and 1 - beta2^t, t = step + 1. */
  readonly biasCorrection1: number;
  readonly biasCorrection2: number;
}

/**
 * The values of one step.
 * @param step from 0 to steps - 1; beyond, the last values hold
 * @source dinov3.md C.5, C.7
 */
export function scheduleAt(recipe: ScheduleRecipe, step: number): StepValues {
  const { steps } = recipe;
  const learningRate = learningRateAt(recipe, step);
  return {
    learningRate,
    lastLayerRate: step < recipe.freezeLastLayerSteps ? 0 : learningRate,
    weightDecay: cosine(recipe.weightDecay, recipe.endWeightDecay, step, steps),
    momentum: cosine(recipe.momentum, recipe.endMomentum, step, steps),
    teacherTemperature: linear(
      recipe.startTeacherTemperature,
      recipe.teacherTemperature,
      step,
      recipe.teacherTemperatureWarmupSteps,
    ),
    gramWeight: linear(recipe.startGramWeight, recipe.gramWeight, step, recipe.gramWarmupSteps),
    dinoLocalWeight: cosine(
      recipe.startDinoLocalWeight,
      recipe.dinoLocalWeight,
      step,
      recipe.dinoLocalSteps,
    ),
    biasCorrection1: 1 - recipe.beta1 ** (step + 1),
    biasCorrection2: 1 - recipe.beta2 ** (step + 1),
  };
}

/** What the batch makes of a learning rate (dinov3.md C.5); the batch is the effective one. */
export function rateScale({ lrScaling, batchSize, accumulate }: ScheduleRecipe): number {
  const batch = batchSize * accumulate;
  switch (lrScaling) {
    case "none":
      return 1;
    case "sqrt_wrt_1024":
      return 4 * Math.sqrt(batch / 1024);
    case "linear_wrt_256":
      return batch / 256;
  }
}

/** Schedule v2: warm-up without its end, cosine over its steps or the remainder, then constant. */
function learningRateAt(recipe: ScheduleRecipe, step: number): number {
  const { learningRate, startLearningRate, endLearningRate, warmupSteps, steps } = recipe;
  const scale = rateScale(recipe);
  if (step < warmupSteps) {
    return scale * linear(startLearningRate, learningRate, step, warmupSteps);
  }
  if (recipe.schedule === "constant") return scale * learningRate;
  const length = recipe.cosineSteps ?? Math.max(0, steps - warmupSteps);
  return scale * cosine(learningRate, endLearningRate, step - warmupSteps, length);
}

/** From start at step 0 to end at step `length`, where it stays: linspace without its endpoint. */
function linear(start: number, end: number, step: number, length: number): number {
  return step >= length ? end : start + ((end - start) * step) / length;
}

/** Half a cosine from start at step 0 towards end at step `length`, where it stays. */
function cosine(start: number, end: number, step: number, length: number): number {
  if (step >= length) return end;
  return end + 0.5 * (start - end) * (1 + Math.cos((Math.PI * step) / length));
}
