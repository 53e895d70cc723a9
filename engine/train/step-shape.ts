/** What a training step is made for: another shape needs another program. */
import type { CropSizes } from "../data/batch.ts";
import { maskToken } from "../model/params.ts";
import type { ParamGroup } from "../optim/groups.ts";
import type { ObjectiveOptions } from "./objective.ts";
import { networkShapes, type StateShape } from "./state.ts";

/** Schedules of one step, each a scalar input of the program. */
export const scalarNames = [
  "learningRate",
  "lastLayerRate",
  "weightDecay",
  "momentum",
  "teacherTemperature",
  "dinoLocalWeight",
  "gramWeight",
  "biasCorrection1",
  "biasCorrection2",
] as const;
export type ScalarName = (typeof scalarNames)[number];

/** What a fixed teacher hands to a student; it is computed elsewhere, once for all students. */
export type GivenTargets =
  | { readonly kind: "prototypes" }
  /** Features [2B, width] and [2B, patches, width] of a teacher. */
  | {
      readonly kind: "features";
      readonly width: number;
      /** Side of the teacher's patches in pixels. */
      readonly patch?: number | undefined;
    };

/** A step for any size of crops. */
export interface StepOptions {
  readonly state: StateShape;
  readonly objective: ObjectiveOptions;
  /** Images of one pass. */
  readonly batchSize: number;
  readonly localCrops: number;
  /** Part of the images that skip a residual branch of the student. */
  readonly dropPath: number;
  /** Absent where the EMA teacher sets the targets. */
  readonly given?: GivenTargets | undefined;
  /** "heads" leaves the backbone, and its moments, as they are. */
  readonly trained: "all" | "heads";
  /** Passes whose gradients are averaged. */
  readonly accumulate: number;
  /** By the name of the parameter, as networkShapes has it. */
  readonly groups: Readonly<Record<string, ParamGroup>>;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** L2 norm of each module's gradient. */
  readonly clip: number;
}

export interface StepShape extends StepOptions {
  readonly sizes: CropSizes;
  /** Masked patches of the whole batch. */
  readonly maskedTokens: number;
}

/** Names of the parameters that a step moves. */
export function trainedNames({ state, trained, objective }: StepOptions): string[] {
  const names = Object.keys(networkShapes(state.network));
  if (trained === "heads") return names.filter((name) => !name.startsWith("backbone."));
  // A student that sees everything never meets its mask token, which has no gradient then.
  return objective.isMasked ? names : names.filter((name) => name !== `backbone.${maskToken}`);
}
