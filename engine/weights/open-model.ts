/**
 * A model directory as Hugging Face writes it, opened and checked without reading a weight: where
 * every parameter lies, and what the model wants of a photograph.
 */
import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import type { ParamSource } from "../executors/executor.ts";
import { dinov3Preprocessor, type Preprocessor } from "../image/preprocessor.ts";
import { namedVariants, recognise, type VariantName, type VitConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import { parseHfConfig } from "./hf-config.ts";
import { parseHfPreprocessor, satelliteNote } from "./hf-preprocessor.ts";
import { matchParams, type MatchReport } from "./match-params.ts";
import { pathError, readSafetensors, type SafetensorsFile } from "./safetensors.ts";

export interface ModelFiles {
  /** What a person would call it. */
  readonly name: string;
  /** The folder, absolute. */
  readonly directory: string;
  readonly config: VitConfig;
  /** Which released model it is, by its shape. */
  readonly variant?: VariantName | undefined;
  /** Our name -> a byte range of a file whose path holds no symbolic link. */
  readonly params: Readonly<Record<string, ParamSource>>;
  readonly maskToken?: ParamSource | undefined;
  readonly preprocessor: Preprocessor;
  readonly report: MatchReport;
  /** "F32", or with counts where they are mixed: "BF16 (182), F32 (6)". */
  readonly dtype: string;
  /** False for random weights. */
  readonly trained: boolean;
  readonly note?: string | undefined;
  readonly licence?: string | undefined;
  /** Bytes of the weight files together. */
  readonly sizeBytes: number;
}

/** A model as it was found, possibly with a reason not to use it. */
export interface SurveyedModel extends ModelFiles {
  readonly files: readonly SafetensorsFile[];
  readonly problem?: EngineError | undefined;
}

/**
 * @param path a model directory, its .safetensors file, or its model.safetensors.index.json; a
 *   training run or one of its checkpoints
 * @throws EngineError "path.missing", "path.unreadable"; "weights.format", "weights.missing",
 *   "weights.extra", "weights.shape"; "config.invalid", "config.contradicts"; "model.unknown"
 */
export async function openModelFiles(path: string): Promise<ModelFiles> {
  const { files: _, problem, ...model } = await surveyModel(path);
  if (problem) throw problem;
  return model;
}

/** As {@link openModelFiles}, but weights that do not fit the configuration are told, not thrown. */
export async function surveyModel(path: string): Promise<SurveyedModel> {
  const { directory, weights } = await locate(path);
  const configPath = join(directory, "config.json");
  const configJson = await readJson(configPath);
  if (configJson === undefined) {
    throw new EngineError("path.missing", `${configPath}: a model's weights need it beside them`, {
      hint: "Download the model's config.json into the same folder.",
    });
  }
  const { vit, marker, nameOrPath } = parseHfConfig(configJson, configPath);
  const preprocessorPath = join(directory, "preprocessor_config.json");
  const preprocessorJson = await readJson(preprocessorPath);
  const pre =
    preprocessorJson === undefined
      ? dinov3Preprocessor
      : parseHfPreprocessor(preprocessorJson, preprocessorPath);

  const files = weights.endsWith(".json")
    ? await readShards(weights)
    : [await readSafetensors(weights)];
  const matched = matchParams(files, vit, path);
  const variant = recognise(vit);
  const notes = [
    marker.note,
    satelliteNote([basename(directory), nameOrPath], pre),
    preprocessorJson === undefined
      ? "No preprocessor_config.json; the DINOv3 defaults are used."
      : undefined,
  ].filter((note) => note !== undefined);
  return {
    name: marker.name ?? (variant ? namedVariants[variant].title : basename(directory)),
    directory,
    config: vit,
    variant,
    params: matched.params,
    maskToken: matched.maskToken,
    preprocessor: pre,
    report: matched.report,
    dtype: summariseDtypes(matched.params),
    trained: marker.trained ?? true,
    note: notes.length > 0 ? notes.join(" ") : undefined,
    licence: marker.licence,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    files,
    problem: matched.problem,
  };
}

/** The folder of a model and its weights: one .safetensors file or the index of its shards. */
async function locate(path: string): Promise<{ directory: string; weights: string }> {
  const info = await stat(path).catch((error: unknown) => {
    throw pathError(path, error);
  });
  if (info.isDirectory()) {
    const directory = await inRun(await realpath(path));
    const names = await readdir(directory).catch((error: unknown) => {
      throw pathError(path, error);
    });
    for (const name of ["model.safetensors", "model.safetensors.index.json"]) {
      if (names.includes(name)) return { directory, weights: join(directory, name) };
    }
    throw new EngineError(
      "path.missing",
      `${path}: expected a model directory with config.json and model.safetensors; it holds ${listNames(names)}`,
      { hint: await directoryHint(directory, names) },
    );
  }
  // Not the real path: in the Hugging Face cache a link's target has no config.json beside it.
  const directory = dirname(path);
  if (path.endsWith(".safetensors")) {
    const isShard = /-\d{5}-of-\d{5}\.safetensors$/.test(path);
    const index = join(directory, "model.safetensors.index.json");
    const hasIndex = isShard && (await stat(index).catch(() => undefined))?.isFile() === true;
    return { directory: await realpath(directory), weights: hasIndex ? index : path };
  }
  if (path.endsWith(".safetensors.index.json")) {
    return { directory: await realpath(directory), weights: path };
  }
  throw new EngineError(
    "weights.format",
    `${path}: expected a model directory, a .safetensors file or a .safetensors.index.json`,
    { hint: "Other checkpoint formats are not read yet; save the model as safetensors." },
  );
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
  if (names.some((name) => /\.(pth|pt|bin|ckpt)$/.test(name))) {
    return "PyTorch's own files are not read yet; save the model with save_pretrained(safe_serialization=True).";
  }
  for (const name of names) {
    const inner = await stat(join(directory, name, "config.json")).catch(() => undefined);
    if (inner) return `Perhaps ${join(directory, name)} is meant.`;
  }
  return "Give the folder that transformers' save_pretrained wrote, or a snapshot of the model's repository.";
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Every shard that an index names, with what the index promises checked. */
async function readShards(indexPath: string): Promise<SafetensorsFile[]> {
  const parsed = indexSchema.safeParse(await readJson(indexPath));
  if (!parsed.success) {
    throw new EngineError(
      "weights.format",
      `${indexPath}: expected "weight_map", tensor name to file name`,
    );
  }
  const map = Object.entries(parsed.data.weight_map);
  const shards = new Map<string, SafetensorsFile>();
  for (const name of [...new Set(map.map(([, file]) => file))].sort()) {
    if (name !== basename(name) || !name.endsWith(".safetensors")) {
      throw new EngineError(
        "weights.format",
        `${indexPath}: expected the names of .safetensors files beside it, received "${name}"`,
      );
    }
    shards.set(name, await readSafetensors(join(dirname(indexPath), name)));
  }
  for (const [tensor, name] of map) {
    if (shards.get(name)?.tensors.has(tensor) !== true) {
      throw new EngineError(
        "weights.missing",
        `${indexPath}: ${tensor}: expected in ${name}, which has no such tensor`,
        { hint: "The index and its shards are of different downloads." },
      );
    }
  }
  return [...shards.values()];
}

/** @returns undefined when there is no such file */
async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > 100_000_000) throw new EngineError("config.invalid", `${path}: far too large`);
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const refusal = pathError(path, error);
    if (refusal.code === "path.missing") return undefined;
    throw refusal;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("config.invalid", `${path}: expected JSON: ${reason}`);
  }
}

function summariseDtypes(params: Readonly<Record<string, ParamSource>>): string {
  const counts = new Map<string, number>();
  for (const param of Object.values(params)) {
    const dtype = param.kind === "file" ? param.dtype : "F32";
    counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  }
  if (counts.size <= 1) return [...counts.keys()][0] ?? "none";
  return [...counts].map(([dtype, count]) => `${dtype} (${count})`).join(", ");
}

function listNames(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
