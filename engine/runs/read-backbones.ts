/** Backbones of one shape in one safetensors file, in any spelling of DINOv3: one, or student and teachers. */
import { isDeepStrictEqual } from "node:util";
import type { StoredTensor } from "../checkpoints/stored-tensor.ts";
import type { VitConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import { deriveShape } from "../weights/derive-shape.ts";
import { matchParams } from "../weights/match-params.ts";
import { nameParams, type NamedParams } from "../weights/name-params.ts";
import { findParams, withoutZeroKeyBias } from "../weights/param-sources.ts";
import { readBackbone } from "./read-checkpoint.ts";
import type { HostTensors } from "./tensor-file.ts";

export interface Backbones<Network extends string> {
  readonly config: VitConfig;
  /** By our names; those that the file has. */
  readonly backbones: Readonly<Partial<Record<Network, HostTensors>>>;
}

/**
 * @param prefixes before the names of each network's backbone
 * @param written what config.json says; the shape is read off the tensors without it
 * @param path for messages
 * @throws EngineError "weights.missing", also when there is no backbone; "weights.shape", also for
 *   networks of several shapes; "weights.extra", "weights.format", "config.contradicts"
 */
export async function readBackbones<Network extends string>(
  tensors: readonly StoredTensor[],
  prefixes: Readonly<Partial<Record<Network, string>>>,
  written: VitConfig | undefined,
  path: string,
): Promise<Backbones<Network>> {
  const networks: [Network, NamedParams<StoredTensor>][] = [];
  for (const [network, prefix] of Object.entries(prefixes) as [Network, string][]) {
    if (!tensors.some(({ name }) => name.startsWith(prefix))) continue;
    const named = nameParams(tensors, prefix, path);
    const keepsKeyBias = written?.bias.key === true;
    networks.push([network, keepsKeyBias ? named : await withoutZeroKeyBias(named)]);
  }
  if (networks.length === 0) {
    throw new EngineError("weights.missing", `${path}: expected a backbone, file has no backbone`, {
      hint: "It must hold at least one whole backbone, bare or as student.backbone.*",
    });
  }
  const config = written ?? sharedShape(networks, path);
  const backbones: Partial<Record<Network, HostTensors>> = {};
  for (const [network, named] of networks) {
    const matched = matchParams(named, config, path);
    if (matched.problem) throw matched.problem;
    backbones[network] = await readBackbone(await findParams(matched));
  }
  return { config, backbones };
}

/** @param networks at least one */
function sharedShape(
  networks: readonly [string, NamedParams<StoredTensor>][],
  path: string,
): VitConfig {
  const [first, ...others] = networks.map(
    ([network, named]) => [network, deriveShape(named, {}, path)] as const,
  );
  const [name, config] = first!;
  for (const [other, shape] of others) {
    const settings = Object.keys(config) as (keyof VitConfig)[];
    const unlike = settings.filter((key) => !isDeepStrictEqual(config[key], shape[key]));
    if (unlike.length === 0) continue;
    throw new EngineError(
      "weights.shape",
      `${path}: expected networks of one shape; ${name} and ${other} differ in ${unlike.join(", ")}`,
      { hint: "Keep the networks of one model in one file." },
    );
  }
  return config;
}
