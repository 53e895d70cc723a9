/** Upstream checkpoint names to ours, as data: one table per spelling. Ours are in model/params.ts. */

/** One spelling. `#` stands for a block number; patterns match whole names. */
export interface NameTable {
  /** For messages: "Hugging Face". */
  readonly source: string;
  /** Upstream pattern -> our pattern, in which `#` becomes two digits. */
  readonly params: Readonly<Record<string, string>>;
  /** Upstream patterns that carry nothing we compute with, dropped without a word. */
  readonly dropped: readonly string[];
}

/** Prefixes that wrappers put before a name; any number of them, in any order. */
export const prefixes = [
  "teacher.backbone.",
  "model.",
  "backbone.",
  "dinov3_vit.",
  "module.",
  "_orig_mod.",
] as const;

/** transformers' DINOv3ViTModel (reference: dinov3.md A.6). */
const huggingFace: NameTable = {
  source: "Hugging Face",
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

export const nameTables: readonly NameTable[] = [huggingFace];

/** What an upstream name is: one of our parameters, something to drop, or neither. */
export type NameMatch =
  | { readonly kind: "param"; readonly ours: string }
  | { readonly kind: "dropped" }
  | { readonly kind: "unknown" };

/** The upstream name without the prefixes that wrappers add. */
export function stripPrefixes(name: string): string {
  const prefix = prefixes.find((candidate) => name.startsWith(candidate));
  return prefix === undefined ? name : stripPrefixes(name.slice(prefix.length));
}

/** Look an upstream name up in every table. */
export function matchName(name: string): NameMatch {
  const bare = stripPrefixes(name);
  const number = /(?<=\.)\d+(?=\.)/.exec(bare)?.[0];
  const pattern = number === undefined ? bare : bare.replace(`.${number}.`, ".#.");
  for (const table of nameTables) {
    if (Object.hasOwn(table.params, pattern)) {
      const ours = table.params[pattern]!.replace("#", (number ?? "").padStart(2, "0"));
      return { kind: "param", ours };
    }
    if (table.dropped.includes(bare)) return { kind: "dropped" };
  }
  return { kind: "unknown" };
}

/** How a parameter of ours is spelled upstream, in the first table; for messages. */
export function upstreamName(ours: string): string {
  const number = /^block(\d+)\./.exec(ours)?.[1];
  const pattern = number === undefined ? ours : ours.replace(number, "#");
  const found = Object.entries(huggingFace.params).find(([, value]) => value === pattern)?.[0];
  return found === undefined ? ours : found.replace("#", String(Number(number)));
}
