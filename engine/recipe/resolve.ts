/** From what someone wrote to a recipe with every default, or to one message that says what is wrong. */
import { EngineError } from "../protocol/errors.ts";
import { describeField, schemaOf, type Field, type Fields } from "./field.ts";
import { nearestName } from "./nearest-name.ts";
import { presets } from "./presets.ts";
import { fields, recipeSchema, type Recipe } from "./recipe.ts";
import { presetNames, type PresetName } from "./run-fields.ts";

/**
 * @param input parsed JSON; values of `preset`, where it names one, stand below those written
 * @throws EngineError "option.invalid": an unknown key, with the nearest known one; a wrong type or
 *         range, with its path. What contradicts itself is `lintRecipe`'s matter.
 */
export function resolveRecipe(input: unknown): Recipe {
  if (!isRecord(input)) {
    throw new EngineError("option.invalid", `recipe: expected an object, received ${show(input)}`, {
      hint: 'Write the recipe as one JSON object, as {"kind": "refine", "preset": "laptop-refine"}.',
    });
  }
  checkTable(fields, input, "");
  const name = Object.hasOwn(input, "preset") ? input["preset"] : null;
  const preset = isPresetName(name) ? presets[name].values : {};
  // Only known keys are copied, and only own ones.
  const written = Object.fromEntries(
    Object.keys(fields)
      .filter((key) => Object.hasOwn(input, key))
      .map((key) => [key, input[key]]),
  );
  return recipeSchema.parse({ ...preset, ...written });
}

/** Keys whose value differs from the preset's, or from the default where the preset has none. */
export function changedFrom(recipe: Recipe, name: PresetName | null): string[] {
  const base = resolveRecipe(name === null ? {} : { preset: name });
  return (Object.keys(fields) as (keyof Recipe)[]).filter(
    (key) => JSON.stringify(recipe[key]) !== JSON.stringify(base[key]),
  );
}

function checkTable(table: Fields, values: Record<string, unknown>, prefix: string): void {
  for (const key of Object.keys(values)) {
    const path = prefix + key;
    if (!Object.hasOwn(table, key)) throw unknownKey(path, key, Object.keys(table));
    checkField(table[key]!, values[key], path);
  }
}

/** Inside objects and lists first, so that the message names the innermost path. */
function checkField(field: Field, value: unknown, path: string): void {
  if (value === null && field.nullable) return;
  if (field.parts && isRecord(value)) {
    checkTable(field.parts, value, `${path}.`);
    return;
  }
  if (field.item && Array.isArray(value)) {
    value.forEach((entry, i) => checkField(field.item!, entry, `${path}[${i}]`));
  }
  if (!schemaOf(field).safeParse(value).success) {
    throw new EngineError(
      "option.invalid",
      `recipe, ${path}: expected ${describeField(field)}, received ${show(value)}`,
      { hint: field.help },
    );
  }
}

function unknownKey(path: string, key: string, known: readonly string[]): EngineError {
  const nearest = nearestName(key, known);
  return new EngineError("option.invalid", `recipe, ${path.slice(0, 200)}: no such setting`, {
    hint:
      nearest === undefined
        ? `Remove it. Settings here: ${known.slice(0, 12).join(", ")}${known.length > 12 ? ", ..." : ""}.`
        : `Did you mean ${nearest}?`,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPresetName(value: unknown): value is PresetName {
  return (presetNames as readonly unknown[]).includes(value);
}

/** A received value, short enough for one line. */
function show(value: unknown): string {
  const written = typeof value === "number" ? String(value) : JSON.stringify(value);
  // undefined and functions have no JSON, whatever the type says.
  const shown = (written as string | undefined) ?? typeof value;
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
}
