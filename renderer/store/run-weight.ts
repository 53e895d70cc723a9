/** Whose Gram weight is set: that of the run that goes on, or that of the recipe which is written. */
import { endedStates } from "../../engine/protocol/training.ts";
import type { TrainState } from "./train-state.ts";

export interface GramWeightView {
  /** Absent where neither has one. */
  readonly weight: number | undefined;
  /** A run goes on, and takes it from its next step on. */
  readonly isLive: boolean;
}

export function gramWeightOf({
  status,
  askedGramWeight,
  recipe,
}: Pick<TrainState, "status" | "askedGramWeight" | "recipe">): GramWeightView {
  if (status?.gramWeight !== undefined && !endedStates.includes(status.state)) {
    return { weight: askedGramWeight ?? status.gramWeight, isLive: true };
  }
  const written = recipe["gramWeight"];
  return { weight: typeof written === "number" ? written : undefined, isLive: false };
}
