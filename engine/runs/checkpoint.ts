/**
 * Writing a checkpoint: all of it into a folder that nobody reads, synchronised to the disk, then
 * renamed. Killed at any moment, a run has its earlier checkpoints whole.
 */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Preprocessor } from "../image/preprocessor.ts";
import type { VitConfig } from "../model/config.ts";
import { maskToken, paramShapes } from "../model/params.ts";
import { writeModelDirectory } from "../weights/write-model.ts";
import {
  checkpointName,
  headsFile,
  modelFiles,
  optimizerFile,
  splitState,
  stateFile,
  type CheckpointInfo,
} from "./checkpoint-layout.ts";
import { syncFolder, temporaryName, writeJson } from "../files/durable.ts";
import { runFormat, runPaths, type Run } from "./run-directory.ts";
import { writeTensors, type HostTensors } from "./tensor-file.ts";
import { runRefusal } from "./disk-full.ts";

export interface Checkpoint {
  /** Optimiser steps that are done. */
  readonly step: number;
  /**
   * Every tensor by its flat name: `student.backbone.*` and the like, heads, `m.*`, `v.*`, and
   * whatever else must come back.
   */
  readonly state: HostTensors;
  /** Of every network that `configs` does not name. */
  readonly config: VitConfig;
  /** By network, as "teacher" of a distillation. */
  readonly configs?: Readonly<Record<string, VitConfig>> | undefined;
  readonly preprocessor: Preprocessor;
  /** Of the run, in the names of the models; the folder's otherwise. */
  readonly name?: string | undefined;
  /** False while the weights are still random; by default from step 1 on they are not. */
  readonly trained?: boolean | undefined;
  readonly phase: string;
  readonly gramUpdates: number;
  /** From MetricsLog. */
  readonly metricsBytes: number;
  readonly elapsedSeconds: number;
  /** JSON. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Write checkpoints/step-NNNNNN; one that is there already is replaced.
 * @returns its folder
 * @throws EngineError "disk.full", "path.unwritable"; nothing is left behind then, and earlier
 *   checkpoints are as they were
 */
export async function writeCheckpoint(
  run: Pick<Run, "folder">,
  checkpoint: Checkpoint,
): Promise<string> {
  const { checkpoints } = runPaths(run);
  const target = join(checkpoints, checkpointName(checkpoint.step));
  const temporary = temporaryName(target);
  try {
    await mkdir(temporary, { recursive: true });
    await writeParts(temporary, basename(run.folder), checkpoint);
    await syncFolder(temporary);
    await replaceFolder(temporary, target);
    await syncFolder(checkpoints);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // The first error counts.
    throw runRefusal(target, error);
  }
  return target;
}

async function writeParts(folder: string, runName: string, checkpoint: Checkpoint): Promise<void> {
  const { step, state, preprocessor, phase, gramUpdates, metricsBytes, elapsedSeconds } =
    checkpoint;
  const configOf = (network: string) => checkpoint.configs?.[network] ?? checkpoint.config;
  const { backbones, heads, optimizer } = splitState(state, configOf);
  for (const [network, params] of Object.entries(backbones)) {
    await writeModelDirectory(join(folder, network), {
      config: configOf(network),
      preprocessor,
      params: parameterValues(network, params, configOf(network)),
      name: `${checkpoint.name ?? runName}, ${network} at step ${step}`,
      trained: checkpoint.trained ?? step > 0,
    });
    await syncFolder(join(folder, network));
  }
  await writeTensors(join(folder, headsFile), heads);
  await writeTensors(join(folder, optimizerFile), optimizer);
  const names = [...Object.keys(backbones).flatMap(modelFiles), headsFile, optimizerFile];
  const files: Record<string, number> = {};
  for (const name of names) files[name] = (await stat(join(folder, name))).size;
  const info: CheckpointInfo = {
    format: runFormat,
    step,
    phase,
    gramUpdates,
    metricsBytes,
    elapsedSeconds,
    extra: { ...checkpoint.extra },
    networks: Object.fromEntries(
      Object.entries(backbones).map(([network, params]) => {
        return [network, { mask: params[maskToken] ? [...params[maskToken].shape] : null }];
      }),
    ),
    files,
  };
  await writeJson(join(folder, stateFile), info);
}

/** The values of a backbone; that they have the shapes of its configuration is the trainer's duty. */
function parameterValues(
  network: string,
  params: HostTensors,
  config: VitConfig,
): Record<string, Float32Array> {
  const shapes = paramShapes(config);
  return Object.fromEntries(
    Object.entries(params).map(([name, { dtype, shape, data }]) => {
      const expected = shapes[name];
      if (dtype !== "float32" || (expected && expected.join() !== shape.join())) {
        throw new Error(`internal: ${network}.backbone.${name} is ${dtype} [${shape.join(", ")}]`);
      }
      return [name, data as Float32Array];
    }),
  );
}

/** A folder cannot be renamed over one that is not empty, so the old one steps aside first. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const old = temporaryName(to);
  const hasOld = await rename(to, old).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    },
  );
  try {
    await rename(from, to);
  } catch (error) {
    if (hasOld) await rename(old, to);
    throw error;
  }
  if (hasOld) await rm(old, { recursive: true, force: true }).catch(() => {}); // Removed at a resume.
}
