/**
 * What a run starts from (`init` in a recipe): a model, a checkpoint or a run of ours, or one
 * safetensors with student, teachers and heads as parity tests and other codebases hand them over.
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findNetworks } from "../checkpoints/networks.ts";
import type { StoredTensor } from "../checkpoints/stored-tensor.ts";
import { dinov3Preprocessor, type Preprocessor } from "../image/preprocessor.ts";
import type { VitConfig } from "../model/config.ts";
import type { HeadShape } from "../model/head.ts";
import { maskToken } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { parseHfConfig } from "../weights/hf-config.ts";
import { parseHfPreprocessor } from "../weights/hf-preprocessor.ts";
import { ofSafetensors } from "../weights/model-tensors.ts";
import { isDinov3Spelling, spellingOf } from "../weights/names.ts";
import { openModelFiles } from "../weights/open-model.ts";
import { pathError, readSafetensors } from "../weights/safetensors.ts";
import { stateFile } from "./checkpoint-layout.ts";
import { deriveHead } from "./derive-head.ts";
import { readBackbones } from "./read-backbones.ts";
import { latestCheckpoint, readBackbone, readNetworks } from "./read-checkpoint.ts";
import { isRun, openRun } from "./run-directory.ts";
import { readTensors, type HostTensors } from "./tensor-file.ts";

export interface InitialHead {
  readonly shape: HeadShape;
  /** In the official spelling: mlp.0.weight ... last_layer.weight. */
  readonly tensors: HostTensors;
}

export interface InitialHeads {
  readonly dino_head?: InitialHead | undefined;
  readonly ibot_head?: InitialHead | undefined;
}

/** All tensors are float32; backbones by our names, with "mask" [1, d] where the file has one. */
export interface InitialWeights {
  readonly config: VitConfig;
  readonly preprocessor: Preprocessor;
  /** The student's, or the only one. */
  readonly backbone: HostTensors;
  readonly teacher?: HostTensors | undefined;
  readonly gram?: HostTensors | undefined;
  readonly heads: {
    readonly student?: InitialHeads | undefined;
    readonly teacher?: InitialHeads | undefined;
  };
  /** Of the checkpoint that was read. */
  readonly step?: number | undefined;
}

/**
 * @param path a model directory or its weights; a run, whose newest checkpoint is taken; a
 *   checkpoint; or one safetensors with `student.*`, `teacher.*` and `gram.backbone.*`
 * @throws EngineError as openModelFiles, readCheckpoint and openRun; "run.missing" when a run has no
 *   checkpoint yet
 */
export async function readInitialWeights(path: string): Promise<InitialWeights> {
  const info = await stat(path).catch((error: unknown) => {
    throw pathError(path, error);
  });
  if (info.isDirectory()) {
    if (await isRun(path)) return fromRun(path);
    const state = await stat(join(path, stateFile)).catch(() => undefined);
    return state?.isFile() === true ? fromCheckpoint(path) : fromModel(path);
  }
  if (!path.endsWith(".safetensors")) return fromModel(path);
  const { tensors } = ofSafetensors(await readSafetensors(path));
  const names = tensors.map(({ name }) => name);
  const isOfNetworks = names.some((name) => /^(student|gram)\./.test(name) || isTeachersHead(name));
  if (isOfNetworks) return fromNetworks(path, tensors, networkPrefixes);
  if (isOtherFamily(names)) return fromModel(path);
  // A bare backbone without its configuration can still be known by its shapes.
  const isOfficial = names.some((name) => /(^|\.)blocks\.\d+\./.test(name));
  if (!isOfficial && (await readJsonBeside(path, "config.json")) !== undefined) {
    return fromModel(path);
  }
  return fromNetworks(path, tensors, { student: findNetworks(names)[0]?.prefix ?? "" });
}

/** Spelled as no DINOv3 is: what opens models knows them. */
function isOtherFamily(names: readonly string[]): boolean {
  const prefix = findNetworks(names)[0]?.prefix ?? "";
  const own = names.filter((name) => name.startsWith(prefix));
  return !isDinov3Spelling(spellingOf(own.map((name) => name.slice(prefix.length))));
}

async function fromRun(folder: string): Promise<InitialWeights> {
  const latest = await latestCheckpoint(await openRun(folder));
  if (latest) return fromCheckpoint(latest.folder);
  throw new EngineError("run.missing", `${folder}: expected a run with a checkpoint, it has none`, {
    hint: "Let the run reach its first checkpoint, or give another starting point.",
  });
}

async function fromModel(path: string): Promise<InitialWeights> {
  const model = await openModelFiles(path);
  if (model.config.architecture === "convnext") throw refusedConvNext(path, model.name);
  return {
    config: model.config,
    preprocessor: model.preprocessor,
    backbone: withFlatMask(await readBackbone(model)),
    heads: {},
  };
}

function refusedConvNext(path: string, name: string): EngineError {
  return new EngineError(
    "weights.shape",
    `${path}: expected a vision transformer to train or to learn from, received ${name}, a ConvNeXt`,
    { hint: "Its features can be looked at, compared and scored; give a ViT here." },
  );
}

async function fromCheckpoint(folder: string): Promise<InitialWeights> {
  const { info, configs, preprocessor, tensors } = await readNetworks(folder);
  // A checkpoint of a distillation may have several students, and then says so by their names.
  const student = configs["student"] ? "student" : Object.keys(configs)[0];
  const config = student === undefined ? undefined : configs[student];
  if (student === undefined || config === undefined) {
    throw new EngineError("run.damaged", `${folder}: expected a student, it holds no network`);
  }
  const all = splitByNetwork(tensors);
  /** A teacher of another shape is no starting point for this student. */
  const alike = (network: string) =>
    JSON.stringify(configs[network]) === JSON.stringify(config) ? all[network] : undefined;
  const teacher = alike("teacher");
  return {
    config,
    preprocessor: preprocessor ?? dinov3Preprocessor,
    backbone: backboneOf(all[student]),
    teacher: teacher && backboneOf(teacher),
    gram: backboneOrNone(alike("gram")),
    heads: {
      student: headsOf(all[student], `${folder}, ${student}: `),
      teacher: headsOf(teacher, `${folder}, teacher: `),
    },
    step: info.step,
  };
}

const networkPrefixes = {
  student: "student.backbone.",
  teacher: "teacher.backbone.",
  gram: "gram.backbone.",
};

/** One file that holds several networks, or one backbone, in a foreign spelling. */
async function fromNetworks(
  path: string,
  tensors: readonly StoredTensor[],
  prefixes: Partial<Record<keyof typeof networkPrefixes, string>>,
): Promise<InitialWeights> {
  const json = await readJsonBeside(path, "config.json");
  const written =
    json === undefined ? undefined : parseHfConfig(json, join(dirname(path), "config.json")).vit;
  const { config, backbones } = await readBackbones(tensors, prefixes, written, path);
  const { student, teacher, gram } = backbones;
  const isHead = (name: string) => /^(student|teacher)\.(dino_head|ibot_head)\./.test(name);
  const heads = splitByNetwork(await readTensors(path, isHead));
  return {
    config,
    preprocessor: await preprocessorBeside(path),
    backbone: withFlatMask((student ?? teacher ?? gram)!),
    teacher: teacher && withFlatMask(teacher),
    gram: gram && withFlatMask(gram),
    heads: {
      student: headsOf(heads["student"], `${path}, student: `),
      teacher: headsOf(heads["teacher"], `${path}, teacher: `),
    },
  };
}

/** A teacher's backbone alone is a wrapped model, which has its own readers. */
function isTeachersHead(name: string): boolean {
  return /^teacher\.(dino_head|ibot_head)\./.test(name);
}

/** Network -> its tensors without its prefix. */
function splitByNetwork(tensors: HostTensors): Record<string, HostTensors> {
  const networks = new Set(Object.keys(tensors).map((name) => name.split(".", 1)[0]!));
  return Object.fromEntries([...networks].map((name) => [name, under(`${name}.`, tensors)]));
}

function headsOf(network: HostTensors | undefined, where: string): InitialHeads | undefined {
  if (!network) return undefined;
  const head = (module: "dino_head" | "ibot_head") => {
    const tensors = under(`${module}.`, network);
    if (Object.keys(tensors).length === 0) return {};
    return { [module]: { shape: deriveHead(tensors, `${where}${module}.`), tensors } };
  };
  const heads: InitialHeads = { ...head("dino_head"), ...head("ibot_head") };
  return Object.keys(heads).length === 0 ? undefined : heads;
}

function backboneOf(network: HostTensors | undefined): HostTensors {
  return withFlatMask(under("backbone.", network ?? {}));
}

function backboneOrNone(network: HostTensors | undefined): HostTensors | undefined {
  return network && backboneOf(network);
}

/** [1, d], as the training state has it. */
function withFlatMask(params: HostTensors): HostTensors {
  const mask = params[maskToken];
  return mask ? { ...params, [maskToken]: { ...mask, shape: [1, mask.data.length] } } : params;
}

function under(prefix: string, tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

async function preprocessorBeside(path: string): Promise<Preprocessor> {
  const name = "preprocessor_config.json";
  const json = await readJsonBeside(path, name);
  return json === undefined
    ? dinov3Preprocessor
    : parseHfPreprocessor(json, join(dirname(path), name));
}

/** @returns undefined when there is no such file beside the weights */
async function readJsonBeside(path: string, name: string): Promise<unknown> {
  const file = join(dirname(path), name);
  try {
    return JSON.parse(await readFile(file, "utf8")) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new EngineError("config.invalid", `${file}: expected JSON: ${error.message}`);
    }
    const refusal = pathError(file, error);
    if (refusal.code === "path.missing") return undefined;
    throw refusal;
  }
}
