/**
 * The recipe of a training run: one flat JSON (design.md, section 4). The table of its fields is the
 * only place where a setting is written; the schema, the defaults and the editor come from it.
 */
import { dataFields } from "./data-fields.ts";
import { defaultsOf, objectSchema, type ValuesOf } from "./field.ts";
import { fileFields } from "./file-fields.ts";
import { lossFields } from "./loss-fields.ts";
import { optimiserFields } from "./optimiser-fields.ts";
import { runFields } from "./run-fields.ts";

/** Every setting by its key, in the order in which recipe.json has them. */
export const fields = {
  ...runFields,
  ...fileFields,
  ...dataFields,
  ...lossFields,
  ...optimiserFields,
};

export type RecipeKey = keyof typeof fields;

/** A resolved recipe: every default written out. */
export type Recipe = ValuesOf<typeof fields>;

/** Part of a recipe, as a preset or a caller in the program has it. */
export type PartialRecipe = Partial<Recipe>;

/** Strict; fills in defaults. `resolveRecipe` says in words what it refuses. */
export const recipeSchema = objectSchema(fields);

/** All defaults. Runs after `data.path` and `model` are given. */
export function defaultRecipe(): Recipe {
  return defaultsOf(fields);
}
