/** The weight of the Gram loss in a run: its recipe's schedule until a person sets it by hand. */
import { scheduleAt } from "../optim/schedules.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { usesGram } from "./plan.ts";

export class GramWeight {
  private isNew = false;

  /** @param byHand set before the checkpoint that the run goes on from */
  constructor(
    private readonly recipe: Recipe,
    private byHand?: number,
  ) {}

  /** What a checkpoint keeps; absent while the recipe's schedule holds. */
  get kept(): number | undefined {
    return this.byHand;
  }

  /**
   * @param step of the run, its heads' warm-up not counted
   * @returns undefined where the run's step is made without a Gram loss
   */
  at(step: number): number | undefined {
    if (!usesGram(this.recipe)) return undefined;
    return this.byHand ?? scheduleAt(this.recipe, step).gramWeight;
  }

  /**
   * From the next step on. A weight is an input of the step's program, so nothing is compiled anew.
   * @param weight 0 to 1000
   * @throws EngineError "train.fixed" where the run's step is made without a Gram loss
   */
  set(weight: number): void {
    if (!usesGram(this.recipe)) {
      throw new EngineError(
        "train.fixed",
        "Gram weight: expected a run with a Gram loss, received one whose recipe has gramWeight 0",
        { hint: "Start a run with a gramWeight above 0, which may be as small as 0.001." },
      );
    }
    if (weight === this.byHand) return;
    this.byHand = weight;
    this.isNew = true;
  }

  /** What the log has of a step: the weight, and a flag at the first step after it was set by hand. */
  logged(step: number): Record<string, number> {
    const weight = this.at(step);
    if (weight === undefined) return {};
    const flag = this.isNew ? { gram_weight_set: 1 } : {};
    this.isNew = false;
    return { gram_loss_weight: weight, ...flag };
  }
}
