/** From a recipe to what a step is made for: networks, losses, groups of parameters, phases. */
import type { VitConfig } from "../model/config.ts";
import { variantConfig, customConfig } from "../model/config.ts";
import type { HeadShape } from "../model/head.ts";
import { paramGroup } from "../optim/groups.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { ObjectiveOptions } from "./objective.ts";
import { networkShapes, type NetworkShape, type StateShape } from "./state.ts";
import type { GivenTargets, StepOptions } from "./step-shape.ts";

/** A run may train fresh heads on its frozen backbone before it starts. */
export type Phase = "heads" | "run";

/** The shape that a recipe writes down, by name or in full. */
export function writtenConfig(model: NonNullable<Recipe["model"]>): VitConfig {
  return typeof model === "string" ? variantConfig(model) : customConfig(model);
}

/**
 * The recipe of a phase. Heads learn at a rate of their own, from what reaches them: KoLeo and Gram
 * anchoring are about the backbone.
 */
export function phaseRecipe(recipe: Recipe, phase: Phase): Recipe {
  if (phase === "run") return recipe;
  return {
    ...recipe,
    steps: recipe.headWarmupSteps,
    learningRate: recipe.headLearningRate,
    startLearningRate: 0,
    warmupSteps: Math.ceil(recipe.headWarmupSteps / 10),
    schedule: "constant",
    lrScaling: "none",
    freezeLastLayerSteps: 0,
    koleoWeight: 0,
    gramWeight: 0,
    startGramWeight: 0,
    gramSize: 0,
    cropMix: recipe.cropMix.map((sizes) => ({ ...sizes, gramSize: 0 })),
  };
}

/** Without prototypes a student is held to features alone, which local crops have no part in. */
export function featureRecipe(recipe: Recipe): Recipe {
  return { ...recipe, localCrops: 0, dinoWeight: 0, ibotWeight: 0, koleoWeight: 0 };
}

export function usesGram({ gramWeight, startGramWeight }: Recipe): boolean {
  return gramWeight > 0 || startGramWeight > 0;
}

export interface HeadShapes {
  readonly dinoHead?: HeadShape | undefined;
  readonly ibotHead?: HeadShape | undefined;
}

/** The heads that the losses of a recipe use. */
export function writtenHeads(recipe: Recipe, { width }: VitConfig): HeadShapes {
  return {
    dinoHead:
      recipe.dinoWeight > 0
        ? {
            width,
            hidden: recipe.dinoHidden,
            bottleneck: recipe.dinoBottleneck,
            prototypes: recipe.dinoPrototypes,
          }
        : undefined,
    ibotHead:
      recipe.ibotWeight > 0
        ? {
            width,
            hidden: recipe.ibotHidden,
            bottleneck: recipe.ibotBottleneck,
            prototypes: recipe.ibotPrototypes,
          }
        : undefined,
  };
}

/** @param given in a distillation, what its teacher gives */
export function stateShape(recipe: Recipe, config: VitConfig, given?: GivenTargets): StateShape {
  const heads = writtenHeads(recipe, config);
  const isAdapted = given?.kind === "features" && given.width !== config.width;
  const network: NetworkShape = {
    config,
    ...heads,
    adapterWidth: isAdapted ? given.width : undefined,
  };
  return {
    network,
    hasGramTeacher: usesGram(recipe) && recipe.gramTeacher !== "ema",
    hasCentres: recipe.targets === "centring" && given === undefined,
  };
}

/** @param recipe of the phase */
export function stepOptions(
  recipe: Recipe,
  state: StateShape,
  phase: Phase,
  given?: GivenTargets,
): StepOptions {
  const { config } = state.network;
  const { layerDecay, patchEmbedMultiplier } = recipe;
  return {
    state,
    objective: objectiveOf(recipe, config, given),
    batchSize: recipe.batchSize,
    localCrops: recipe.localCrops,
    dropPath: recipe.dropPath,
    given,
    trained: phase === "heads" ? "heads" : "all",
    accumulate: recipe.accumulate,
    groups: Object.fromEntries(
      Object.keys(networkShapes(state.network)).map((name) => [
        name,
        paramGroup(name, { depth: config.depth, layerDecay, patchEmbedMultiplier }),
      ]),
    ),
    beta1: recipe.beta1,
    beta2: recipe.beta2,
    epsilon: recipe.epsilon,
    clip: recipe.clip,
  };
}

function objectiveOf(
  recipe: Recipe,
  config: VitConfig,
  given: GivenTargets | undefined,
): ObjectiveOptions {
  return {
    config,
    studentTemperature: recipe.studentTemperature,
    targets: targetOptions(recipe),
    weights: { dino: recipe.dinoWeight, ibot: recipe.ibotWeight, koleo: recipe.koleoWeight },
    koleoGroup: recipe.koleoGroup === 0 ? undefined : recipe.koleoGroup,
    gram: usesGram(recipe)
      ? {
          normalised: recipe.gramNormalised,
          level: recipe.gramLevel,
          negatives: negatives[recipe.gramNegatives],
          tokens: recipe.gramTokens,
          resize: recipe.gramResize,
          hasStatistics: recipe.gramStatistics,
        }
      : undefined,
    features:
      given?.kind === "features"
        ? {
            loss: recipe.featureLoss,
            cls: recipe.featureClsWeight,
            patches: recipe.featurePatchWeight,
          }
        : undefined,
    isMasked: recipe.kind !== "distill",
    recompute: recipe.recompute,
  };
}

export function targetOptions(recipe: Recipe): ObjectiveOptions["targets"] {
  return recipe.targets === "sinkhorn"
    ? { kind: "sinkhorn", iterations: recipe.sinkhornIterations }
    : { kind: "centring", momentum: recipe.centreMomentum };
}

const negatives = {
  keep: "kept",
  remove: "both",
  removeTeacher: "matching",
  removeTeacherAsReleased: "teacher",
} as const;
