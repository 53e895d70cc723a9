/**
 * A model in any container that is read, opened and checked without reading a weight: where every
 * parameter lies, and what the model wants of a photograph.
 */
import { chooseNetwork, findNetworks, type Network } from "../checkpoints/networks.ts";
import type { StoredTensor } from "../checkpoints/stored-tensor.ts";
import type { ParamSource } from "../executors/executor.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import {
  namedVariants,
  recognise,
  type BackboneConfig,
  type VariantName,
  type VitConfig,
} from "../model/config.ts";
import {
  namedConvNexts,
  recogniseConvNext,
  type ConvNextConfig,
  type ConvNextName,
} from "../model/convnext-config.ts";
import type { EngineError } from "../protocol/errors.ts";
import { describe } from "./describe-model.ts";
import { families, type FamilyName } from "./families.ts";
import { locateModel, pathOf } from "./locate-model.ts";
import { matchParams, type MatchedParams, type MatchReport } from "./match-params.ts";
import { readModelTensors, type ModelTensors } from "./model-tensors.ts";
import { nameParams } from "./name-params.ts";
import { findParams, withoutZeroKeyBias, type ParamSources } from "./param-sources.ts";

/** Everything about a model but where its parameters are. */
interface DescribedModel {
  /** What a person would call it. */
  readonly name: string;
  /** The folder, absolute. */
  readonly directory: string;
  /** What opens it again: the folder, or a file of it. */
  readonly path: string;
  readonly config: BackboneConfig;
  /** Which released model it is, by its shape. */
  readonly variant?: VariantName | ConvNextName | undefined;
  /** Of which other family than DINOv3 it is. */
  readonly family?: FamilyName | undefined;
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

/** What can be written, not only read. */
export type VitFiles = ModelFiles & { readonly config: VitConfig };

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
  const { config, family, preprocessor, marker, notes } = described;
  const several = networks.length > 1 && network ? ` (${network.label})` : "";
  const { variant, title } = released(config, family);
  return {
    name: marker.name ?? (title ?? place.title) + several,
    directory: place.directory,
    path: pathOf(place),
    config,
    variant,
    family,
    preprocessor,
    report: matched.report,
    dtype: summariseDtypes(matched),
    trained: marker.trained ?? true,
    note: notes.length > 0 ? notes.join(" ") : undefined,
    licence: marker.licence ?? described.licence,
    sizeBytes: weights.sizeBytes,
    weights,
    network,
    networks,
    matched,
    problem: matched.problem,
  };
}

/** Which model it is, by its shape, and what a person would call it. */
function released(
  config: BackboneConfig,
  family: FamilyName | undefined,
): { variant?: VariantName | ConvNextName | undefined; title?: string | undefined } {
  if (config.architecture === "convnext") {
    const size = recogniseConvNext(config);
    const title = convNextTitle(family ?? "convNext", config, size);
    return { variant: family === "dinov3ConvNext" ? size : undefined, title };
  }
  const variant = recognise(config);
  if (variant) return { variant, title: namedVariants[variant].title };
  return { title: family && familyTitle(family, config) };
}

/** "DINOv3 ConvNeXt-T"; of a size of its own the channels of its stages. */
function convNextTitle(
  family: FamilyName,
  { widths }: ConvNextConfig,
  size: ConvNextName | undefined,
): string {
  return `${families[family].title}${size ? `-${namedConvNexts[size].size}` : ` ${widths.join("-")}`}`;
}

/** "DINOv2 ViT-L/14 with 4 registers". */
function familyTitle(family: FamilyName, { width, patch, registers }: VitConfig): string {
  const sizes: Readonly<Record<number, string>> = {
    192: "T",
    384: "S",
    768: "B",
    1024: "L",
    1152: "SO400M",
    1280: "H",
    1408: "g",
    1536: family === "pe" ? "G" : "g",
  };
  const size = sizes[width] ?? `${width}`;
  const extra = family === "dinov2" && registers > 0 ? ` with ${registers} registers` : "";
  return `${families[family].title} ViT-${size}/${patch}${extra}`;
}

function summariseDtypes({ params }: MatchedParams<StoredTensor>): string {
  const counts = new Map<string, number>();
  for (const { tensor } of params) counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + 1);
  if (counts.size <= 1) return [...counts.keys()][0] ?? "none";
  return [...counts].map(([dtype, count]) => `${dtype} (${count})`).join(", ");
}
