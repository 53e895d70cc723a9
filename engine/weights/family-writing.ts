/** Encoders of other families as transformers writes them: what its config.json says, and its spelling. */
import { isDeepStrictEqual } from "node:util";
import { traitsOf, type VitConfig } from "../model/config.ts";
import { maskToken, paramShapes } from "../model/params.ts";
import type { Traits } from "../model/traits.ts";
import { parseFamilyConfig } from "./family-config.ts";
import type { Spelling } from "./name-table.ts";
import type { FamilyName } from "./families.ts";

export interface FamilyWriting {
  /** Fields of config.json, model_type and architectures among them. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly spelling: Spelling;
  /** Before every name. */
  readonly prefix: string;
  /** Of every tensor, by our names, as transformers has them. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /**
   * Whether transformers, by its own rules for this model_type, computes the same: all but the way in
   * which it brings positions to another grid may be right, and that way wrong.
   */
  readonly isExact: boolean;
}

interface ModelType {
  readonly type: string;
  readonly architecture: string;
  readonly spelling: Spelling;
  readonly prefix?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

const vit: ModelType = {
  type: "vit",
  architecture: "ViTModel",
  spelling: "transformers' ViT",
};
const dinov2: ModelType = {
  type: "dinov2",
  architecture: "Dinov2Model",
  spelling: "transformers' DINOv2",
};
const clip: ModelType = {
  type: "clip_vision_model",
  architecture: "CLIPVisionModel",
  spelling: "transformers' CLIP",
  prefix: "vision_model.",
};
const siglip: ModelType = {
  type: "siglip_vision_model",
  architecture: "SiglipVisionModel",
  spelling: "transformers' CLIP",
  prefix: "vision_model.",
  // Its pooling head is no part of the encoder.
  extra: { vision_use_head: false },
};

/** Absent: transformers has no model of it, or one that we do not write. */
const modelTypes: Readonly<Partial<Record<FamilyName, ModelType>>> = {
  dinov2,
  franca: dinov2,
  webDino: dinov2,
  dino: vit,
  vit,
  // ViTMAEModel would mask and shuffle the patches.
  mae: vit,
  iJepa: { type: "ijepa", architecture: "IJepaModel", spelling: "transformers' ViT" },
  clip,
  openClip: clip,
  siglip,
  siglip2: siglip,
};

/** @returns undefined where transformers has no such model, or not one that is written here */
export function familyWriting(family: FamilyName, config: VitConfig): FamilyWriting | undefined {
  const known = modelTypes[family];
  if (!known) return undefined;
  const type =
    known === dinov2 && config.registers > 0
      ? {
          ...dinov2,
          type: "dinov2_with_registers",
          architecture: "Dinov2WithRegistersModel",
        }
      : known;
  const json = {
    architectures: [type.architecture],
    model_type: type.type,
    ...fieldsOf(config, type.spelling !== dinov2.spelling),
    ...type.extra,
  };
  const { spelling, prefix = "" } = type;
  const shapes = shapesOf(config, spelling);
  return { json, spelling, prefix, shapes, isExact: isReadSo(json, config) };
}

function shapesOf(config: VitConfig, spelling: Spelling): FamilyWriting["shapes"] {
  const shapes = paramShapes(config);
  // CLIP's are a vector and an embedding's weights; DINOv2's mask token is a row.
  if (spelling === clip.spelling) {
    const [, ...positions] = shapes["positions"] ?? [];
    const { cls, ...others } = shapes;
    return { ...others, ...(cls ? { cls: [config.width] } : {}), positions };
  }
  return spelling === dinov2.spelling ? { ...shapes, [maskToken]: [1, config.width] } : shapes;
}

/** Whether our reader of transformers' files, which follows transformers, finds the same encoder. */
function isReadSo(json: Readonly<Record<string, unknown>>, config: VitConfig): boolean {
  try {
    return isDeepStrictEqual(parseFamilyConfig(json, "config.json")?.config, config);
  } catch {
    return false; // Its fields cannot say what this encoder is.
  }
}

const activations: Readonly<Record<Traits["activation"], string>> = {
  gelu: "gelu",
  "gelu tanh": "gelu_pytorch_tanh",
  "gelu sigmoid": "quick_gelu",
};

/** @param isWide whether the width inside the feed-forward is told, not a ratio */
function fieldsOf(config: VitConfig, isWide: boolean): Record<string, unknown> {
  const { width, hidden, patch, registers, bias } = config;
  const { table, activation } = traitsOf(config);
  const isGated = config.feedForward === "swiglu";
  const side = (count = 0) => count * patch;
  const own = table ? [side(table.rows), side(table.cols)] : undefined;
  return {
    hidden_size: width,
    num_hidden_layers: config.depth,
    num_attention_heads: config.heads,
    ...(isWide
      ? { intermediate_size: hidden }
      : { mlp_ratio: (isGated ? 1.5 : 1) * (hidden / width), use_swiglu_ffn: isGated }),
    hidden_act: activations[activation],
    layer_norm_eps: config.normEpsilon,
    patch_size: patch,
    num_channels: 3,
    ...(own ? { image_size: own[0] === own[1] ? own[0] : own } : {}),
    ...(registers > 0 ? { num_register_tokens: registers } : {}),
    qkv_bias: bias.query,
  };
}
