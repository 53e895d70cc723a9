/** Where a model comes from, as far as its own folder tells: the run that trained it and its data. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { openRun } from "../runs/run-directory.ts";
import { stepOf } from "../runs/checkpoint-layout.ts";
import type { Recipe } from "../recipe/recipe.ts";

export interface Origin {
  /** In one sentence: "Teacher at step 12,000 of a run of kind refine, seed 0." */
  readonly text: string;
  /** What it was trained on, in words: 'the folder "photos"'. */
  readonly data: string;
  /** Every default written out. */
  readonly recipe: Recipe;
}

/** How many folders above a model its run may be: run/student/checkpoints/step/teacher. */
const mostLevels = 5;

/**
 * @param directory of the model, absolute
 * @returns undefined for a model that lies in no run of ours, or in one that is damaged
 */
export async function findOrigin(directory: string): Promise<Origin | undefined> {
  let folder = directory;
  for (let level = 0; level < mostLevels; level++, folder = dirname(folder)) {
    if (!(await stat(join(folder, "run.json")).catch(() => undefined))) continue;
    try {
      const { recipe } = await openRun(folder);
      const steps = directory.split(/[\\/]/).map(stepOf);
      const step = steps.find((one) => one !== undefined);
      const at = step === undefined ? "" : ` at step ${step}`;
      const network = `${basename(directory)[0]!.toUpperCase()}${basename(directory).slice(1)}`;
      return {
        text: `${network}${at} of a run of kind ${recipe.kind}, seed ${recipe.seed}.`,
        data: describeData(recipe),
        recipe: withoutPaths(recipe),
      };
    } catch (error) {
      // The weights are good all the same; the card does without.
      if (error instanceof EngineError) return undefined;
      throw error;
    }
  }
  return undefined;
}

function describeData({ data }: Recipe): string {
  if (data.kind === "scenes") return "scenes of Gramscope's built-in world";
  const kind = data.kind === "folder" ? "the folder" : "recorded batches,";
  return `${kind} "${basename(data.path ?? "")}"`;
}

/** A card is made to be published: of a path its last name stays. */
function withoutPaths<T>(value: T): T {
  if (typeof value === "string") return (/[\\/]/.test(value) ? basename(value) : value) as T;
  if (Array.isArray(value)) return value.map(withoutPaths) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, withoutPaths(inner)]),
  ) as T;
}
