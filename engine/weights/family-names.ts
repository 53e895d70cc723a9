/**
 * How other families than DINOv3 spell their parameters, as data: one table per spelling, in the form
 * that names.ts looks up (reference dinov3.md B.2).
 */
import { modules, type NameTable } from "./name-table.ts";

/** q, k and v in one tensor, or gate and up, of weight and bias. */
function joined(name: string, ours: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    ["weight", "bias"].map((kind) => [`${name}.${kind}`, ours.map((part) => `${part}.${kind}`)]),
  );
}

function samBlock(blocks: string): Record<string, string> {
  return {
    [`${blocks}.#.attn.proj`]: "block#.projection",
    [`${blocks}.#.mlp.lin1`]: "block#.up",
    [`${blocks}.#.mlp.lin2`]: "block#.down",
  };
}

const qkv = ["block#.query", "block#.key", "block#.value"];
const gateAndUp = ["block#.gate", "block#.up"];

/** What transformers' ViTModel, Dinov2Model, ViTMAEModel and IJepaModel have in common. */
const hfEmbeddings = {
  "embeddings.cls_token": "cls",
  "embeddings.position_embeddings": "positions",
  ...modules({
    "embeddings.patch_embeddings.projection": "patch",
    "encoder.layer.#.attention.attention.query": "block#.query",
    "encoder.layer.#.attention.attention.key": "block#.key",
    "encoder.layer.#.attention.attention.value": "block#.value",
    "encoder.layer.#.attention.output.dense": "block#.projection",
    layernorm: "norm",
  }),
};

export const familyNameTables: readonly NameTable[] = [
  {
    source: "transformers' DINOv2",
    params: {
      ...hfEmbeddings,
      "embeddings.mask_token": "mask",
      "embeddings.register_tokens": "registers",
      ...modules({
        "encoder.layer.#.norm1": "block#.norm1",
        "encoder.layer.#.norm2": "block#.norm2",
        "encoder.layer.#.mlp.fc1": "block#.up",
        "encoder.layer.#.mlp.fc2": "block#.down",
        "encoder.layer.#.mlp.weights_out": "block#.down",
      }),
      "encoder.layer.#.layer_scale1.lambda1": "block#.scale1",
      "encoder.layer.#.layer_scale2.lambda1": "block#.scale2",
    },
    fused: joined("encoder.layer.#.mlp.weights_in", gateAndUp),
    dropped: [],
  },
  {
    source: "transformers' ViT",
    params: {
      ...hfEmbeddings,
      ...modules({
        "encoder.layer.#.layernorm_before": "block#.norm1",
        "encoder.layer.#.layernorm_after": "block#.norm2",
        "encoder.layer.#.intermediate.dense": "block#.up",
        "encoder.layer.#.output.dense": "block#.down",
      }),
    },
    fused: {},
    dropped: ["pooler.dense.weight", "pooler.dense.bias"],
  },
  {
    source: "transformers' CLIP",
    params: {
      "embeddings.class_embedding": "cls",
      "embeddings.position_embedding.weight": "positions",
      ...modules({
        "embeddings.patch_embedding": "patch",
        // Spelled so upstream.
        pre_layrnorm: "before",
        "encoder.layers.#.layer_norm1": "block#.norm1",
        "encoder.layers.#.layer_norm2": "block#.norm2",
        "encoder.layers.#.self_attn.q_proj": "block#.query",
        "encoder.layers.#.self_attn.k_proj": "block#.key",
        "encoder.layers.#.self_attn.v_proj": "block#.value",
        "encoder.layers.#.self_attn.out_proj": "block#.projection",
        "encoder.layers.#.mlp.fc1": "block#.up",
        "encoder.layers.#.mlp.fc2": "block#.down",
        post_layernorm: "norm",
      }),
    },
    fused: {},
    dropped: ["embeddings.position_ids", "head.*"],
  },
  {
    source: "OpenCLIP",
    params: {
      class_embedding: "cls",
      positional_embedding: "positions",
      ...modules({
        conv1: "patch",
        ln_pre: "before",
        "transformer.resblocks.#.ln_1": "block#.norm1",
        "transformer.resblocks.#.ln_2": "block#.norm2",
        "transformer.resblocks.#.attn.out_proj": "block#.projection",
        "transformer.resblocks.#.mlp.c_fc": "block#.up",
        "transformer.resblocks.#.mlp.c_proj": "block#.down",
        ln_post: "norm",
      }),
      "transformer.resblocks.#.ls_1.gamma": "block#.scale1",
      "transformer.resblocks.#.ls_2.gamma": "block#.scale2",
    },
    fused: {
      "transformer.resblocks.#.attn.in_proj_weight": qkv.map((name) => `${name}.weight`),
      "transformer.resblocks.#.attn.in_proj_bias": qkv.map((name) => `${name}.bias`),
    },
    dropped: ["proj", "attn_pool.*"],
  },
  {
    source: "RADIO",
    params: {
      "patch_generator.embedder.weight": "patch.weight",
      "patch_generator.pos_embed": "positions",
      "patch_generator.cls_token.token": "registers",
      ...modules({
        "blocks.#.norm1": "block#.norm1",
        "blocks.#.norm2": "block#.norm2",
        "blocks.#.attn.proj": "block#.projection",
        "blocks.#.mlp.fc1": "block#.up",
        "blocks.#.mlp.fc2": "block#.down",
        norm: "norm",
      }),
    },
    fused: joined("blocks.#.attn.qkv", qkv),
    dropped: [],
  },
  {
    source: "transformers' V-JEPA 2",
    params: modules({
      "embeddings.patch_embeddings.proj": "patch",
      "layer.#.norm1": "block#.norm1",
      "layer.#.norm2": "block#.norm2",
      "layer.#.attention.query": "block#.query",
      "layer.#.attention.key": "block#.key",
      "layer.#.attention.value": "block#.value",
      "layer.#.attention.proj": "block#.projection",
      "layer.#.mlp.fc1": "block#.up",
      "layer.#.mlp.fc2": "block#.down",
      layernorm: "norm",
    }),
    fused: {},
    dropped: [],
  },
  {
    source: "transformers' SAM",
    params: {
      pos_embed: "positions",
      ...modules({
        "patch_embed.projection": "patch",
        "layers.#.layer_norm1": "block#.norm1",
        "layers.#.layer_norm2": "block#.norm2",
        ...samBlock("layers"),
      }),
      "layers.#.attn.rel_pos_h": "block#.relativeRows",
      "layers.#.attn.rel_pos_w": "block#.relativeCols",
    },
    fused: joined("layers.#.attn.qkv", qkv),
    dropped: ["neck.*"],
  },
  {
    source: "SAM",
    params: {
      pos_embed: "positions",
      ...modules({
        "patch_embed.proj": "patch",
        "blocks.#.norm1": "block#.norm1",
        "blocks.#.norm2": "block#.norm2",
        ...samBlock("blocks"),
      }),
      "blocks.#.attn.rel_pos_h": "block#.relativeRows",
      "blocks.#.attn.rel_pos_w": "block#.relativeCols",
    },
    fused: joined("blocks.#.attn.qkv", qkv),
    dropped: ["neck.*"],
  },
];

/** Why names of a pattern are not read, for `gramscope inspect`. */
export const dropReasons: readonly { readonly names: RegExp; readonly why: string }[] = [
  {
    names: /(^|\.)decoder_|(^|\.)decoder\.|(^|\.)mask_token$/,
    why: "the decoder, which draws masked patches",
  },
  { names: /(^|\.)neck\./, why: "the neck, which narrows features to what masks are drawn from" },
  {
    names: /(^|\.)(head|heads|pooler|attn_pool|fc_norm)\.|(^|\.)proj$/,
    why: "a head for classes or for pooling, which features do not pass through",
  },
  {
    names: /position_ids$|inv_freq$|rope_embed|bias_mask$/,
    why: "computed anew from the configuration",
  },
  { names: /(^|\.)norms\./, why: "the final norm a second time" },
  { names: /local_cls_norm/, why: "applied to local crops in training only" },
];
