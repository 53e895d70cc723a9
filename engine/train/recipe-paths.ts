/**
 * Places in a recipe: paths are relative to its own folder, and in a run's recipe.json absolute; names
 * of the Hub stay names, there with their commits.
 */
import path from "node:path";
import { isHubName, nameWithCommit } from "../hub/model-name.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { isSceneName } from "../scenes/named-scene.ts";

export function absolutePaths(recipe: Recipe, folder: string): Recipe {
  const absolute = (file: string) => path.resolve(folder, file);
  const { data, watch } = recipe;
  return {
    ...withModels(recipe, (place) => (isHubName(place) ? place : absolute(place))),
    data: { ...data, path: data.path === null ? null : absolute(data.path) },
    watch: watch.map((file) => (isSceneName(file) ? file : absolute(file))),
  };
}

/** The names of the Hub among a recipe's models, each once: "hf:org/name". */
export function hubNames(recipe: Recipe): string[] {
  const names = new Set<string>();
  withModels(recipe, (place) => {
    if (isHubName(place)) names.add(place);
    return place;
  });
  return [...names];
}

/**
 * Names of the Hub with the commits that they stand for, so that a run stays what it is.
 * @throws EngineError "path.missing" where one is not in the cache: a run downloads nothing
 */
export async function withCommits(recipe: Recipe): Promise<Recipe> {
  const known = new Map<string, string>();
  for (const name of hubNames(recipe)) known.set(name, await nameWithCommit(name));
  return withModels(recipe, (place) => known.get(place) ?? place);
}

/** Wherever a recipe names a model, what `change` makes of it. */
function withModels(recipe: Recipe, change: (place: string) => string): Recipe {
  const orNull = (place: string | null) => (place === null ? null : change(place));
  const isWord = recipe.gramTeacher === "init" || recipe.gramTeacher === "ema";
  return {
    ...recipe,
    init: orNull(recipe.init),
    teacher: orNull(recipe.teacher),
    students: recipe.students.map((student) => ({ ...student, init: orNull(student.init) })),
    gramTeacher: isWord ? recipe.gramTeacher : change(recipe.gramTeacher),
  };
}
