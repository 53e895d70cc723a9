/** When the Gram teacher becomes a copy of the EMA teacher (C.2: rep_update and its settings). */
import type { Recipe } from "../recipe/recipe.ts";

type RefreshRecipe = Pick<Recipe, "gramUpdateEvery" | "gramMaxUpdates" | "gramFirstUpdate">;

/**
 * @param step    counted from 0, that has just ended
 * @param updates so far
 */
export function isGramRefreshDue(
  { gramUpdateEvery, gramMaxUpdates, gramFirstUpdate }: RefreshRecipe,
  step: number,
  updates: number,
): boolean {
  return (
    gramUpdateEvery > 0 &&
    step + 1 >= gramFirstUpdate &&
    (step + 1) % gramUpdateEvery === 0 &&
    (gramMaxUpdates === null || updates < gramMaxUpdates)
  );
}
