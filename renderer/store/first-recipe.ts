/** What a preset starts from on this machine: it runs with the photographs that are in the box. */
import type { RecipeJson, RecipePreset } from "../../engine/protocol/training.ts";
import type { RecipeTable } from "./train-state.ts";

export function firstRecipe(
  { name, recipe }: RecipePreset,
  { samplesFolder }: Pick<RecipeTable, "samplesFolder">,
): RecipeJson {
  return {
    ...recipe,
    preset: name,
    data: { kind: "folder", path: samplesFolder },
    watch: [`${samplesFolder}/coffee.jpg`],
  };
}
