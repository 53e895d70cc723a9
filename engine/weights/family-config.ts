/**
 * Hugging Face's config.json of other families than DINOv3 to the shape of a backbone, with the defaults
 * that transformers has for each.
 */
import { z } from "zod";
import type { VitConfig } from "../model/config.ts";
import { dinov3Traits, type PositionResize, type Traits } from "../model/traits.ts";
import { EngineError } from "../protocol/errors.ts";
import type { FamilyName } from "./families.ts";
import { invalidField } from "./invalid-field.ts";

/** A backbone, the family that it is of, and the side of the pictures that it was trained on. */
export interface FamilyModel {
  readonly family: FamilyName;
  readonly config: VitConfig;
  /** Pixels. */
  readonly side: number | undefined;
}

const positive = z.int().positive().max(1_000_000);
/** A side, or height and width. */
const sides = z.union([positive, z.tuple([positive, positive])]);

const fields = z.object({
  hidden_size: positive,
  num_hidden_layers: positive.max(1000),
  num_attention_heads: positive,
  intermediate_size: positive.optional(),
  mlp_ratio: z.number().positive().max(100).default(4),
  hidden_act: z.string().default("gelu"),
  layer_norm_eps: z.number().positive().max(1),
  image_size: sides,
  patch_size: sides,
  num_channels: z.int().default(3),
  qkv_bias: z.boolean().default(true),
  use_swiglu_ffn: z.boolean().default(false),
  num_register_tokens: z.int().nonnegative().max(1000).default(0),
  num_patches: positive.optional(),
  tubelet_size: positive.max(100).default(1),
  window_size: z.int().nonnegative().max(1000).default(0),
  global_attn_indexes: z.array(z.int().nonnegative()).max(1000).default([]),
});
type Fields = z.infer<typeof fields>;

export const cubic: PositionResize = {
  method: "bicubic",
  antialias: false,
  offset: 0,
  isCutFromSquare: false,
};
export const smoothCubic: PositionResize = { ...cubic, antialias: true };
export const linearResize: PositionResize = { ...cubic, method: "bilinear" };

interface ModelType {
  readonly family: FamilyName;
  readonly defaults: Partial<z.input<typeof fields>>;
  /** Besides the table of positions, the activation and layer scale. */
  readonly traits?: Partial<Traits>;
  /** Absent where there is no table. */
  readonly table?: { readonly hasClass: boolean; readonly resize: PositionResize };
}

const vit = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  layer_norm_eps: 1e-12,
  image_size: 224,
  patch_size: 16,
};
const plain: Partial<Traits> = { rotation: "none", hasLayerScale: false };
const withClass = { hasClass: true, resize: cubic };
const withoutClass = { hasClass: false, resize: cubic };

const dinov2: ModelType = {
  family: "dinov2",
  defaults: { ...vit, layer_norm_eps: 1e-6, patch_size: 14 },
  traits: { rotation: "none" },
  table: withClass,
};
const clip: ModelType = {
  family: "clip",
  defaults: {
    ...vit,
    intermediate_size: 3072,
    hidden_act: "quick_gelu",
    layer_norm_eps: 1e-5,
    patch_size: 32,
  },
  traits: { ...plain, hasPatchBias: false, isNormedBefore: true },
  table: withClass,
};
const siglip: ModelType = {
  family: "siglip",
  defaults: {
    ...vit,
    intermediate_size: 3072,
    hidden_act: "gelu_pytorch_tanh",
    layer_norm_eps: 1e-6,
  },
  traits: { ...plain, classToken: "none" },
  table: withoutClass,
};
/** NaFlex: patches cut out beforehand, positions smoothed to any grid. */
const siglip2: ModelType = {
  ...siglip,
  family: "siglip2",
  defaults: { ...siglip.defaults, num_patches: 256 },
  traits: { ...siglip.traits, patchOrder: "yxc" },
  table: { hasClass: false, resize: { ...smoothCubic, method: "bilinear" } },
};

const sam: ModelType = {
  family: "sam",
  defaults: {
    ...vit,
    layer_norm_eps: 1e-6,
    image_size: 1024,
    window_size: 14,
    global_attn_indexes: [2, 5, 8, 11],
  },
  traits: { ...plain, classToken: "none", hasFinalNorm: false },
  table: withoutClass,
};

/** By config.json's model_type. A model of pictures and texts has its encoder in `vision_config`. */
const modelTypes: Readonly<Record<string, ModelType>> = {
  dinov2,
  dinov2_with_registers: {
    ...dinov2,
    defaults: { ...dinov2.defaults, num_register_tokens: 4, patch_size: 16 },
    table: { hasClass: true, resize: smoothCubic },
  },
  vit: {
    family: "vit",
    defaults: { ...vit, intermediate_size: 3072 },
    traits: plain,
    table: withClass,
  },
  vit_mae: {
    family: "mae",
    defaults: { ...vit, intermediate_size: 3072 },
    traits: plain,
    table: withClass,
  },
  ijepa: {
    family: "iJepa",
    defaults: { ...vit, intermediate_size: 3072 },
    traits: { ...plain, classToken: "none" },
    table: withoutClass,
  },
  clip,
  clip_vision_model: clip,
  siglip,
  siglip_vision_model: siglip,
  siglip2,
  siglip2_vision_model: siglip2,
  sam,
  sam_vision_model: sam,
  vjepa2: {
    family: "vJepa2",
    defaults: {
      hidden_size: 1024,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      layer_norm_eps: 1e-6,
      patch_size: 16,
      tubelet_size: 2,
    },
    traits: { rotation: "v-jepa", hasLayerScale: false, classToken: "none" },
  },
};

export const familyModelTypes = Object.keys(modelTypes);

/**
 * @param json the parsed file
 * @param path where it lies, for messages
 * @returns undefined for another model_type
 * @throws EngineError "config.invalid" for a field of the wrong kind or fields that contradict one
 *   another
 */
export function parseFamilyConfig(json: unknown, path: string): FamilyModel | undefined {
  const outer = z
    .object({ model_type: z.string(), vision_config: z.looseObject({}).optional() })
    .safeParse(json);
  if (!outer.success || !Object.hasOwn(modelTypes, outer.data.model_type)) return undefined;
  const type = modelTypes[outer.data.model_type]!;
  const own: object = outer.data.vision_config ?? (json as object);
  // V-JEPA 2 has another word for the side of its pictures.
  const side = "crop_size" in own ? { image_size: own.crop_size } : {};
  const inner = fields.safeParse({ image_size: 224, ...type.defaults, ...side, ...own });
  if (!inner.success) throw invalidField(path, inner.error);
  return toModel(type, inner.data, path);
}

function toModel(type: ModelType, hf: Fields, path: string): FamilyModel {
  const check = (holds: boolean, problem: string) => {
    if (!holds) throw new EngineError("config.invalid", `${path}: ${problem}`);
  };
  const { hidden_size: width, num_attention_heads: heads } = hf;
  check(
    width % (2 * heads) === 0,
    `hidden_size ${width} must be an even multiple of num_attention_heads ${heads}`,
  );
  check(hf.num_channels === 3, `num_channels: expected 3, received ${hf.num_channels}`);
  const [patch, patchWidth] = pair(hf.patch_size);
  check(patch === patchWidth, `patch_size: expected squares, received ${patch} × ${patchWidth}`);
  const activation = activationOf(hf.hidden_act);
  check(
    activation !== undefined || hf.use_swiglu_ffn,
    `hidden_act: expected gelu, gelu_pytorch_tanh or quick_gelu, received "${hf.hidden_act}"`,
  );
  const [height, imageWidth] = pair(hf.image_size);
  const traits: Traits = {
    ...dinov3Traits,
    ...type.traits,
    activation: activation ?? "gelu",
    frames: hf.tubelet_size,
    windows:
      hf.window_size > 0
        ? { side: hf.window_size, wholeBlocks: hf.global_attn_indexes }
        : undefined,
    table: type.table && { ...type.table, ...gridOf(hf, patch, height, imageWidth, check) },
  };
  const ratioed = Math.floor(width * hf.mlp_ratio);
  const swiglu = 8 * Math.floor((Math.floor((ratioed * 2) / 3) + 7) / 8);
  const bias = hf.qkv_bias;
  const config: VitConfig = {
    width,
    depth: hf.num_hidden_layers,
    heads,
    hidden: hf.use_swiglu_ffn ? swiglu : (hf.intermediate_size ?? ratioed),
    feedForward: hf.use_swiglu_ffn ? "swiglu" : "mlp",
    patch,
    registers: hf.num_register_tokens,
    bias: { query: bias, key: bias, value: bias, projection: true, feedForward: true },
    normEpsilon: hf.layer_norm_eps,
    ropeTheta: 100,
    traits,
  };
  return { family: type.family, config, side: Math.min(height, imageWidth) };
}

/** The grid of the table: that of the pictures of training, or as many patches as are told. */
function gridOf(
  { num_patches: count }: Fields,
  patch: number,
  height: number,
  width: number,
  check: (holds: boolean, problem: string) => void,
): { rows: number; cols: number } {
  if (count !== undefined) {
    const side = Math.sqrt(count);
    check(
      Number.isInteger(side),
      `num_patches: expected the square of a number, received ${count}`,
    );
    return { rows: side, cols: side };
  }
  const [rows, cols] = [Math.floor(height / patch), Math.floor(width / patch)];
  check(rows > 0 && cols > 0, `image_size ${height} is smaller than patch_size ${patch}`);
  return { rows, cols };
}

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

function activationOf(name: string): Traits["activation"] | undefined {
  const known: Readonly<Record<string, Traits["activation"]>> = {
    gelu: "gelu",
    gelu_pytorch_tanh: "gelu tanh",
    gelu_new: "gelu tanh",
    quick_gelu: "gelu sigmoid",
  };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}
