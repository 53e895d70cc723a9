/**
 * A model directory as DINOv3ViTModel.save_pretrained writes it: config.json, model.safetensors and
 * preprocessor_config.json, which transformers opens unchanged and {@link openModelFiles} too.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredDtype } from "../executors/executor.ts";
import { toBfloat16, toFloat16 } from "../executors/float-formats.ts";
import { writeWholeFolder } from "../files/whole-folder.ts";
import type { Preprocessor, Resample } from "../image/preprocessor.ts";
import type { VitConfig } from "../model/config.ts";
import { maskToken, paramShapes } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { upstreamName } from "./names.ts";
import { writeSafetensors, type TensorToWrite } from "./write-safetensors.ts";

/** The values, or a function that has them ready when their turn comes and may then forget them. */
type Values = Float32Array | (() => Float32Array | Promise<Float32Array>);

export interface ModelToWrite {
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
  /** Of all parameters; F32 unless told otherwise. */
  readonly dtype?: StoredDtype | undefined;
}

/**
 * Write a model to a folder that does not exist yet or is empty. It appears whole or not at all.
 * @throws EngineError "path.unwritable", "disk.full"; nothing is left behind then
 */
export async function writeModelDirectory(folder: string, model: ModelToWrite): Promise<void> {
  const tensors = tensorsOf(model);
  await writeWholeFolder(folder, async (temporary) => {
    await mkdir(temporary);
    await writeModelConfig(temporary, model);
    // transformers refuses a file that does not say of which framework its tensors are.
    await writeSafetensors(join(temporary, "model.safetensors"), tensors, { format: "pt" });
  });
}

/**
 * config.json and preprocessor_config.json alone.
 * @param folder that is there and has neither
 * @throws EngineError "model.unknown" for another family than DINOv3
 */
export async function writeModelConfig(
  folder: string,
  model: Omit<ModelToWrite, "params">,
): Promise<void> {
  refuseFamily(model);
  await writeJson(join(folder, "config.json"), hfConfigOf(model));
  await writeJson(join(folder, "preprocessor_config.json"), hfPreprocessorOf(model.preprocessor));
}

/** Names, settings and graphs are written for DINOv3 alone. */
function refuseFamily({ name, config }: Pick<ModelToWrite, "name" | "config">): void {
  if (!config.traits) return;
  throw new EngineError(
    "model.unknown",
    `${name}: expected a DINOv3 ViT to write, received an encoder of another family`,
    {
      hint: "Its own files can be used elsewhere as they are; gramscope features takes its features.",
    },
  );
}

function tensorsOf({ config, params, dtype = "F32" }: ModelToWrite): TensorToWrite[] {
  const mask = params[maskToken] ?? new Float32Array(config.width);
  const shapes = { ...paramShapes(config), [maskToken]: [1, 1, config.width] };
  const extra = Object.keys(params).find((name) => !Object.hasOwn(shapes, name));
  if (extra !== undefined) throw new Error(`internal: ${extra} is no parameter of this model`);
  return Object.entries(shapes).map(([name, shape]) => {
    const data = name === maskToken ? mask : params[name];
    if (data === undefined) throw new Error(`internal: the parameter ${name} is missing`);
    return { name: upstreamName(name), dtype, shape, data: stored(name, data, dtype) };
  });
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

/** Every field of DINOv3ViTConfig that a saved model has, and our own marker. */
function hfConfigOf(model: Omit<ModelToWrite, "params">) {
  const { config, preprocessor, name, trained, note, licence, dtype = "F32" } = model;
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
    torch_dtype: torchDtypes[dtype],
    use_gated_mlp: feedForward === "swiglu",
    value_bias: bias.value,
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

function hfPreprocessorOf(pre: Preprocessor) {
  const isSquare = !("shortestEdge" in pre.size);
  return {
    data_format: "channels_first",
    default_to_square: isSquare,
    do_normalize: true,
    do_rescale: true,
    do_resize: pre.doResize,
    image_mean: pre.mean,
    image_processor_type: "DINOv3ViTImageProcessorFast",
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
