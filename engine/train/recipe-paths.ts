/** Paths in a recipe are relative to its own folder; in a run's recipe.json they are absolute. */
import path from "node:path";
import type { Recipe } from "../recipe/recipe.ts";
import { isSceneName } from "../scenes/named-scene.ts";

export function absolutePaths(recipe: Recipe, folder: string): Recipe {
  const absolute = (file: string) => path.resolve(folder, file);
  const orNull = (file: string | null) => (file === null ? null : absolute(file));
  const isWord = recipe.gramTeacher === "init" || recipe.gramTeacher === "ema";
  return {
    ...recipe,
    data: { ...recipe.data, path: orNull(recipe.data.path) },
    init: orNull(recipe.init),
    teacher: orNull(recipe.teacher),
    students: recipe.students.map((student) => ({ ...student, init: orNull(student.init) })),
    gramTeacher: isWord ? recipe.gramTeacher : absolute(recipe.gramTeacher),
    watch: recipe.watch.map((file) => (isSceneName(file) ? file : absolute(file))),
  };
}
