/**
 * What a model is and what it wants of a photograph: from the files beside its weights where they are
 * those of transformers, else from the weights themselves.
 */
import { basename, dirname, join } from "node:path";
import type { StoredTensor } from "../checkpoints/stored-tensor.ts";
import {
  dinov3Preprocessor,
  satelliteStatistics,
  type Preprocessor,
} from "../image/preprocessor.ts";
import { recognise, type VitConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import { deriveShape } from "./derive-shape.ts";
import { describeConvNext } from "./describe-convnext.ts";
import { describeFamily, type Description } from "./describe-family.ts";
import { isOurs, parseHfConfig, parseMarker } from "./hf-config.ts";
import { parseHfPreprocessor, satelliteNote } from "./hf-preprocessor.ts";
import { folderTitle, type ModelPlace } from "./locate-model.ts";
import { readJson } from "./model-tensors.ts";
import { hasBackbone, type NamedParams } from "./name-params.ts";
import { ropeTheta } from "./param-sources.ts";
import { runHints } from "./run-hints.ts";
import { timmHeads } from "./timm-config.ts";

/**
 * Shape and preprocessing: from Hugging Face's files beside the weights where the weights are spelled
 * as they are, else from the weights themselves and the run that they belong to.
 *
 * @param path as it was given, for messages
 * @throws EngineError "path.missing", "config.invalid", "config.contradicts", "model.unknown",
 *   "weights.missing", "weights.shape"
 */
export async function describe(
  place: ModelPlace,
  named: NamedParams<StoredTensor>,
  path: string,
): Promise<Description> {
  const other =
    (await describeConvNext(place, named, path)) ?? (await describeFamily(place, named, path));
  if (other) return other;
  const isOther = named.spelling === "official" || named.spelling === "timm";
  return isOther && hasBackbone(named)
    ? describeOfficial(place, named, path)
    : describeHuggingFace(place, named, path);
}

async function describeHuggingFace(
  { directory, kind }: ModelPlace,
  named: NamedParams<StoredTensor>,
  path: string,
): Promise<Description> {
  const configPath = join(directory, "config.json");
  const configJson = await readJson(configPath);
  if (configJson === undefined) {
    // A released model is known without it; of another the number of heads cannot be told.
    const config = releasedShape(named, path);
    if (config) {
      const notes = ["No config.json; the shape is that of a released model."];
      return { config, preprocessor: dinov3Preprocessor, marker: {}, notes };
    }
    if (kind === "checkpoint" && !hasBackbone(named)) throw unknownModel(named, path);
    throw new EngineError("path.missing", `${configPath}: a model's weights need it beside them`, {
      hint: "Download the model's config.json into the same folder.",
    });
  }
  const { vit, marker, nameOrPath } = parseHfConfig(configJson, configPath);
  const preprocessorPath = join(directory, "preprocessor_config.json");
  const preprocessorJson = await readJson(preprocessorPath);
  const preprocessor =
    preprocessorJson === undefined
      ? dinov3Preprocessor
      : parseHfPreprocessor(preprocessorJson, preprocessorPath);
  const notes = [
    marker.note,
    satelliteNote([folderTitle(directory), nameOrPath], preprocessor),
    preprocessorJson === undefined
      ? "No preprocessor_config.json; the DINOv3 defaults are used."
      : undefined,
  ].filter((note) => note !== undefined);
  return { config: vit, preprocessor, marker, notes };
}

/** The shape, where it is that of a released model. */
function releasedShape(named: NamedParams<StoredTensor>, path: string): VitConfig | undefined {
  try {
    const config = deriveShape(named, {}, path);
    return recognise(config) ? config : undefined;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

async function describeOfficial(
  { weights, directory }: ModelPlace,
  named: NamedParams<StoredTensor>,
  path: string,
): Promise<Description> {
  const hints = await runHints(weights, named.found.get("cls")?.shape.at(-1));
  const json = await readJson(join(directory, "config.json")).catch(() => undefined);
  const { marker } = parseMarker(json);
  const heads = hints.heads ?? marker.heads ?? timmHeads(json);
  const theta = await ropeTheta(named, hints.ropeTheta, path);
  const config = deriveShape(named, { ...hints, heads, ropeTheta: theta }, path);
  const isSatellite = /sat[-_]?493m/i.test(`${basename(dirname(weights))}/${basename(weights)}`);
  const usual = isSatellite
    ? { ...dinov3Preprocessor, ...satelliteStatistics }
    : dinov3Preprocessor;
  const own = await ownPreprocessor(directory, json);
  if (own && !hints.preprocessor) {
    const notes = marker.note === undefined ? [] : [marker.note];
    return { config, preprocessor: own, marker, notes };
  }
  const notes = [
    hints.preprocessor
      ? "Mean and deviation are those of the run's config.yaml."
      : `Mean and deviation are those of DINOv3's ${isSatellite ? "satellite images, by the file's name" : "photographs"}.`,
    theta === undefined || theta === 100 ? undefined : `Rotary positions with base ${theta}.`,
  ].filter((note) => note !== undefined);
  return {
    config,
    preprocessor: hints.preprocessor ?? usual,
    marker: {},
    notes,
    licence: releasedLicence(weights),
  };
}

/** Of a directory that we wrote in another spelling: it says what is wanted of a photograph. */
async function ownPreprocessor(
  directory: string,
  config: unknown,
): Promise<Preprocessor | undefined> {
  const path = join(directory, "preprocessor_config.json");
  const json = isOurs(config) ? await readJson(path) : undefined;
  return json === undefined ? undefined : parseHfPreprocessor(json, path);
}

function unknownModel(
  { unexpected, prefix }: NamedParams<StoredTensor>,
  path: string,
): EngineError {
  const names = unexpected.slice(0, 3).map(({ name }) => name);
  return new EngineError(
    "model.unknown",
    `${path}: expected an encoder of a known family${prefix === "" ? "" : ` under ${prefix}`}; the file has ${names.join(", ") || "no tensors"}${unexpected.length > 3 ? ` and ${unexpected.length - 3} more` : ""}`,
    {
      hint: "gramscope inspect shows what is in it; docs/families.md lists what can be opened.",
    },
  );
}

/** The licence of the files that Meta released, by their names. */
function releasedLicence(weights: string): string | undefined {
  const isReleased = /^dinov3_vit\w+_pretrain_\w+-[0-9a-f]{8}\.pth$/.test(basename(weights));
  return isReleased ? "DINOv3 License" : undefined;
}
