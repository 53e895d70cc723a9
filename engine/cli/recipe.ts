/** `gramscope recipe`: the presets by name, one in full, or a file checked and completed. */
import path from "node:path";
import { lintRecipe } from "../recipe/lint.ts";
import { presets } from "../recipe/presets.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { presetNames, type PresetName } from "../recipe/run-fields.ts";
import { readRecipe } from "./read-recipe.ts";

export async function runRecipe(what: string | undefined): Promise<void> {
  if (what === undefined) {
    for (const name of presetNames) console.log(`${name.padEnd(26)} ${presets[name].title}`);
    return;
  }
  const isPreset = (presetNames as readonly string[]).includes(what);
  const recipe = resolveRecipe(
    isPreset && path.extname(what) === "" ? { preset: what as PresetName } : await readRecipe(what),
  );
  console.log(JSON.stringify(recipe, undefined, 2));
  for (const { level, keys, message, rule, hint } of lintRecipe(recipe)) {
    console.error(
      `${level === "error" ? "Error" : "Warning"}, ${keys.join(", ")}: ${message}. ${rule} ${hint}`,
    );
  }
}
