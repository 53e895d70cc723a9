/**
 * What a ConvNeXt is: by the config.json of transformers, or by its tensors. Its parameters have the
 * names of an older network for classes, so who trained it is told by what lies around them.
 */
import { join } from "node:path";
import { z } from "zod";
import { convNextConfig, type ConvNextConfig, type PerStage } from "../model/convnext-config.ts";
import { EngineError } from "../protocol/errors.ts";
import {
  calledOf,
  notesOf,
  readPreprocessor,
  timmOf,
  type Description,
} from "./describe-family.ts";
import { families, usualPreprocessor, type Family } from "./families.ts";
import { convNextModelType, isOurs, parseMarker } from "./hf-config.ts";
import { invalidField } from "./invalid-field.ts";
import type { ModelPlace } from "./locate-model.ts";
import { readJson } from "./model-tensors.ts";
import type { NamedParams, NamedTensor } from "./name-params.ts";
import { isConvNextSpelling, upstreamName } from "./names.ts";

/**
 * @param path as it was given, for messages
 * @returns undefined for another architecture
 * @throws EngineError "config.invalid" for a field of the wrong kind, "config.contradicts" where
 *   config.json is of another architecture, "weights.missing" when a stage is not there
 */
export async function describeConvNext(
  place: ModelPlace,
  named: NamedParams<NamedTensor>,
  path: string,
): Promise<Description | undefined> {
  const { spelling } = named;
  if (!isConvNextSpelling(spelling)) return undefined;
  const configPath = join(place.directory, "config.json");
  const isTransformers = spelling === "transformers' ConvNeXt";
  // Of timm and others it says in other words what the tensors do.
  const json = await readJson(configPath).catch((error: unknown) => {
    if (isTransformers) throw error;
    return undefined;
  });
  const told = isTransformers && json !== undefined ? parseConfig(json, configPath) : undefined;
  const { marker, nameOrPath } = parseMarker(json);
  const timm = timmOf(json);
  const called = `${calledOf(place, nameOrPath)} ${timm.called}`;
  const isDinov3 =
    isTransformers ||
    /dino[-_]?v3/i.test(called) ||
    // DINOv3's code alone keeps its final norm under this name too.
    named.dropped.some((name) => /(^|\.)norms\.3\./.test(name));
  const family = isDinov3 ? "dinov3ConvNext" : "convNext";
  const { title, licence }: Family = families[family];
  const usual = { ...usualPreprocessor(family, undefined), ...timm.statistics };
  const found = await readPreprocessor(place, usual, isTransformers || isOurs(json));
  const notes = notesOf(marker, [
    "A convolutional network: its layers are four stages with patches of 4, 8, 16 and 32 px, and CLS is the mean of the patches.",
    found ? undefined : `No preprocessor_config.json; what is usual for ${title} is used.`,
  ]);
  const config = told ?? deriveShape(named, path);
  return { family, config, preprocessor: found ?? usual, marker, notes, licence };
}

const sizes = z.array(z.int().positive().max(1_000_000)).length(4);

/** The fields that decide what is computed, with the defaults of DINOv3ConvNextConfig. */
const hfConfig = z.object({
  num_channels: z.int().default(3),
  hidden_sizes: sizes.default([96, 192, 384, 768]),
  depths: z.array(z.int().positive().max(1000)).length(4).default([3, 3, 9, 3]),
  hidden_act: z.string().default("gelu"),
  layer_norm_eps: z.number().positive().max(1).default(1e-6),
});

function parseConfig(json: unknown, path: string): ConvNextConfig {
  const type = z.object({ model_type: z.string() }).safeParse(json).data?.model_type;
  const check = (
    code: "config.invalid" | "config.contradicts",
    holds: boolean,
    problem: string,
  ) => {
    if (!holds) throw new EngineError(code, `${path}: ${problem}`);
  };
  check(
    "config.contradicts",
    type === convNextModelType,
    `model_type: expected "${convNextModelType}", as which the tensors are named, received ${type === undefined ? "none" : JSON.stringify(type)}`,
  );
  const parsed = hfConfig.safeParse(json);
  if (!parsed.success) throw invalidField(path, parsed.error);
  const { num_channels, hidden_sizes, depths, hidden_act, layer_norm_eps } = parsed.data;
  check("config.invalid", num_channels === 3, `num_channels: expected 3, received ${num_channels}`);
  check(
    "config.invalid",
    hidden_act === "gelu",
    `hidden_act: expected "gelu", received "${hidden_act}"`,
  );
  return convNextConfig(fourOf(hidden_sizes), fourOf(depths), layer_norm_eps);
}

/** Channels and blocks of every stage, by its blocks' numbers and the first one's convolution. */
function deriveShape(
  { found, prefix, spelling }: NamedParams<NamedTensor>,
  where: string,
): ConvNextConfig {
  const stages = [0, 1, 2, 3].map((k) => {
    const numbers = [...found.keys()].map((name) => {
      const [, stage, block] = /^stage(\d)\.block(\d+)\./.exec(name) ?? [];
      return Number(stage) === k ? Number(block) : -1;
    });
    const first = `stage${k}.block00.conv.weight`;
    const width = found.get(first)?.shape[0];
    if (width !== undefined && Number.isSafeInteger(width) && width > 0) {
      return { width, blocks: 1 + Math.max(...numbers) };
    }
    throw new EngineError(
      "weights.missing",
      `${where}: ${prefix}${upstreamName(first, spelling)}: file has no such tensor, and a ConvNeXt has four stages`,
      { hint: "The file is incomplete or holds another model." },
    );
  });
  return convNextConfig(
    fourOf(stages.map(({ width }) => width)),
    fourOf(stages.map(({ blocks }) => blocks)),
  );
}

function fourOf(values: readonly number[]): PerStage {
  const [a, b, c, d] = values;
  return [a!, b!, c!, d!];
}
