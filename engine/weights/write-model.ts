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
import type { BackboneConfig } from "../model/config.ts";
import { maskToken } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { describingFields, writtenForm } from "./choose-form.ts";
import type { FamilyName } from "./families.ts";
import type { ModelNames } from "../protocol/exporting.ts";
import { spelledTensors } from "./spelled-tensors.ts";
import { writeSafetensors, type TensorToWrite } from "./write-safetensors.ts";
import type { WrittenForm } from "./written-form.ts";

/** The values, or a function that has them ready when their turn comes and may then forget them. */
type Values = Float32Array | (() => Float32Array | Promise<Float32Array>);

export interface ModelToWrite {
  /** Of another family than DINOv3's vision transformer. */
  readonly family?: FamilyName | undefined;
  readonly config: BackboneConfig;
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
 *   has not, or computes otherwise, and for names that cannot say it; nothing is left behind then
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
 * @throws EngineError "model.unknown" for a directory, of an encoder that others compute otherwise
 */
export async function writeModelConfig(
  folder: string,
  model: Omit<ModelToWrite, "params">,
  purpose: "directory" | "onnx",
): Promise<void> {
  const form = purpose === "onnx" ? { json: describingFields(model) } : formOf(model);
  const { json, marker, beside = {} }: Partial<WrittenForm> = form;
  await writeJson(join(folder, "config.json"), { ...json, ...commonFields(model, marker) });
  for (const [name, value] of Object.entries(beside)) await writeJson(join(folder, name), value);
  const processor = hfPreprocessorOf(model);
  await writeJson(join(folder, "preprocessor_config.json"), processor);
}

function formOf({ names = "transformers", ...model }: Omit<ModelToWrite, "params">): WrittenForm {
  return writtenForm(model, names);
}

function tensorsOf(model: ModelToWrite): TensorToWrite[] {
  const { config, params, dtype = "F32" } = model;
  const { shapes, spelling, prefix, again = {}, computed = {}, ...form } = formOf(model);
  const usual: WrittenForm["usual"] = {
    [maskToken]: () => new Float32Array(config.width),
    ...form.usual,
  };
  const known = { ...shapes, [maskToken]: [] };
  const extra = Object.keys(params).find((name) => !Object.hasOwn(known, name));
  if (extra !== undefined) throw new Error(`internal: ${extra} is no parameter of this model`);
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const data = params[name] ?? usual[name]?.();
    if (data === undefined) throw new Error(`internal: the parameter ${name} is missing`);
    return { name, dtype, shape, data: stored(name, data, dtype) };
  });
  const isGated = config.architecture === undefined && config.feedForward === "swiglu";
  const copies = Object.entries(again).map(([theirs, ours]) => {
    return { ...tensors.find(({ name }) => name === ours)!, name: theirs };
  });
  const more = Object.entries(computed).map(([name, { shape, values }]) => {
    return { name, dtype, shape, data: stored(name, values, dtype) };
  });
  return [...spelledTensors(tensors, spelling, { prefix, isGated }), ...copies, ...more];
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

/** What transformers has in every config.json, and our own marker. */
function commonFields(model: Omit<ModelToWrite, "params">, more: WrittenForm["marker"]) {
  const { name, trained, note, licence, dtype = "F32" } = model;
  return {
    torch_dtype: torchDtypes[dtype],
    gramscope: {
      name,
      trained,
      ...(note === undefined ? {} : { note }),
      ...(licence === undefined ? {} : { licence }),
      ...more,
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
function hfPreprocessorOf({ family, preprocessor: pre }: Omit<ModelToWrite, "params">) {
  const isDinov3 = family === undefined || family === "dinov3ConvNext";
  const isSquare = !("shortestEdge" in pre.size);
  return {
    data_format: "channels_first",
    default_to_square: isSquare,
    do_normalize: true,
    do_rescale: true,
    do_resize: pre.doResize,
    image_mean: pre.mean,
    image_processor_type: isDinov3 ? "DINOv3ViTImageProcessorFast" : "BitImageProcessor",
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
