/**
 * What goes where in a checkpoint, for its writer and its reader: the backbone of each network into
 * a model directory, its heads into one file, everything else beside the optimiser's moments.
 */
import { join } from "node:path";
import { z } from "zod";
import type { VitConfig } from "../model/config.ts";
import { maskToken, paramShapes } from "../model/params.ts";
import type { HostTensors } from "./tensor-file.ts";

export const headsFile = "heads.safetensors";
export const optimizerFile = "optimizer.safetensors";
export const stateFile = "state.json";

const count = z.number().nonnegative();
const shape = z.array(z.int().nonnegative());

/** state.json. */
export const stateSchema = z.object({
  format: z.int().positive(),
  /** Optimiser steps that are done. */
  step: z.int().nonnegative(),
  /** What the run is at, in the trainer's words. */
  phase: z.string(),
  /** How often the Gram teacher was replaced so far. */
  gramUpdates: z.int().nonnegative(),
  /** Length of metrics.jsonl when this was written; the log is cut back to it. */
  metricsBytes: z.int().nonnegative(),
  elapsedSeconds: count,
  /** Whatever else the trainer wants back. */
  extra: z.record(z.string(), z.unknown()),
  /** Network -> how its mask token is shaped in the state; null where it has none. */
  networks: z.record(z.string().regex(/^\w[\w-]*$/), z.object({ mask: shape.nullable() })),
  /** Every other file of the checkpoint and its bytes: what is cut short or gone is noticed. */
  files: z.record(z.string(), z.int().nonnegative()),
});
export type CheckpointInfo = z.infer<typeof stateSchema>;

/** "step-000100". */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/** The step of a folder that {@link checkpointName} named, or undefined. */
export function stepOf(name: string): number | undefined {
  const digits = /^step-(\d{6,})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The files of a model directory within a checkpoint, relative to it. */
export function modelFiles(network: string): string[] {
  return ["config.json", "model.safetensors", "preprocessor_config.json"].map((name) =>
    join(network, name).replaceAll("\\", "/"),
  );
}

export interface SplitState {
  /** Network -> its backbone by our names. */
  readonly backbones: Readonly<Record<string, HostTensors>>;
  /** By their names in the state. */
  readonly heads: HostTensors;
  readonly optimizer: HostTensors;
}

/**
 * Every tensor of a state has one place. A network is what has a `backbone.`; the moments (`m.`,
 * `v.`) have one too, and are none.
 */
export function splitState(
  state: HostTensors,
  configOf: (network: string) => VitConfig,
): SplitState {
  const names = Object.keys(state);
  const networks = new Set(
    names
      .filter((name) => /^(?!m\.|v\.)[^.]+\.backbone\./.test(name))
      .map((name) => name.slice(0, name.indexOf("."))),
  );
  const backbones = Object.fromEntries(
    [...networks].map((network) => {
      const own = [...Object.keys(paramShapes(configOf(network))), maskToken];
      const found = own.flatMap((name) => {
        const tensor = state[backboneName(network, name)];
        return tensor ? [[name, tensor] as const] : [];
      });
      return [network, Object.fromEntries(found)];
    }),
  );
  const placed = new Set(
    Object.entries(backbones).flatMap(([network, params]) =>
      Object.keys(params).map((name) => backboneName(network, name)),
    ),
  );
  const rest = names.filter((name) => !placed.has(name));
  const isOfNetwork = (name: string) =>
    networks.has(name.slice(0, name.indexOf("."))) || /^(student|teacher|gram)\./.test(name);
  const pick = (chosen: readonly string[]) =>
    Object.fromEntries(chosen.map((name) => [name, state[name]!]));
  return {
    backbones,
    heads: pick(rest.filter(isOfNetwork)),
    optimizer: pick(rest.filter((name) => !isOfNetwork(name))),
  };
}

export function backboneName(network: string, name: string): string {
  return `${network}.backbone.${name}`;
}
