/**
 * A model directory as save_pretrained of transformers' DINOv3ViTModel writes it, or of another family's
 * model: config.json, model.safetensors and preprocessor_config.json, which transformers opens unchanged
 * and {@link openModelFiles} too.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredDtype } from "../executors/executor.ts";
import { toBfloat16, toFloat16 } from "../executors/float-formats.ts";
import { writeWholeFolder } from "../files/whole-folder.ts";
import type { Preprocessor, Resample } from "../image/preprocessor.ts";
import type { BackboneConfig, VitConfig } from "../model/config.ts";
import { maskToken, paramShapes } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { families, type FamilyName } from "./families.ts";
import { familyWriting, type FamilyWriting } from "./family-writing.ts";
import type { ModelNames } from "../protocol/exporting.ts";
import { timmConfigOf } from "./timm-config.ts";
import { spelledTensors } from "./spelled-tensors.ts";
import { writeSafetensors, type TensorToWrite } from "./write-safetensors.ts";

/** The values, or a function that has them ready when their turn comes and may then forget them. */
type Values = Float32Array | (() => Float32Array | Promise<Float32Array>);

export interface ModelToWrite {
  /** Of another family than DINOv3. */
  readonly family?: FamilyName | undefined;
  readonly config: VitConfig;
  readonly preprocessor: Preprocessor;
  /** By our names (model/params.ts). The mask token may be absent; zeros, its initial value, stand for it. */
  readonly params: Readonly<Record<string, Values>>;
  /** What a person would call it. */
  readonly name: string;
  /** False for random weights. */
  readonly trained: boolean;
  readonly note?: string | undefined;
  readonly licence?: string | undefined;
  /** In whose spelling; of transformers unless told otherwise. */
  readonly names?: ModelNames | undefined;
  /** Of all parameters; F32 unless told otherwise. */
  readonly dtype?: StoredDtype | undefined;
}

/**
 * Write a model to a folder that does not exist yet or is empty. It appears whole or not at all.
 * @throws EngineError "path.unwritable", "disk.full"; "model.unknown" for an encoder that transformers
 *   has not, or computes otherwise; nothing is left behind then
 */
export async function writeModelDirectory(folder: string, model: ModelToWrite): Promise<void> {
  const tensors = tensorsOf(model);
  await writeWholeFolder(folder, async (temporary) => {
    await mkdir(temporary);
    await writeModelConfig(temporary, model, "directory");
    // transformers refuses a file that does not say of which framework its tensors are.
    await writeSafetensors(join(temporary, "model.safetensors"), tensors, { format: "pt" });
  });
}

/**
 * config.json and preprocessor_config.json alone.
 * @param folder that is there and has neither
 * @param purpose of an "onnx" folder config.json is a description; the graph is what computes
 * @throws EngineError "model.unknown" for a directory, of an encoder that transformers has not
 */
export async function writeModelConfig(
  folder: string,
  model: Omit<ModelToWrite, "params">,
  purpose: "directory" | "onnx",
): Promise<void> {
  const { family, config } = model;
  if (purpose === "directory") writingOf(model);
  const fields = config.traits ? describedFamily(model) : fieldsOf(model);
  await writeJson(join(folder, "config.json"), { ...fields, ...commonFields(model) });
  const processor = hfPreprocessorOf(model.preprocessor, family !== undefined);
  await writeJson(join(folder, "preprocessor_config.json"), processor);
}

function fieldsOf(model: Omit<ModelToWrite, "params">) {
  const { names, name, config, preprocessor } = model;
  return names === "timm" ? timmConfigOf(name, config, preprocessor) : hfConfigOf(model);
}

/** @throws EngineError as {@link writeModelDirectory}; undefined for DINOv3 */
function writingOf({
  family,
  config,
  name,
  names,
  preprocessor,
}: Omit<ModelToWrite, "params">): FamilyWriting | undefined {
  if (!config.traits) return undefined;
  if (names === "timm") timmConfigOf(name, config, preprocessor);
  const writing = family && familyWriting(family, config);
  if (writing?.isExact) return writing;
  const title = family ? families[family].title : "it";
  throw new EngineError(
    "model.unknown",
    writing
      ? `${name}: transformers' ${String(writing.json["model_type"])} is nearest to it and computes something else (the way in which positions are brought to another grid, or a setting that its config.json does not have)`
      : `${name}: transformers has no model of ${title} that is written here`,
    { hint: "Export ONNX instead: the graph holds everything that the encoder computes." },
  );
}

/** @throws EngineError "model.unknown" for a ConvNeXt, which is written in no form */
export function requireVit<T extends { readonly name: string; readonly config: BackboneConfig }>(
  model: T,
): asserts model is T & { readonly config: VitConfig } {
  if (model.config.architecture === undefined) return;
  throw new EngineError(
    "model.unknown",
    `${model.name}: expected a vision transformer to write, received a ConvNeXt`,
    {
      hint: "Its own files can be used elsewhere as they are; gramscope features takes its features.",
    },
  );
}

/** Of a family, for programs that ask what kind of model it is. */
function describedFamily({ family, config }: Pick<ModelToWrite, "family" | "config">) {
  const nearest = family && familyWriting(family, config)?.json;
  return (
    nearest ?? {
      model_type: family ?? "vit",
      hidden_size: config.width,
      num_hidden_layers: config.depth,
      num_attention_heads: config.heads,
      intermediate_size: config.hidden,
      patch_size: config.patch,
      num_channels: 3,
    }
  );
}

function tensorsOf(model: ModelToWrite): TensorToWrite[] {
  const { config, params, dtype = "F32" } = model;
  const writing = writingOf(model);
  const isTimm = model.names === "timm";
  const mask = params[maskToken] ?? new Float32Array(config.width);
  const shapes = writing?.shapes ?? { ...paramShapes(config), [maskToken]: [1, 1, config.width] };
  const known = { ...shapes, [maskToken]: [] };
  const extra = Object.keys(params).find((name) => !Object.hasOwn(known, name));
  if (extra !== undefined) throw new Error(`internal: ${extra} is no parameter of this model`);
  // timm's models are not trained with masks.
  const written = Object.entries(shapes).filter(([name]) => !isTimm || name !== maskToken);
  const tensors = written.map(([name, shape]) => {
    const data = name === maskToken ? mask : params[name];
    if (data === undefined) throw new Error(`internal: the parameter ${name} is missing`);
    return { name, dtype, shape, data: stored(name, data, dtype) };
  });
  const { spelling = isTimm ? "timm" : "Hugging Face", prefix } = writing ?? {};
  const isGated = config.feedForward === "swiglu";
  return spelledTensors(tensors, spelling, { prefix, isGated });
}

function stored(name: string, data: Values, dtype: StoredDtype): TensorToWrite["data"] {
  if (dtype === "F32") return data;
  return async () => {
    const values = typeof data === "function" ? await data() : data;
    if (dtype === "BF16") return toBfloat16(values);
    const beyond = values.find((value) => Math.abs(value) >= beyondFloat16);
    if (beyond === undefined) return toFloat16(values);
    throw new EngineError(
      "option.invalid",
      `${name}: float16 holds values below 65520, this parameter has one of ${beyond}`,
      { hint: "Write bfloat16 or float32 instead." },
    );
  };
}

/** From here on the nearest binary16 is infinite. */
const beyondFloat16 = 65_520;

/** Every field of DINOv3ViTConfig that a saved model has. */
function hfConfigOf(model: Omit<ModelToWrite, "params">) {
  const { config, preprocessor } = model;
  const { bias, feedForward } = config;
  const { size } = preprocessor;
  return {
    architectures: ["DINOv3ViTModel"],
    attention_dropout: 0,
    drop_path_rate: 0,
    hidden_act: feedForward === "swiglu" ? "silu" : "gelu",
    hidden_size: config.width,
    image_size: "shortestEdge" in size ? size.shortestEdge : size.height,
    initializer_range: 0.02,
    intermediate_size: config.hidden,
    key_bias: bias.key,
    layer_norm_eps: config.normEpsilon,
    layerscale_value: 1,
    mlp_bias: bias.feedForward,
    model_type: "dinov3_vit",
    num_attention_heads: config.heads,
    num_channels: 3,
    num_hidden_layers: config.depth,
    num_register_tokens: config.registers,
    patch_size: config.patch,
    pos_embed_jitter: null,
    pos_embed_rescale: 2,
    pos_embed_shift: null,
    proj_bias: bias.projection,
    query_bias: bias.query,
    rope_theta: config.ropeTheta,
    use_gated_mlp: feedForward === "swiglu",
    value_bias: bias.value,
  };
}

/** What transformers has in every config.json, and our own marker. */
function commonFields(model: Omit<ModelToWrite, "params">) {
  const { name, trained, note, licence, dtype = "F32" } = model;
  return {
    torch_dtype: torchDtypes[dtype],
    gramscope: {
      name,
      trained,
      ...(note === undefined ? {} : { note }),
      ...(licence === undefined ? {} : { licence }),
    },
  };
}

const torchDtypes = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

/** Pillow's numbers. */
const pillowResample: Readonly<Record<Resample, number>> = {
  nearest: 0,
  lanczos: 1,
  bilinear: 2,
  bicubic: 3,
};

/** transformers' image processor of DINOv2 and others does nothing but what its fields say. */
function hfPreprocessorOf(pre: Preprocessor, isOfFamily: boolean) {
  const isSquare = !("shortestEdge" in pre.size);
  return {
    data_format: "channels_first",
    default_to_square: isSquare,
    do_normalize: true,
    do_rescale: true,
    do_resize: pre.doResize,
    image_mean: pre.mean,
    image_processor_type: isOfFamily ? "BitImageProcessor" : "DINOv3ViTImageProcessorFast",
    image_std: pre.std,
    resample: pillowResample[pre.resample],
    rescale_factor: pre.rescaleFactor,
    size: "shortestEdge" in pre.size ? { shortest_edge: pre.size.shortestEdge } : pre.size,
    ...(pre.centerCrop ? { do_center_crop: true, crop_size: pre.centerCrop } : {}),
  };
}

/** Fields that are floats in Python. transformers 5 refuses `100` for one: it must say `100.0`. */
const floatFields = [
  "initializer_range",
  "layer_norm_eps",
  "layerscale_value",
  "pos_embed_rescale",
  "rope_theta",
];

async function writeJson(path: string, value: unknown): Promise<void> {
  const wholeFloat = new RegExp(`("(?:${floatFields.join("|")})": \\d+)(?=,?$)`, "gm");
  const text = JSON.stringify(value, undefined, 2).replace(wholeFloat, "$1.0");
  await writeFile(path, `${text}\n`, { flag: "wx", flush: true });
}
