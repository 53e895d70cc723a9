/** What a table of upstream names holds: names.ts looks them up, the tables are data. */

/** The first three are DINOv3's; the others are called by who writes them. */
export type Spelling =
  | "Hugging Face"
  | "official"
  | "timm"
  | "official ViT"
  | "transformers' DINOv2"
  | "transformers' ViT"
  | "transformers' CLIP"
  | "OpenCLIP"
  | "RADIO"
  | "transformers' V-JEPA 2"
  | "transformers' SAM"
  | "SAM"
  | "official ConvNeXt"
  | "transformers' ConvNeXt"
  | "timm's ConvNeXt";

/**
 * One spelling. `#` stands for the last number of a name, which is its block's; patterns match whole
 * names, and a name that stands here with its numbers is itself.
 */
export interface NameTable {
  readonly source: Spelling;
  /** Upstream pattern -> our pattern, in which `#` becomes two digits. */
  readonly params: Readonly<Record<string, string>>;
  /** Upstream pattern -> our patterns, which share its first axis equally. */
  readonly fused: Readonly<Record<string, readonly string[]>>;
  /** Upstream patterns that carry nothing we compute with; one that ends in `*` is a beginning. */
  readonly dropped: readonly string[];
}

/** `.weight` and `.bias` of each module. */
export function modules(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([theirs, ours]) =>
      ["weight", "bias"].map((kind) => [`${theirs}.${kind}`, `${ours}.${kind}`]),
    ),
  );
}
