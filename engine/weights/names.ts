/**
 * Upstream checkpoint names to ours, as data: one table per spelling. Ours are in model/params.ts; the
 * tables of other families than DINOv3's vision transformer are in family-names.ts and
 * convnext-names.ts.
 */
import { convNextTables } from "./convnext-names.ts";
import { familyNameTables } from "./family-names.ts";
import type { NameTable, Spelling } from "./name-table.ts";

/** Prefixes that wrappers put before a name; any number of them, in any order. */
export const prefixes = [
  "teacher.backbone.",
  "model.",
  "backbone.",
  "dinov3_vit.",
  "dinov3_convnext.",
  "module.",
] as const;

/** transformers' DINOv3ViTModel (reference: dinov3.md A.6). */
const huggingFace: NameTable = {
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
const official: NameTable = {
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
const timm: NameTable = {
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
const officialVit: NameTable = {
  source: "official ViT",
  params: {
    ...official.params,
    pos_embed: "positions",
    register_tokens: "registers",
    reg_token: "registers",
  },
  fused: {
    ...official.fused,
    "blocks.#.mlp.w12.weight": ["block#.gate.weight", "block#.up.weight"],
    "blocks.#.mlp.w12.bias": ["block#.gate.bias", "block#.up.bias"],
  },
  dropped: ["head.*", "fc_norm.*", "decoder_*", "decoder_blocks.*"],
};

const dinov3Tables: readonly NameTable[] = [huggingFace, official, timm];
const nameTables: readonly NameTable[] = [
  ...dinov3Tables,
  officialVit,
  ...familyNameTables,
  ...convNextTables,
];

/** Whether a spelling is one of a ConvNeXt's. */
export function isConvNextSpelling(spelling: Spelling | undefined): boolean {
  return convNextTables.some(({ source }) => source === spelling);
}

/** Whether a spelling is one of the vision transformer of DINOv3. */
export function isDinov3Spelling(spelling: Spelling | undefined): boolean {
  return spelling === undefined || dinov3Tables.some(({ source }) => source === spelling);
}

/**
 * How most names of a file are spelled; undefined where none is known.
 * @param names without the prefix of their network
 */
export function spellingOf(names: readonly string[]): Spelling | undefined {
  const votes = new Map<Spelling, number>();
  for (const name of names) {
    const found = patternOf(name);
    for (const table of nameTables) {
      // What timm says in its own way stands among official names.
      const has = isIn(table, found) || (table === official && isIn(timm, found));
      if (has) votes.set(table.source, (votes.get(table.source) ?? 0) + 1);
    }
  }
  // At a tie the first table has it, which is DINOv3's.
  return [...votes].sort(
    ([one, a], [other, b]) => b - a || tableIndex(one) - tableIndex(other),
  )[0]?.[0];
}

function isIn({ params, fused }: NameTable, name: NamePattern): boolean {
  return (entryOf(params, name) ?? entryOf(fused, name)) !== undefined;
}

/** The name itself, else its pattern. */
function entryOf<T>(table: Readonly<Record<string, T>>, { bare, pattern }: NamePattern) {
  const key = [bare, pattern].find((candidate) => Object.hasOwn(table, candidate));
  return key === undefined ? undefined : table[key];
}

function tableIndex(spelling: Spelling): number {
  return nameTables.findIndex(({ source }) => source === spelling);
}

/** What an upstream name is: one of our parameters, several in one, something to drop, or neither. */
export type NameMatch =
  | { readonly kind: "param"; readonly ours: string; readonly source: Spelling }
  | { readonly kind: "fused"; readonly ours: readonly string[]; readonly source: Spelling }
  | { readonly kind: "dropped" }
  | { readonly kind: "unknown" };

/** What wrappers put between the parts of a name: compilation, activation checkpointing, sharding. */
const wrapped = /(?<=^|\.)(_orig_mod|_checkpoint_wrapped_module|_fsdp_wrapped_module)\./g;

/** The upstream name without what wrappers add. */
export function stripPrefixes(name: string): string {
  const bare = name.replace(wrapped, "");
  const prefix = prefixes.find((candidate) => bare.startsWith(candidate));
  return prefix === undefined ? bare : stripPrefixes(bare.slice(prefix.length));
}

/**
 * Look an upstream name up.
 * @param spelling of the file; its tables alone are asked then, DINOv3's three as one
 */
export function matchName(name: string, spelling?: Spelling): NameMatch {
  const found = patternOf(name);
  const numbered = (ours: string) => ours.replace("#", (found.number ?? "").padStart(2, "0"));
  for (const { params, fused, dropped, source } of tablesOf(spelling)) {
    const param = entryOf(params, found);
    if (param !== undefined) return { kind: "param", ours: numbered(param), source };
    const parts = entryOf(fused, found);
    if (parts) return { kind: "fused", ours: parts.map(numbered), source };
    if (dropped.some((known) => isOfPattern(found.pattern, known))) return { kind: "dropped" };
  }
  return { kind: "unknown" };
}

function tablesOf(spelling: Spelling | undefined): readonly NameTable[] {
  if (spelling === undefined) return nameTables;
  if (isDinov3Spelling(spelling)) return dinov3Tables;
  return nameTables.filter(({ source }) => source === spelling);
}

function isOfPattern(pattern: string, known: string): boolean {
  return known.endsWith("*") ? pattern.startsWith(known.slice(0, -1)) : pattern === known;
}

interface NamePattern {
  /** Without what wrappers add. */
  readonly bare: string;
  /** With `#` for the number of its block, the last one. */
  readonly pattern: string;
  readonly number: string | undefined;
}

function patternOf(name: string): NamePattern {
  // DINOv2's training code keeps blocks in chunks, numbered through: "blocks.1.7." is block 7.
  const bare = stripPrefixes(name).replace(/^blocks\.\d{1,3}\.(?=\d{1,3}\.)/, "blocks.");
  // A file may claim any block; no backbone has a thousand.
  const match = /^(.*\.)(\d{1,3})(\..*)$/s.exec(bare);
  if (!match) return { bare, pattern: bare, number: undefined };
  const [, before, number, after] = match;
  return { bare, pattern: `${before}#${after}`, number };
}

/** How a parameter of ours is spelled upstream; for messages. */
export function upstreamName(ours: string, spelling: Spelling = "Hugging Face"): string {
  return upstreamPlace(ours, spelling).name;
}

/** A tensor of a file, and which of the equal parts of its first axis a parameter is. */
export interface UpstreamPlace {
  readonly name: string;
  readonly index: number;
  readonly count: number;
}

/** Of a gated feed-forward, where others have other names. */
const gatedName = /\.mlp\.(fc1_[gx]|w\d+|weights_(in|out))\./;

/**
 * Where a spelling has a parameter of ours; under our own name where it has none.
 * @param isGated whether the feed-forward has gates, where it matters: some spellings have other names
 *   for its parts then, or join them
 */
export function upstreamPlace(
  ours: string,
  spelling: Spelling = "Hugging Face",
  isGated?: boolean,
): UpstreamPlace {
  const number = /(?:^|\.)block(\d+)\./.exec(ours)?.[1];
  const pattern = number === undefined ? ours : ours.replace(`block${number}.`, "block#.");
  const numbered = (found: string) => found.replace("#", String(Number(number)));
  // What timm does not say in its own way it says in the official one.
  const own = nameTables.filter(({ source }) => source === spelling);
  const order = spelling === "timm" ? [...own, official] : own;
  for (const { params, fused } of order) {
    const alone = () => {
      const names = Object.keys(params).filter((name) => params[name] === pattern);
      const fitting = isGated === false ? names.filter((name) => !gatedName.test(name)) : names;
      const name = isGated ? fitting.at(-1) : fitting[0];
      return name === undefined ? undefined : { name: numbered(name), index: 0, count: 1 };
    };
    const among = () => {
      const found = Object.entries(fused).find(([, parts]) => parts.includes(pattern));
      if (!found) return undefined;
      const [name, parts] = found;
      return { name: numbered(name), index: parts.indexOf(pattern), count: parts.length };
    };
    // Gates are joined with what they gate where a spelling joins anything of a feed-forward.
    const place = isGated ? (among() ?? alone()) : (alone() ?? among());
    if (place) return place;
  }
  return { name: ours, index: 0, count: 1 };
}
