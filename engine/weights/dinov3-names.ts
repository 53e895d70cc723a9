/** How the parameters of DINOv3's vision transformer are spelled upstream, one table per spelling. */
import type { NameTable } from "./name-table.ts";

/** transformers' DINOv3ViTModel (reference: dinov3.md A.6). */
export const huggingFace: NameTable = {
  source: "Hugging Face",
  fused: {},
  params: {
    "embeddings.cls_token": "cls",
    "embeddings.register_tokens": "registers",
    "embeddings.mask_token": "mask",
    "embeddings.patch_embeddings.weight": "patch.weight",
    "embeddings.patch_embeddings.bias": "patch.bias",
    "layer.#.norm1.weight": "block#.norm1.weight",
    "layer.#.norm1.bias": "block#.norm1.bias",
    "layer.#.attention.q_proj.weight": "block#.query.weight",
    "layer.#.attention.q_proj.bias": "block#.query.bias",
    "layer.#.attention.k_proj.weight": "block#.key.weight",
    "layer.#.attention.k_proj.bias": "block#.key.bias",
    "layer.#.attention.v_proj.weight": "block#.value.weight",
    "layer.#.attention.v_proj.bias": "block#.value.bias",
    "layer.#.attention.o_proj.weight": "block#.projection.weight",
    "layer.#.attention.o_proj.bias": "block#.projection.bias",
    "layer.#.layer_scale1.lambda1": "block#.scale1",
    "layer.#.norm2.weight": "block#.norm2.weight",
    "layer.#.norm2.bias": "block#.norm2.bias",
    "layer.#.mlp.gate_proj.weight": "block#.gate.weight",
    "layer.#.mlp.gate_proj.bias": "block#.gate.bias",
    "layer.#.mlp.up_proj.weight": "block#.up.weight",
    "layer.#.mlp.up_proj.bias": "block#.up.bias",
    "layer.#.mlp.down_proj.weight": "block#.down.weight",
    "layer.#.mlp.down_proj.bias": "block#.down.bias",
    "layer.#.layer_scale2.lambda1": "block#.scale2",
    "norm.weight": "norm.weight",
    "norm.bias": "norm.bias",
  },
  dropped: [
    // Recomputed from the configuration.
    "rope_embeddings.inv_freq",
    "rope_embeddings.periods",
    "rope_embed.periods",
    // Applied to local crops in training only (SAT ViT-L and the 7B).
    "local_cls_norm.weight",
    "local_cls_norm.bias",
  ],
};

/** facebookresearch/dinov3's own files and training checkpoints (dinov3.md A.6). */
export const official: NameTable = {
  source: "official",
  params: {
    cls_token: "cls",
    storage_tokens: "registers",
    mask_token: "mask",
    "patch_embed.proj.weight": "patch.weight",
    "patch_embed.proj.bias": "patch.bias",
    "blocks.#.norm1.weight": "block#.norm1.weight",
    "blocks.#.norm1.bias": "block#.norm1.bias",
    "blocks.#.attn.proj.weight": "block#.projection.weight",
    "blocks.#.attn.proj.bias": "block#.projection.bias",
    "blocks.#.ls1.gamma": "block#.scale1",
    "blocks.#.norm2.weight": "block#.norm2.weight",
    "blocks.#.norm2.bias": "block#.norm2.bias",
    "blocks.#.mlp.fc1.weight": "block#.up.weight",
    "blocks.#.mlp.fc1.bias": "block#.up.bias",
    "blocks.#.mlp.fc2.weight": "block#.down.weight",
    "blocks.#.mlp.fc2.bias": "block#.down.bias",
    "blocks.#.mlp.w1.weight": "block#.gate.weight",
    "blocks.#.mlp.w1.bias": "block#.gate.bias",
    "blocks.#.mlp.w2.weight": "block#.up.weight",
    "blocks.#.mlp.w2.bias": "block#.up.bias",
    "blocks.#.mlp.w3.weight": "block#.down.weight",
    "blocks.#.mlp.w3.bias": "block#.down.bias",
    "blocks.#.ls2.gamma": "block#.scale2",
    "norm.weight": "norm.weight",
    "norm.bias": "norm.bias",
  },
  fused: {
    "blocks.#.attn.qkv.weight": ["block#.query.weight", "block#.key.weight", "block#.value.weight"],
    "blocks.#.attn.qkv.bias": ["block#.query.bias", "block#.key.bias", "block#.value.bias"],
  },
  // The mask of the key's bias is looked at where the biases are.
  dropped: ["blocks.#.attn.qkv.bias_mask"],
};

/** timm's mirrors of the released models: what differs from the official spelling. */
export const timm: NameTable = {
  source: "timm",
  params: {
    reg_token: "registers",
    "blocks.#.gamma_1": "block#.scale1",
    "blocks.#.gamma_2": "block#.scale2",
    "blocks.#.attn.q_bias": "block#.query.bias",
    "blocks.#.attn.v_bias": "block#.value.bias",
    "blocks.#.mlp.fc1_g.weight": "block#.gate.weight",
    "blocks.#.mlp.fc1_g.bias": "block#.gate.bias",
    "blocks.#.mlp.fc1_x.weight": "block#.up.weight",
    "blocks.#.mlp.fc1_x.bias": "block#.up.bias",
    "blocks.#.mlp.fc2.weight": "block#.down.weight",
    "blocks.#.mlp.fc2.bias": "block#.down.bias",
  },
  fused: {},
  dropped: [],
};

/**
 * DINO v1, MAE and I-JEPA, and what DINOv2 and Franca call otherwise than DINOv3: the names of timm's
 * vision transformer, which all of them come from.
 */
export const officialVit: NameTable = {
  source: "official ViT",
  // Of several names for one parameter the first is written.
  params: {
    pos_embed: "positions",
    register_tokens: "registers",
    reg_token: "registers",
    ...official.params,
  },
  fused: {
    ...official.fused,
    "blocks.#.mlp.w12.weight": ["block#.gate.weight", "block#.up.weight"],
    "blocks.#.mlp.w12.bias": ["block#.gate.bias", "block#.up.bias"],
  },
  dropped: ["head.*", "fc_norm.*", "decoder_*", "decoder_blocks.*"],
};
