/** What a rule says of a recipe, and what rules share. */
import type { Recipe, RecipeKey } from "./recipe.ts";

export interface Finding {
  readonly level: "error" | "warning";
  /** Settings that it is about. */
  readonly keys: readonly RecipeKey[];
  /** Expected, received. */
  readonly message: string;
  /** Why the rule is there. */
  readonly rule: string;
  readonly hint: string;
}

export type Rule = (recipe: Recipe) => readonly Finding[];

/** The sizes of every kind of batch. */
export const sizesOf = (recipe: Recipe) => (recipe.cropMix.length > 0 ? recipe.cropMix : [recipe]);

/** A finding where `wrong` holds. */
export function when(
  wrong: boolean,
  level: Finding["level"],
  keys: readonly RecipeKey[],
  message: string,
  rule: string,
  hint: string,
): Finding[] {
  return wrong ? [{ level, keys, message, rule, hint }] : [];
}
