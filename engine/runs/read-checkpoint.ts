/** Reading checkpoints: the newest that is whole, and the training state in it, bit for bit. */
import { readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { HostTensor, ParamSource } from "../executors/executor.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import { asVit, type VitConfig } from "../model/config.ts";
import { maskToken } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import { readParam, readSafetensors } from "../weights/safetensors.ts";
import {
  backboneName,
  headsFile,
  optimizerFile,
  stateFile,
  stateSchema,
  stepOf,
  type CheckpointInfo,
} from "./checkpoint-layout.ts";
import { isTemporaryName } from "../files/durable.ts";
import type { RunLock } from "./lock.ts";
import { damaged, readRunJson, refuseNewer, runPaths, type Run } from "./run-directory.ts";
import { readTensors } from "./tensor-file.ts";

export interface CheckpointPlace {
  readonly step: number;
  /** Absolute. */
  readonly folder: string;
}

export interface NetworksOfCheckpoint {
  readonly info: CheckpointInfo;
  /** By network. */
  readonly configs: Readonly<Record<string, VitConfig>>;
  /** Of the models, which all want the same. Undefined when there is none. */
  readonly preprocessor: Preprocessor | undefined;
  /** Backbones and heads by their flat names. */
  readonly tensors: Record<string, HostTensor>;
}

export interface ReadCheckpoint {
  readonly info: CheckpointInfo;
  readonly configs: Readonly<Record<string, VitConfig>>;
  readonly preprocessor: Preprocessor | undefined;
  /** Exactly what was given to writeCheckpoint. */
  readonly state: Record<string, HostTensor>;
}

/**
 * The whole state of a checkpoint.
 * @throws EngineError "run.missing", "run.damaged" naming the file, "run.version"
 */
export async function readCheckpoint(folder: string): Promise<ReadCheckpoint> {
  const { tensors, ...rest } = await readNetworks(folder);
  const optimizer = await refusing(() => readTensors(join(folder, optimizerFile)));
  return { ...rest, state: { ...tensors, ...optimizer } };
}

/** As {@link readCheckpoint}, without the optimiser, which is twice the student. */
export async function readNetworks(folder: string): Promise<NetworksOfCheckpoint> {
  const info = await checkCheckpoint(folder);
  const tensors: Record<string, HostTensor> = {};
  const configs: Record<string, VitConfig> = {};
  let preprocessor: Preprocessor | undefined;
  for (const [network, { mask }] of Object.entries(info.networks)) {
    const model = await refusing(() => openModelFiles(join(folder, network)));
    configs[network] = asVit(model.config); // Runs write nothing else.
    preprocessor ??= model.preprocessor;
    for (const [name, tensor] of Object.entries(await refusing(() => readBackbone(model)))) {
      // The model always has a mask token, the state not always, and in a shape of its own.
      if (name !== maskToken) tensors[backboneName(network, name)] = tensor;
      else if (mask) tensors[backboneName(network, name)] = { ...tensor, shape: mask };
    }
  }
  const heads = await refusing(() => readTensors(join(folder, headsFile)));
  return { info, configs, preprocessor, tensors: { ...tensors, ...heads } };
}

/** Every parameter of a model as float32, with its mask token [1, 1, d] where it has one. */
export async function readBackbone(
  model: Pick<ModelFiles, "params" | "maskToken">,
): Promise<Record<string, HostTensor>> {
  const sources = { ...model.params, ...(model.maskToken && { [maskToken]: model.maskToken }) };
  const tensors: Record<string, HostTensor> = {};
  for (const [name, source] of Object.entries<ParamSource>(sources)) {
    tensors[name] = { dtype: "float32", shape: source.shape, data: await readParam(source) };
  }
  return tensors;
}

/**
 * Look at a checkpoint without reading its tensors: every file is there, has its length and a header
 * that holds together.
 * @throws EngineError "run.missing", "run.damaged" naming the file, "run.version"
 */
export async function checkCheckpoint(folder: string): Promise<CheckpointInfo> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    throw new EngineError("run.missing", `${folder}: expected a checkpoint, no folder is there`, {
      hint: "Give a folder as RUN/checkpoints/step-000100.",
    });
  }
  const path = join(folder, stateFile);
  const json = await readRunJson(path);
  refuseNewer(path, json);
  const parsed = stateSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw damaged(path, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  for (const [name, expected] of Object.entries(parsed.data.files)) {
    const file = join(folder, name);
    const size = (await stat(file).catch(() => undefined))?.size;
    if (size === undefined) throw damaged(file, "the file is missing");
    if (size !== expected) {
      throw damaged(file, `expected ${expected} bytes, the file has ${size}`);
    }
    if (name.endsWith(".safetensors")) await refusing(() => readSafetensors(file));
  }
  for (const network of Object.keys(parsed.data.networks)) {
    await refusing(() => openModelFiles(join(folder, network)));
  }
  return parsed.data;
}

/** The checkpoints of a run, whole or not, oldest first. */
export async function listCheckpoints(run: Pick<Run, "folder">): Promise<CheckpointPlace[]> {
  const { checkpoints } = runPaths({ folder: resolve(run.folder) });
  const names = await readdir(checkpoints).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw damaged(checkpoints, `cannot be read: ${String(error)}`, error);
  });
  return names
    .flatMap((name) => {
      const step = stepOf(name);
      return step === undefined ? [] : [{ step, folder: join(checkpoints, name) }];
    })
    .sort((a, b) => a.step - b.step);
}

/**
 * The newest checkpoint that is whole.
 * @param lock with it, what a killed writer left behind is removed; without it somebody else may be
 *   writing just there
 * @returns undefined when the run has none yet; `damaged` tells of newer ones that were passed over
 * @throws EngineError "run.damaged" when none of several is whole, "run.version"
 */
export async function latestCheckpoint(
  run: Pick<Run, "folder">,
  lock?: RunLock,
): Promise<(CheckpointPlace & { info: CheckpointInfo; damaged: EngineError[] }) | undefined> {
  if (lock) await removeLeftovers(run);
  const passedOver: EngineError[] = [];
  for (const place of (await listCheckpoints(run)).reverse()) {
    try {
      const info = await checkCheckpoint(place.folder);
      return { ...place, info, damaged: passedOver };
    } catch (error) {
      if (!(error instanceof EngineError) || error.code === "run.version") throw error;
      passedOver.push(error);
    }
  }
  if (passedOver[0]) throw passedOver[0];
  return undefined;
}

async function removeLeftovers(run: Pick<Run, "folder">): Promise<void> {
  const { checkpoints } = runPaths(run);
  for (const name of await readdir(checkpoints).catch(() => [])) {
    if (!isTemporaryName(name)) continue;
    // One that cannot be removed takes room and does no harm.
    await rm(join(checkpoints, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** What the readers of weights refuse is damage here: we wrote these files ourselves. */
async function refusing<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EngineError) || !/^(weights|config|model|path)\./.test(error.code)) {
      throw error;
    }
    throw new EngineError("run.damaged", error.message, {
      hint: "The file was changed, or lost in a crash of the disk; restore it, or go on from an earlier checkpoint.",
      cause: error,
    });
  }
}
