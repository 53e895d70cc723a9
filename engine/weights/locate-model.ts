/** From a path that a person gives to the weights that are meant: a model, a checkpoint, a run. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pathError } from "../checkpoints/byte-range.ts";
import { checkpointEndings, isDistributed } from "../checkpoints/open-checkpoint.ts";
import { isOfficialRun, latestOfficial } from "../checkpoints/official-run.ts";
import { EngineError } from "../protocol/errors.ts";

export interface ModelPlace {
  /** The folder of the model, absolute. */
  readonly directory: string;
  /** Where its weights are. */
  readonly weights: string;
  readonly kind: "safetensors" | "index" | "checkpoint";
  /** What a person would call it, by its file or folder. */
  readonly title: string;
  /** Which network of a checkpoint is meant, where the path says it after "#". */
  readonly network: string | undefined;
}

/** Of transformers' save_pretrained, the preferred first. */
const weightNames = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];

/**
 * @param path a model directory, a file of weights or the index of several; a run of ours or an
 *   official one, a checkpoint of either; after "#" the network that is meant
 * @throws EngineError "path.missing", "path.unreadable", "weights.format"
 */
export async function locateModel(path: string): Promise<ModelPlace> {
  const { file, network } = await splitNetwork(path);
  const info = await stat(file).catch((error: unknown) => {
    throw pathError(file, error);
  });
  const place = info.isDirectory() ? await inFolder(file) : await ofFile(file);
  return { ...place, network };
}

/** A path that leads to the same weights again, and to no others of their folder. */
export function pathOf({ directory, weights, network }: ModelPlace): string {
  const isUsual = weightNames.some((name) => weights === join(directory, name));
  return (isUsual ? directory : weights) + (network === undefined ? "" : `#${network}`);
}

/** "checkpoint.pth#student" where no file is called so. */
async function splitNetwork(path: string): Promise<{ file: string; network: string | undefined }> {
  const mark = path.lastIndexOf("#");
  if (mark <= 0 || (await stat(path).catch(() => undefined)))
    return { file: path, network: undefined };
  return { file: path.slice(0, mark), network: path.slice(mark + 1) };
}

type PlainPlace = Omit<ModelPlace, "network">;

async function inFolder(path: string): Promise<PlainPlace> {
  const directory = await inRun(await realpath(path));
  const title = folderTitle(directory);
  if (await isDistributed(directory)) {
    return { directory, weights: directory, kind: "checkpoint", title };
  }
  if (await isOfficialRun(directory)) return ofPath(await latestOfficial(directory));
  const names = await readdir(directory).catch((error: unknown) => {
    throw pathError(path, error);
  });
  for (const name of weightNames) {
    if (names.includes(name))
      return { directory, weights: join(directory, name), kind: kindOf(name), title };
  }
  throw new EngineError(
    "path.missing",
    `${path}: expected a model directory with config.json and model.safetensors; it holds ${listNames(names)}`,
    { hint: await directoryHint(directory, names) },
  );
}

async function ofPath(path: string): Promise<PlainPlace> {
  return (await stat(path)).isDirectory() ? inFolder(path) : ofFile(path);
}

async function ofFile(path: string): Promise<PlainPlace> {
  // Not the real path: in the Hugging Face cache a link's target has no config.json beside it.
  const folder = dirname(path);
  const directory = await realpath(folder);
  // One of several shards stands for all of them.
  const index = /-\d{5}-of-\d{5}\.(safetensors|bin)$/.test(path)
    ? join(folder, `${basename(path).replace(/-\d{5}-of-\d{5}/, "")}.index.json`)
    : undefined;
  if (index !== undefined && (await stat(index).catch(() => undefined))?.isFile() === true) {
    return { directory, weights: index, kind: "index", title: folderTitle(directory) };
  }
  const kind = kindOf(path);
  // A model directory's file has a name that says nothing.
  const isNamed = kind === "checkpoint" && basename(path) !== "pytorch_model.bin";
  const title = isNamed ? basename(path).replace(/\.\w+$/, "") : folderTitle(directory);
  const isKnown =
    kind !== "checkpoint" || checkpointEndings.some((ending) => path.endsWith(ending));
  if (isKnown) return { directory, weights: path, kind, title };
  throw new EngineError(
    "weights.format",
    `${path}: expected a model directory, a run, or a file of weights (.safetensors, ${checkpointEndings.join(", ")})`,
    { hint: "If it is one of these, give it the ending that it should have." },
  );
}

/** What a person would call it: in the Hugging Face Hub's cache the repository, elsewhere the folder. */
export function folderTitle(directory: string): string {
  const snapshot = /[\\/]models--([^\\/]+)[\\/]snapshots[\\/][0-9a-f]{40}$/.exec(directory);
  return snapshot ? snapshot[1]!.replace("--", "/") : basename(directory);
}

function kindOf(name: string): ModelPlace["kind"] {
  if (/\.(safetensors|bin)\.index\.json$/.test(name)) return "index";
  return name.endsWith(".safetensors") ? "safetensors" : "checkpoint";
}

/** Of a training run the newest checkpoint is meant, and of a checkpoint its teacher. */
async function inRun(folder: string): Promise<string> {
  const has = (...names: string[]) =>
    stat(join(folder, ...names)).then(
      () => true,
      () => false,
    );
  if (await has("run.json")) {
    const names = await readdir(join(folder, "checkpoints")).catch(() => []);
    const steps = names
      .filter((name) => /^step-\d+$/.test(name))
      .map((name) => Number(name.slice(5)));
    const newest = `step-${String(Math.max(0, ...steps)).padStart(6, "0")}`;
    return steps.length > 0 ? inRun(join(folder, "checkpoints", newest)) : folder;
  }
  return (await has("state.json")) && (await has("teacher")) ? join(folder, "teacher") : folder;
}

async function directoryHint(directory: string, names: readonly string[]): Promise<string> {
  const checkpoint = names.find((name) => checkpointEndings.some((end) => name.endsWith(end)));
  if (checkpoint !== undefined) return `Perhaps ${join(directory, checkpoint)} is meant.`;
  for (const name of names) {
    const inner = await stat(join(directory, name, "config.json")).catch(() => undefined);
    if (inner) return `Perhaps ${join(directory, name)} is meant.`;
  }
  return "Give the folder that transformers' save_pretrained wrote, or a snapshot of the model's repository.";
}

function listNames(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
