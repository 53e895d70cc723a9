/**
 * Hugging Face's config.json of a DINOv3 ViT to the shape of a backbone, with the defaults of
 * transformers' DINOv3ViTConfig where a field is absent.
 */
import { z } from "zod";
import type { VitConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import { familyNames } from "./families.ts";
import { familyModelTypes } from "./family-config.ts";
import { invalidField } from "./invalid-field.ts";

const dinov3Type = "dinov3_vit";
/** Of DINOv3's ConvNeXt, which has a reader of its own. */
export const convNextModelType = "dinov3_convnext";
const otherTypes = [convNextModelType, ...familyModelTypes];

const positive = z.int().positive().max(1_000_000);

/** The fields that decide what is computed. Others (dropout, initialisation) are passed over. */
const hfConfig = z.object({
  hidden_size: positive.default(384),
  intermediate_size: positive.default(1536),
  num_hidden_layers: positive.max(1000).default(12),
  num_attention_heads: positive.default(6),
  hidden_act: z.string().default("gelu"),
  use_gated_mlp: z.boolean().default(false),
  layer_norm_eps: z.number().positive().max(1).default(1e-5),
  rope_theta: z.number().positive().optional(),
  /** Where newer versions of transformers keep rope_theta. */
  rope_parameters: z.object({ rope_theta: z.number().positive().optional() }).nullish(),
  patch_size: positive.default(16),
  num_channels: z.int().default(3),
  query_bias: z.boolean().default(true),
  key_bias: z.boolean().default(false),
  value_bias: z.boolean().default(true),
  proj_bias: z.boolean().default(true),
  mlp_bias: z.boolean().default(true),
  num_register_tokens: z.int().nonnegative().max(1000).default(0),
});

/** What we write beside the model's own fields. */
const marker = z.object({
  /** False for random weights. */
  trained: z.boolean().optional(),
  note: z.string().optional(),
  name: z.string().optional(),
  licence: z.string().optional(),
  /** Of names that tell neither. */
  family: z.enum(familyNames).optional().catch(undefined),
  heads: z.int().positive().max(1000).optional(),
});
export type Marker = z.infer<typeof marker>;

export interface HfConfig {
  readonly vit: VitConfig;
  readonly marker: Marker;
  /** Where the model came from, as transformers noted it. */
  readonly nameOrPath?: string | undefined;
}

const outerSchema = z.object({
  model_type: z.string().optional(),
  _name_or_path: z.string().optional().catch(undefined),
  gramscope: marker.default({}),
});

/** What we and transformers say of a model beside its fields; nothing where the file says nothing. */
export function parseMarker(json: unknown): Pick<HfConfig, "marker" | "nameOrPath"> {
  const { data } = outerSchema.safeParse(json);
  return { marker: data?.gramscope ?? {}, nameOrPath: data?._name_or_path };
}

/** Whether a config.json is one that we wrote, in whatever spelling the weights beside it are. */
export function isOurs(json: unknown): boolean {
  return typeof json === "object" && json !== null && "gramscope" in json;
}

/**
 * @param json the parsed file
 * @param path where it lies, for messages
 * @throws EngineError "model.unknown" for another architecture; "config.invalid" for a field of the
 *   wrong kind or fields that contradict one another
 */
export function parseHfConfig(json: unknown, path: string): HfConfig {
  const outer = outerSchema.safeParse(json);
  if (!outer.success) throw invalidField(path, outer.error);
  const modelType = outer.data.model_type;
  if (modelType !== dinov3Type) {
    if (modelType !== undefined && otherTypes.includes(modelType)) {
      throw new EngineError(
        "config.contradicts",
        `${path}: model_type is "${modelType}" in config.json and the tensors are named as in ${dinov3Type}`,
        { hint: "Use the config.json that was saved with these weights." },
      );
    }
    const received = modelType === undefined ? "no model_type" : `"${modelType}"`;
    const known = [dinov3Type, ...otherTypes].join(", ");
    throw new EngineError(
      "model.unknown",
      `${path}: model_type: expected one of ${known}; received ${received}`,
      { hint: "docs/families.md lists the encoders that can be opened." },
    );
  }
  const inner = hfConfig.safeParse(json);
  if (!inner.success) throw invalidField(path, inner.error);
  return {
    vit: toVitConfig(inner.data, path),
    marker: outer.data.gramscope,
    nameOrPath: outer.data._name_or_path,
  };
}

function toVitConfig(hf: z.infer<typeof hfConfig>, path: string): VitConfig {
  const check = (holds: boolean, problem: string) => {
    if (!holds) throw new EngineError("config.invalid", `${path}: ${problem}`);
  };
  const { hidden_size: width, num_attention_heads: heads } = hf;
  check(
    width % heads === 0,
    `hidden_size ${width} must be a multiple of num_attention_heads ${heads}`,
  );
  check(
    (width / heads) % 4 === 0,
    `hidden_size / num_attention_heads is ${width / heads}; rotary positions need a multiple of 4`,
  );
  check(hf.num_channels === 3, `num_channels: expected 3, received ${hf.num_channels}`);
  const activation = hf.use_gated_mlp ? "silu" : "gelu";
  check(
    hf.hidden_act === activation,
    `hidden_act: expected "${activation}" with use_gated_mlp ${hf.use_gated_mlp}, received "${hf.hidden_act}"`,
  );
  return {
    width,
    depth: hf.num_hidden_layers,
    heads,
    hidden: hf.intermediate_size,
    feedForward: hf.use_gated_mlp ? "swiglu" : "mlp",
    patch: hf.patch_size,
    registers: hf.num_register_tokens,
    bias: {
      query: hf.query_bias,
      key: hf.key_bias,
      value: hf.value_bias,
      projection: hf.proj_bias,
      feedForward: hf.mlp_bias,
    },
    normEpsilon: hf.layer_norm_eps,
    ropeTheta: hf.rope_theta ?? hf.rope_parameters?.rope_theta ?? 100,
  };
}
