/**
 * A model in any container that is read, opened and checked without reading a weight: where every
 * parameter lies, and what the model wants of a photograph.
 */
import { basename, dirname, join } from "node:path";
import { chooseNetwork, findNetworks, type Network } from "../checkpoints/networks.ts";
import type { StoredTensor } from "../checkpoints/stored-tensor.ts";
import type { ParamSource } from "../executors/executor.ts";
import {
  dinov3Preprocessor,
  satelliteStatistics,
  type Preprocessor,
} from "../image/preprocessor.ts";
import { namedVariants, recognise, type VariantName, type VitConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import { deriveShape } from "./derive-shape.ts";
import { parseHfConfig, type Marker } from "./hf-config.ts";
import { parseHfPreprocessor, satelliteNote } from "./hf-preprocessor.ts";
import { locateModel, type ModelPlace } from "./locate-model.ts";
import { matchParams, type MatchedParams, type MatchReport } from "./match-params.ts";
import { readJson, readModelTensors, type ModelTensors } from "./model-tensors.ts";
import { hasBackbone, nameParams, type NamedParams } from "./name-params.ts";
import { findParams, ropeTheta, withoutZeroKeyBias, type ParamSources } from "./param-sources.ts";
import { runHints } from "./run-hints.ts";

/** Everything about a model but where its parameters are. */
interface DescribedModel {
  /** What a person would call it. */
  readonly name: string;
  /** The folder, absolute. */
  readonly directory: string;
  readonly config: VitConfig;
  /** Which released model it is, by its shape. */
  readonly variant?: VariantName | undefined;
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

export interface ModelFiles extends DescribedModel {
  /** Our name -> a byte range of a file whose path holds no symbolic link. */
  readonly params: Readonly<Record<string, ParamSource>>;
  readonly maskToken?: ParamSource | undefined;
}

/** A model as it was found, possibly with a reason not to use it. */
export interface SurveyedModel extends DescribedModel {
  readonly weights: ModelTensors;
  readonly network: Network | undefined;
  /** All that the file holds, the one that was taken first unless another was asked for. */
  readonly networks: readonly Network[];
  readonly matched: MatchedParams<StoredTensor>;
  readonly problem?: EngineError | undefined;
}

/**
 * @param path a model directory; a file of weights in safetensors, PyTorch's or NumPy's format, or the
 *   index of several; a distributed checkpoint; a training run of ours or an official one, or one of
 *   its checkpoints; after "#" the network that is meant where there are several
 * @throws EngineError "path.missing", "path.unreadable"; "weights.format", "weights.missing",
 *   "weights.extra", "weights.shape"; "config.invalid", "config.contradicts"; "model.unknown";
 *   "option.invalid" for a network that is not there; "disk.full" and "path.unwritable" where the
 *   weights must be converted (weights/converted.ts)
 */
export async function openModelFiles(path: string): Promise<ModelFiles> {
  const {
    weights: _w,
    network: _n,
    networks: _all,
    matched,
    problem,
    ...model
  } = await surveyModel(path);
  if (problem) throw problem;
  const { params, maskToken }: ParamSources = await findParams(matched);
  return { ...model, params, maskToken };
}

/** As {@link openModelFiles}, but weights that do not fit the configuration are told, not thrown. */
export async function surveyModel(path: string): Promise<SurveyedModel> {
  const place = await locateModel(path);
  const weights = await readModelTensors(place);
  const networks = findNetworks(weights.tensors.map(({ name }) => name));
  const network = chooseNetwork(networks, place.network, place.weights);
  const named = await withoutZeroKeyBias(nameParams(weights.tensors, network?.prefix ?? "", path));
  const described = await describe(place, named, path);
  const matched = matchParams(named, described.config, path);
  const { config, preprocessor, marker, notes } = described;
  const variant = recognise(config);
  const several = networks.length > 1 && network ? ` (${network.label})` : "";
  return {
    name: marker.name ?? (variant ? namedVariants[variant].title : place.title) + several,
    directory: place.directory,
    config,
    variant,
    preprocessor,
    report: matched.report,
    dtype: summariseDtypes(matched),
    trained: marker.trained ?? true,
    note: notes.length > 0 ? notes.join(" ") : undefined,
    licence: marker.licence ?? releasedLicence(place.weights),
    sizeBytes: weights.sizeBytes,
    weights,
    network,
    networks,
    matched,
    problem: matched.problem,
  };
}

interface Description {
  readonly config: VitConfig;
  readonly preprocessor: Preprocessor;
  readonly marker: Marker;
  readonly notes: readonly string[];
}

/**
 * Shape and preprocessing: from Hugging Face's files beside the weights where the weights are spelled
 * as they are, else from the weights themselves and the run that they belong to.
 */
async function describe(
  place: ModelPlace,
  named: NamedParams<StoredTensor>,
  path: string,
): Promise<Description> {
  const isOurs = named.spelling === "official" || named.spelling === "timm";
  return isOurs && hasBackbone(named)
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
    satelliteNote([basename(directory), nameOrPath], preprocessor),
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
  { weights }: ModelPlace,
  named: NamedParams<StoredTensor>,
  path: string,
): Promise<Description> {
  const hints = await runHints(weights, named.found.get("cls")?.shape.at(-1));
  const theta = await ropeTheta(named, hints.ropeTheta, path);
  const config = deriveShape(named, { ...hints, ropeTheta: theta }, path);
  const isSatellite = /sat[-_]?493m/i.test(`${basename(dirname(weights))}/${basename(weights)}`);
  const usual = isSatellite
    ? { ...dinov3Preprocessor, ...satelliteStatistics }
    : dinov3Preprocessor;
  const notes = [
    hints.preprocessor
      ? "Mean and deviation are those of the run's config.yaml."
      : `Mean and deviation are those of DINOv3's ${isSatellite ? "satellite images, by the file's name" : "photographs"}.`,
    theta === undefined || theta === 100 ? undefined : `Rotary positions with base ${theta}.`,
  ].filter((note) => note !== undefined);
  return { config, preprocessor: hints.preprocessor ?? usual, marker: {}, notes };
}

function unknownModel(
  { unexpected, prefix }: NamedParams<StoredTensor>,
  path: string,
): EngineError {
  const names = unexpected.slice(0, 3).map(({ name }) => name);
  return new EngineError(
    "model.unknown",
    `${path}: expected a DINOv3 ViT${prefix === "" ? "" : ` under ${prefix}`}; the file has ${names.join(", ") || "no tensors"}${unexpected.length > 3 ? ` and ${unexpected.length - 3} more` : ""}`,
    {
      hint: "gramscope inspect shows what is in it. Only DINOv3 vision transformers can be opened yet.",
    },
  );
}

/** The licence of the files that Meta released, by their names. */
function releasedLicence(weights: string): string | undefined {
  const isReleased = /^dinov3_vit\w+_pretrain_\w+-[0-9a-f]{8}\.pth$/.test(basename(weights));
  return isReleased ? "DINOv3 License" : undefined;
}

function summariseDtypes({ params }: MatchedParams<StoredTensor>): string {
  const counts = new Map<string, number>();
  for (const { tensor } of params) counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + 1);
  if (counts.size <= 1) return [...counts.keys()][0] ?? "none";
  return [...counts].map(([dtype, count]) => `${dtype} (${count})`).join(", ");
}
