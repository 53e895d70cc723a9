/** Which files of a repository are needed to open its model: weights once, and what describes them. */
import { EngineError } from "../protocol/errors.ts";
import type { Repository } from "./repository.ts";

export interface ChosenFiles {
  readonly weights: readonly string[];
  readonly others: readonly string[];
  /**
   * What to open in the repository's folder: "" for the folder itself, as transformers' own layout,
   * or one file.
   */
  readonly entry: string;
}

/** Configurations of the encoders that are read, what is to be known of them, and their terms. */
const others =
  /^(config\.json|(image_)?(pre)?processor_config\.json|open_clip_config\.json|config\.ya?ml|README\.md|(LICEN[CS]E|NOTICE)([._-]\w+)*|USE_POLICY\.md)$/i;

/** What a model directory of transformers calls its weights, the preferred first. */
const standard = [
  { single: "model.safetensors", shards: /^model-\d{5}-of-\d{5}\.safetensors$/ },
  { single: "pytorch_model.bin", shards: /^pytorch_model-\d{5}-of-\d{5}\.bin$/ },
];

/** Everything else that is read, the preferred first. */
const loose = [/\.safetensors$/, /\.bin$/, /\.pth?$/];

/** Optimiser states and the like that lie beside weights. */
const noWeights = /^(optimizer|scheduler|training_args|rng_state|scaler)/;

/**
 * Of weights in several formats one is taken: safetensors before PyTorch's. Files in folders below are
 * not: they are of other programs.
 * @throws EngineError "model.unknown" where there are no weights that are read
 */
export function chooseFiles(files: readonly string[], { id }: Repository): ChosenFiles {
  const top = files.filter((name) => /^[\w.-]+$/.test(name));
  const rest = { others: top.filter((name) => others.test(name)) };
  for (const { single, shards } of standard) {
    if (top.includes(single)) return { ...rest, weights: [single], entry: "" };
    const index = `${single}.index.json`;
    const parts = top.filter((name) => shards.test(name));
    if (top.includes(index) && parts.length > 0) {
      return { ...rest, weights: [index, ...parts], entry: "" };
    }
  }
  for (const ending of loose) {
    const found = top.filter((name) => ending.test(name) && !noWeights.test(name));
    if (found.length > 0) return { ...rest, weights: found, entry: found[0]! };
  }
  const names = files.slice(0, 5).join(", ");
  const more = files.length > 5 ? ` and ${files.length - 5} more` : "";
  throw new EngineError(
    "model.unknown",
    `${id}: expected weights in safetensors or PyTorch's format; it holds ${names || "nothing"}${more}`,
    { hint: "Weights of TensorFlow, JAX, ONNX or GGUF are not read; look for another repository." },
  );
}

/** Text and JSON, and what an index of shards is at most. */
export const mostBytesOfText = 2 ** 26;

/** A terabyte: larger than anything that is published. */
export const mostBytesOfWeights = 2 ** 40;

export function mostBytesOf(name: string): number {
  return /\.(safetensors|bin|pth?)$/.test(name) ? mostBytesOfWeights : mostBytesOfText;
}
