/** Which networks a checkpoint holds, by the names of their first layer, and which of them is meant. */
import { EngineError } from "../protocol/errors.ts";

export interface Network {
  /** What a person says: "teacher". "model" where the checkpoint has no word for it. */
  readonly label: string;
  /** Before every name of it: "teacher.backbone.". */
  readonly prefix: string;
  /** How many tensors have that prefix. */
  readonly tensors: number;
}

/** How the layer that cuts patches is called, in every spelling. */
const firstLayers = [
  "patch_embed.proj",
  "patch_embed.projection",
  "embeddings.patch_embeddings",
  "embeddings.patch_embeddings.projection",
  "embeddings.patch_embeddings.proj",
  "embeddings.patch_embedding",
  "patch_generator.embedder",
  "downsample_layers.0.0",
  "stages.0.downsample_layers.0",
  "conv1",
  "stem.0",
];
const firstLayer = new RegExp(
  `^(|.*\\.)(${firstLayers.map((name) => name.replaceAll(".", "\\.")).join("|")})\\.weight$`,
);

/** Words of wrappers that say nothing about whose weights they are. */
const wrappers = new Set([
  "model",
  "module",
  "backbone",
  "state_dict",
  "network",
  "encoder",
  "visual",
  "vision_model",
  "vision_encoder",
  "dinov3_vit",
  "dinov3_convnext",
  "_orig_mod",
  "_checkpoint_wrapped_module",
  "_fsdp_wrapped_module",
]);

/**
 * The best guess first: a moving average, a teacher, the only model, then a student; a teacher of Gram
 * matrices is an older teacher and comes last. In the official code of DINOv3 `model_ema` is what it
 * evaluates; `teacher` is the same in pretraining, and in distillation the large frozen one.
 */
const preference: readonly ((label: string) => boolean)[] = [
  (label) => /(^|[._])ema($|[._])/.test(label),
  (label) => /teacher|target/.test(label) && !label.includes("gram"),
  (label) => label === "model",
  (label) => label.includes("student"),
  (label) => !label.includes("gram"),
  () => true,
];

/** Every network, the one that is taken unless another is asked for first. */
export function findNetworks(names: readonly string[]): Network[] {
  const prefixes = new Set(names.flatMap((name) => prefixBefore(name, names) ?? []));
  const labels = new Map<string, number>();
  for (const prefix of prefixes) {
    const label = labelOf(prefix);
    labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  return [...prefixes]
    .map((prefix) => ({
      // Where a word would mean two, the whole prefix is the word.
      label: labels.get(labelOf(prefix)) === 1 ? labelOf(prefix) : prefix.replace(/\.$/, ""),
      prefix,
      tensors: names.filter((name) => name.startsWith(prefix)).length,
    }))
    .sort((a, b) => rank(a.label) - rank(b.label));
}

function prefixBefore(name: string, names: readonly string[]): string | undefined {
  const match = firstLayer.exec(name);
  if (!match) return undefined;
  const [, prefix = "", layer] = match;
  // First layers by these names are many a network's, and no encoder's without such blocks.
  const blocks = layer === undefined ? undefined : blocksBeside[layer];
  const isEncoder =
    blocks === undefined || names.some((other) => other.startsWith(`${prefix}${blocks}`));
  return isEncoder ? prefix : undefined;
}

const blocksBeside: Readonly<Record<string, string>> = {
  conv1: "transformer.resblocks.",
  "stem.0": "stages.0.blocks.0.conv_dw.",
};

/**
 * @param wanted a label, or a prefix; absent: the first
 * @param where the file, for messages
 * @throws EngineError "option.invalid" when there is none of that name
 */
export function chooseNetwork(
  networks: readonly Network[],
  wanted: string | undefined,
  where: string,
): Network | undefined {
  if (wanted === undefined) return networks[0];
  const found = networks.find(
    ({ label, prefix }) => label === wanted || prefix === wanted || prefix === `${wanted}.`,
  );
  if (found) return found;
  const labels = networks.map(({ label }) => label);
  throw new EngineError(
    "option.invalid",
    `${where}: expected one of its networks, ${labels.join(", ") || "of which it has none"}; received "${wanted}"`,
    { hint: `Name one after the path: ${where}#${labels[0] ?? "teacher"}` },
  );
}

function labelOf(prefix: string): string {
  const words = prefix.split(".").filter((word) => word !== "" && !wrappers.has(word));
  return words.join(".") || "model";
}

function rank(label: string): number {
  return preference.findIndex((holds) => holds(label));
}
