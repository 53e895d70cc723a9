/**
 * The folder of a training run (design.md, section 4): where each thing lies in it, how a run is
 * begun, and what is checked before one is opened.
 */
import { mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { writeJson } from "../files/durable.ts";
import { runRefusal } from "./disk-full.ts";

/** Raised when an older program would misread a run or a checkpoint. Written to run.json and state.json. */
export const runFormat = 1;

export interface Run {
  /** Absolute. */
  readonly folder: string;
  readonly recipe: Recipe;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Where the parts of a run lie. */
export function runPaths({ folder }: Pick<Run, "folder">) {
  return {
    about: join(folder, "run.json"),
    recipe: join(folder, "recipe.json"),
    metrics: join(folder, "metrics.jsonl"),
    checkpoints: join(folder, "checkpoints"),
    snapshots: join(folder, "snapshots"),
    log: join(folder, "log.txt"),
  } as const;
}

const aboutSchema = z.object({ format: z.int().positive(), createdAt: z.string() });

/**
 * Begin a run in a folder that does not exist yet or is empty.
 * @param recipe resolved; recipe.json is exactly this, so that it can be trained again
 * @throws EngineError "run.exists", "path.unwritable", "disk.full"; nothing is left behind then
 */
export async function createRun(folder: string, recipe: Recipe): Promise<Run> {
  const run: Run = { folder: resolve(folder), recipe, createdAt: new Date().toISOString() };
  const paths = runPaths(run);
  const isNew = await refuseFilled(folder);
  try {
    await mkdir(paths.checkpoints, { recursive: true });
    await mkdir(paths.snapshots, { recursive: true });
    await writeJson(paths.recipe, recipe);
    // Last, because it is what makes the folder a run.
    await writeJson(paths.about, { format: runFormat, createdAt: run.createdAt });
  } catch (error) {
    const made = isNew ? [run.folder] : Object.values(paths);
    for (const path of made) await rm(path, { recursive: true, force: true }).catch(() => {});
    throw runRefusal(run.folder, error);
  }
  return run;
}

/**
 * Open what {@link createRun} began. Its checkpoints are not looked at.
 * @throws EngineError "run.missing" when it is no run; "run.version" when a newer program wrote it;
 *   "run.damaged" naming the file that is at fault
 */
export async function openRun(folder: string): Promise<Run> {
  if (!(await isRun(folder))) {
    throw new EngineError(
      "run.missing",
      `${folder}: expected the folder of a run, with run.json and recipe.json; ${await whatIsThere(folder)}`,
      { hint: "Give the folder that was named with --out when the training began." },
    );
  }
  const paths = runPaths({ folder: resolve(folder) });
  const json = await readRunJson(paths.about);
  refuseNewer(paths.about, json);
  const about = aboutSchema.safeParse(json);
  if (!about.success) throw damaged(paths.about, "expected a format number and a date");
  return {
    folder: resolve(folder),
    recipe: parseRecipe(paths.recipe, await readRunJson(paths.recipe)),
    createdAt: about.data.createdAt,
  };
}

/** Whether a folder says of itself that it is a run. */
export async function isRun(folder: string): Promise<boolean> {
  return (await stat(join(folder, "run.json")).catch(() => undefined))?.isFile() === true;
}

/** The refusal of a file of a run that cannot be what was written. */
export function damaged(path: string, problem: string, cause?: unknown): EngineError {
  return new EngineError("run.damaged", `${path}: ${problem}`, {
    hint: "The file was changed, or lost in a crash of the disk; restore it, or go on from an earlier checkpoint.",
    cause,
  });
}

/** @throws EngineError "run.version" where `format` in a file of ours is above what this program knows */
export function refuseNewer(path: string, json: unknown): void {
  const parsed = z.object({ format: z.number() }).safeParse(json);
  if (!parsed.success || parsed.data.format <= runFormat) return;
  throw new EngineError(
    "run.version",
    `${path}: expected format ${runFormat} or older, this was written by a newer Gramscope (format ${parsed.data.format})`,
    { hint: "Open it with the newer version." },
  );
}

/** @throws EngineError "run.damaged" when the file is missing or no JSON */
export async function readRunJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw damaged(
      path,
      isMissing ? "the file is missing" : `cannot be read: ${String(error)}`,
      error,
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw damaged(path, `expected JSON: ${(error as Error).message}`, error);
  }
}

function parseRecipe(path: string, json: unknown): Recipe {
  try {
    return resolveRecipe(json);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw damaged(path, error.message, error);
  }
}

/** @returns whether the folder has yet to be made */
async function refuseFilled(folder: string): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return true;
    const isFile = code === "ENOTDIR";
    throw new EngineError(
      isFile ? "run.exists" : "path.unwritable",
      `${folder}: expected a new folder for the run, ${isFile ? "a file is in the way" : message}`,
      { hint: "Choose another place with --out.", cause: error },
    );
  }
  if (names.length === 0) return false;
  const holds = (await isRun(folder)) ? "a run" : names.slice(0, 3).join(", ");
  throw new EngineError(
    "run.exists",
    `${folder}: expected a new or an empty folder for the run, it holds ${holds}`,
    { hint: "Choose another folder with --out, or go on with this run: gramscope resume." },
  );
}

async function whatIsThere(folder: string): Promise<string> {
  const info = await stat(folder).catch(() => undefined);
  if (!info) return "nothing is there";
  if (!info.isDirectory()) return "this is a file";
  const names = await readdir(folder).catch(() => []);
  return names.length === 0 ? "the folder is empty" : `it holds ${names.slice(0, 5).join(", ")}`;
}
