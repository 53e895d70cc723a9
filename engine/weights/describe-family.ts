/**
 * What an encoder of another family than DINOv3 is: by the config.json of transformers, or by its
 * tensors, with what timm or OpenCLIP leave beside them.
 */
import { basename, join } from "node:path";
import { z } from "zod";
import { dinov3Preprocessor, preprocessor, type Preprocessor } from "../image/preprocessor.ts";
import { hasClassToken, type BackboneConfig } from "../model/config.ts";
import { families, usualPreprocessor, type Family, type FamilyName } from "./families.ts";
import { parseFamilyConfig, type FamilyModel } from "./family-config.ts";
import { deriveFamily } from "./family-shape.ts";
import { isOurs, parseMarker, type Marker } from "./hf-config.ts";
import { parseHfPreprocessor } from "./hf-preprocessor.ts";
import type { ModelPlace } from "./locate-model.ts";
import { readJson } from "./model-tensors.ts";
import type { NamedParams, NamedTensor } from "./name-params.ts";
import { isDinov3Spelling } from "./names.ts";

/** Everything about a model but its tensors. */
export interface Description {
  /** Of another family than DINOv3. */
  readonly family?: FamilyName | undefined;
  readonly config: BackboneConfig;
  readonly preprocessor: Preprocessor;
  readonly marker: Marker;
  readonly notes: readonly string[];
  /** Under which its authors released it, where the model does not say it itself. */
  readonly licence?: string | undefined;
}

/**
 * @param path as it was given, for messages
 * @returns undefined for DINOv3 and for what is no encoder
 * @throws EngineError as parseFamilyConfig, deriveFamily and parseHfPreprocessor
 */
export async function describeFamily(
  place: ModelPlace,
  named: NamedParams<NamedTensor>,
  path: string,
): Promise<Description | undefined> {
  if (!named.found.has("patch.weight")) return undefined;
  const configPath = join(place.directory, "config.json");
  const json = await readJson(configPath).catch(() => undefined);
  const { marker, nameOrPath } = parseMarker(json);
  const called = calledOf(place, nameOrPath);
  const own = isDinov3Spelling(named.spelling) ? undefined : parseFamilyConfig(json, configPath);
  const clip = openClip.safeParse(await readJson(join(place.directory, "open_clip_config.json")));
  const timm = timmOf(json);
  const isTransformers = named.spelling?.startsWith("transformers'") === true;
  const model =
    isTransformers && own
      ? own
      : deriveFamily(
          named,
          {
            called,
            timm: timm.architecture,
            isQuickGelu: clip.data?.model_cfg.quick_gelu,
            heads: marker.heads ?? own?.config.heads,
            family: marker.family,
          },
          path,
        );
  if (!model) return undefined;
  const family = model.family === marker.family ? model.family : nearerFamily(model, called);
  const usual = { ...usualPreprocessor(family, model.side), ...timm.statistics };
  // SAM's says in other words what has no equal here.
  const isReadable = (isTransformers && family !== "sam") || isOurs(json);
  const found = await readPreprocessor(place, usual, isReadable);
  const title = families[family].title;
  const notes = notesOf(marker, [
    hasClassToken(model.config)
      ? undefined
      : "It has no class token: the mean of the patches stands for it.",
    model.config.traits?.hasFinalNorm === false
      ? "It has no norm after the last block."
      : undefined,
    family === "vJepa2" ? "A model of video: the photograph is shown as a still clip." : undefined,
    family === "sam"
      ? "Features are the last block's, before the neck; photographs are resized, where SAM's own program fills them up with black."
      : undefined,
    found || family === "sam"
      ? undefined
      : `No preprocessor_config.json; what is usual for ${title} is used.`,
  ]);
  return {
    family,
    config: model.config,
    preprocessor: found ?? usual,
    marker,
    notes,
    licence: licenceOf(family, called),
  };
}

/** What a person is told of a model: its own note, and ours that are not in it already. */
export function notesOf(
  { note }: Marker,
  ours: readonly (string | undefined)[],
): readonly string[] {
  const more = ours.filter((one) => one !== undefined && note?.includes(one) !== true);
  return [note, ...more].filter((one) => one !== undefined);
}

/** The file and its folders, as people call them. */
export function calledOf(
  { directory, weights }: ModelPlace,
  nameOrPath: string | undefined,
): string {
  return [directory, basename(weights), nameOrPath ?? ""]
    .map((name) => name.split(/[\\/]/).slice(-3).join("/"))
    .join(" ");
}

/** Families of one architecture, told apart by what the file is called. */
function nearerFamily({ family, config }: FamilyModel, called: string): FamilyName {
  const isCalled = (pattern: RegExp) => pattern.test(called);
  switch (family) {
    case "dinov2": {
      if (isCalled(/franca/i)) return "franca";
      const isGated = config.feedForward === "swiglu" && config.width !== 1536;
      return isGated || isCalled(/web[-_]?(ssl|dino)/i) ? "webDino" : family;
    }
    case "vit":
      return isCalled(/dino/i) ? "dino" : family;
    case "clip":
      return isCalled(/laion|open[-_]?clip|datacomp/i) ? "openClip" : family;
    case "siglip":
      return isCalled(/siglip-?2/i) ? "siglip2" : family;
    default:
      return family;
  }
}

/** NVIDIA publishes two lines under two licences. */
function licenceOf(family: FamilyName, called: string): string | undefined {
  const known: Family = families[family];
  if (family !== "radio") return known.licence;
  return /c[-_]?radio/i.test(called)
    ? "NVIDIA Open Model License"
    : "NVIDIA Source Code License-NC";
}

/**
 * @param isReadable whether what lies beside the weights is transformers', or our own
 * @returns undefined where there is none, or it is another's
 */
export async function readPreprocessor(
  { directory }: ModelPlace,
  usual: Preprocessor,
  isReadable: boolean,
): Promise<Preprocessor | undefined> {
  if (!isReadable) return undefined;
  for (const name of ["preprocessor_config.json", "video_preprocessor_config.json"]) {
    const path = join(directory, name);
    const json = await readJson(path);
    if (json !== undefined) return parseHfPreprocessor(json, path, usual);
  }
  return undefined;
}

const openClip = z.object({ model_cfg: z.object({ quick_gelu: z.boolean().default(false) }) });

const triple = z.tuple([z.number(), z.number(), z.number()]);
const timmConfig = z.object({
  architecture: z.string(),
  pretrained_cfg: z
    .object({ tag: z.string().optional(), mean: triple.optional(), std: triple.optional() })
    .optional(),
});

/** What timm's config.json says; nothing where it is another's. */
export function timmOf(json: unknown): {
  readonly architecture?: string | undefined;
  /** "convnext_tiny.dinov3_lvd1689m" */
  readonly called: string;
  readonly statistics: Partial<Pick<Preprocessor, "mean" | "std">>;
} {
  const { data } = timmConfig.safeParse(json);
  const { tag, mean, std } = data?.pretrained_cfg ?? {};
  const told = preprocessor.safeParse({ ...dinov3Preprocessor, mean, std });
  const statistics = told.success ? { mean: told.data.mean, std: told.data.std } : {};
  const called = [data?.architecture, tag].filter((word) => word !== undefined).join(".");
  return { architecture: data?.architecture, called, statistics };
}
