/**
 * Writes assets/models/untrained-vit: a small DINOv3-shaped ViT with random weights, as a Hugging
 * Face model directory, so that start, demo and tests need no download. The same bytes on every
 * machine: a counter-based generator, and no function whose last digit is left to the platform.
 *
 *   node scripts/make-untrained-model.mjs [FOLDER]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const width = 192;
const depth = 6;
const hidden = 768;
const patch = 16;
const registers = 4;
const seed = 20260820;

/** Small against an activation of 1, so that the photograph speaks louder than the biases. */
const biasDeviation = 0.05;
/** With equal gains the final norm would leave every token the same length. */
const gainDeviation = 0.25;
/** DINOv3 starts at 1e-5, where six random blocks would hardly change their input. */
const layerScale = 0.25;

/** Floats in Python: transformers 5 refuses `100` for one. */
const floatFields = ["attention_dropout", "drop_path_rate", "pos_embed_rescale", "rope_theta"];

const folder = fileURLToPath(new URL("../assets/models/untrained-vit/", import.meta.url));

/** @type {Record<string, unknown>} Fields and order of facebook/dinov3-vits16-pretrain-lvd1689m. */
const config = {
  architectures: ["DINOv3ViTModel"],
  attention_dropout: 0.0,
  drop_path_rate: 0.0,
  hidden_act: "gelu",
  hidden_size: width,
  image_size: 224,
  initializer_range: 0.02,
  intermediate_size: hidden,
  key_bias: false,
  layer_norm_eps: 1e-5,
  layerscale_value: layerScale,
  mlp_bias: true,
  model_type: "dinov3_vit",
  num_attention_heads: 3,
  num_channels: 3,
  num_hidden_layers: depth,
  num_register_tokens: registers,
  patch_size: patch,
  pos_embed_jitter: null,
  pos_embed_rescale: 2.0,
  pos_embed_shift: null,
  proj_bias: true,
  query_bias: true,
  rope_theta: 100.0,
  torch_dtype: "bfloat16",
  use_gated_mlp: false,
  value_bias: true,
  gramscope: {
    trained: false,
    name: "Untrained ViT (random weights)",
    note: "Random weights: every map shows the architecture and the photograph, not learned features.",
    licence: "MIT",
  },
};

/** What DINOv3's own preprocessor says: 224 x 224, bilinear, ImageNet mean and deviation. */
const preprocessor = {
  data_format: "channels_first",
  default_to_square: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.485, 0.456, 0.406],
  image_processor_type: "DINOv3ViTImageProcessorFast",
  image_std: [0.229, 0.224, 0.225],
  resample: 2,
  rescale_factor: 1 / 255,
  size: { height: 224, width: 224 },
};

/**
 * A tensor of the file: normal numbers of that deviation around that mean.
 * @typedef {{ name: string, shape: number[], deviation: number, mean: number }} Tensor
 */

/** @returns {Tensor[]} in the order of the file, which is part of what is drawn */
function tensors() {
  /** @type {Tensor[]} */
  const list = [];
  /** @param {string} name @param {number[]} shape @param {number} deviation @param {number} mean */
  const add = (name, shape, deviation, mean = 0) => list.push({ name, shape, deviation, mean });
  /** @param {string} name @param {number[]} shape [out, in...] @param {boolean} bias */
  const linear = (name, shape, bias = true) => {
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    add(`${name}.weight`, shape, 1 / Math.sqrt(fanIn));
    if (bias) add(`${name}.bias`, [shape[0] ?? 0], biasDeviation);
  };
  /** @param {string} name */
  const norm = (name) => {
    add(`${name}.weight`, [width], gainDeviation, 1);
    add(`${name}.bias`, [width], biasDeviation);
  };

  add("embeddings.cls_token", [1, 1, width], 1);
  add("embeddings.mask_token", [1, 1, width], 0);
  add("embeddings.register_tokens", [1, registers, width], 1);
  linear("embeddings.patch_embeddings", [width, 3, patch, patch]);
  for (let k = 0; k < depth; k++) {
    const layer = `layer.${k}`;
    norm(`${layer}.norm1`);
    linear(`${layer}.attention.q_proj`, [width, width]);
    linear(`${layer}.attention.k_proj`, [width, width], false);
    linear(`${layer}.attention.v_proj`, [width, width]);
    linear(`${layer}.attention.o_proj`, [width, width]);
    add(`${layer}.layer_scale1.lambda1`, [width], 0, layerScale);
    norm(`${layer}.norm2`);
    linear(`${layer}.mlp.up_proj`, [hidden, width]);
    linear(`${layer}.mlp.down_proj`, [width, hidden]);
    add(`${layer}.layer_scale2.lambda1`, [width], 0, layerScale);
  }
  norm("norm");
  return list;
}

/**
 * The files of the model directory, by name.
 * @returns {Record<string, Uint8Array>}
 */
export function untrainedModel() {
  return {
    "config.json": json(config),
    "preprocessor_config.json": json(preprocessor),
    "model.safetensors": safetensors(tensors()),
  };
}

/** @param {unknown} value */
function json(value) {
  const wholeFloat = new RegExp(`("(?:${floatFields.join("|")})": \\d+)(?=,?$)`, "gm");
  return Buffer.from(`${JSON.stringify(value, null, 2).replace(wholeFloat, "$1.0")}\n`);
}

/** BF16, header padded to 8 bytes. @param {Tensor[]} list */
function safetensors(list) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { format: "pt" } };
  let offset = 0;
  const chunks = list.map(({ name, shape, deviation, mean }, index) => {
    const values = new Uint16Array(shape.reduce((product, size) => product * size, 1));
    const key = scramble(seed ^ scramble(index + 1));
    for (let i = 0; i < values.length; i++) {
      values[i] = bfloat16(mean + (deviation === 0 ? 0 : deviation * normal(key, i)));
    }
    const end = offset + values.byteLength;
    header[name] = { dtype: "BF16", shape, data_offsets: [offset, end] };
    offset = end;
    return new Uint8Array(values.buffer);
  });
  const text = JSON.stringify(header);
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, Buffer.from(padded), ...chunks]);
}

/**
 * The i-th standard normal number of a key: twelve uniform numbers less 6 (Irwin-Hall), which needs
 * neither logarithm nor cosine. Never beyond 6 deviations.
 *
 * @param {number} key uint32
 * @param {number} i
 */
function normal(key, i) {
  let sum = 0;
  for (let j = 0; j < 6; j++) {
    const bits = scramble(key ^ scramble(6 * i + j));
    sum += (bits >>> 16) + (bits & 0xffff);
  }
  // Each of the twelve lies in 0..65535 and stands for the middle of its bin.
  return (sum + 6) / 65_536 - 6;
}

/** A bijective hash of 32 bits, "lowbias32" (Wellons 2018). @param {number} x @returns uint32 */
function scramble(x) {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest bfloat16, ties to even, as its bit pattern. @param {number} value finite */
function bfloat16(value) {
  float[0] = value;
  const word = bits[0] ?? 0;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const target = process.argv[2] ?? folder;
  mkdirSync(target, { recursive: true });
  for (const [name, bytes] of Object.entries(untrainedModel())) {
    writeFileSync(join(target, name), bytes);
  }
}
