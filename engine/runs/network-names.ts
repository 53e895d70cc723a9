/**
 * The tensors of a backbone in any of its spellings to our names: Hugging Face's by the table of
 * names, the official code's with its fused q, k and v taken apart (dinov3.md A.6).
 */
import type { HostTensor } from "../executors/executor.ts";
import { blockName, maskToken } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { matchName, stripPrefixes } from "../weights/names.ts";
import type { HostTensors } from "./tensor-file.ts";

/** The official spelling; `#` stands for a block number. What is fused is not in it. */
const officialNames: Readonly<Record<string, string>> = {
  cls_token: "cls",
  storage_tokens: "registers",
  mask_token: maskToken,
  "patch_embed.proj.weight": "patch.weight",
  "patch_embed.proj.bias": "patch.bias",
  "blocks.#.norm1.weight": "norm1.weight",
  "blocks.#.norm1.bias": "norm1.bias",
  "blocks.#.attn.proj.weight": "projection.weight",
  "blocks.#.attn.proj.bias": "projection.bias",
  "blocks.#.ls1.gamma": "scale1",
  "blocks.#.norm2.weight": "norm2.weight",
  "blocks.#.norm2.bias": "norm2.bias",
  "blocks.#.mlp.fc1.weight": "up.weight",
  "blocks.#.mlp.fc1.bias": "up.bias",
  "blocks.#.mlp.fc2.weight": "down.weight",
  "blocks.#.mlp.fc2.bias": "down.bias",
  "blocks.#.mlp.w1.weight": "gate.weight",
  "blocks.#.mlp.w1.bias": "gate.bias",
  "blocks.#.mlp.w2.weight": "up.weight",
  "blocks.#.mlp.w2.bias": "up.bias",
  "blocks.#.mlp.w3.weight": "down.weight",
  "blocks.#.mlp.w3.bias": "down.bias",
  "blocks.#.ls2.gamma": "scale2",
  "norm.weight": "norm.weight",
  "norm.bias": "norm.bias",
};

/** What the official code adds on top and a backbone here does not have. */
const dropped = ["rope_embed.periods", "local_cls_norm.weight", "local_cls_norm.bias"];

export interface NamedBackbone {
  /** By our names, in the shapes of model/params.ts; the mask token as [1, d]. */
  readonly params: Record<string, HostTensor>;
  /** Channels of one head, where the file tells. */
  readonly headWidth?: number | undefined;
}

/**
 * @param tensors of one backbone, without the prefix of its network
 * @param where the file and the network, for messages
 * @throws EngineError "weights.extra" for a name that is none, or one parameter twice; "weights.shape"
 *   for fused tensors that do not come apart
 */
export function nameBackbone(tensors: HostTensors, where: string): NamedBackbone {
  const params: Record<string, HostTensor> = {};
  let headWidth: number | undefined;
  const put = (name: string, tensor: HostTensor, upstream: string) => {
    if (Object.hasOwn(params, name)) {
      throw new EngineError("weights.extra", `${where}${upstream}: the file has it twice`, {
        hint: "Keep one spelling to a file: the official one or Hugging Face's.",
      });
    }
    if (tensor.dtype !== "float32") {
      throw new EngineError(
        "weights.format",
        `${where}${upstream}: expected dtype F32, F16 or BF16, received whole numbers`,
      );
    }
    params[name] = name === maskToken ? { ...tensor, shape: [1, tensor.data.length] } : tensor;
  };
  for (const [upstream, tensor] of Object.entries(tensors)) {
    const bare = stripPrefixes(upstream);
    const block = Number(/^blocks\.(\d+)\./.exec(bare)?.[1] ?? NaN);
    const pattern = bare.replace(/^blocks\.\d+\./, "blocks.#.");
    const prefix = Number.isNaN(block) ? "" : `${blockName(block)}.`;
    const match = matchName(upstream, "official");
    const official = Object.hasOwn(officialNames, pattern) ? officialNames[pattern] : undefined;
    // The periods of the rotary positions are as many as a quarter of a head's channels.
    if (bare === "rope_embed.periods") headWidth = tensor.data.length * 4;
    if (pattern === "blocks.#.attn.qkv.bias_mask" || dropped.includes(bare)) continue;
    if (pattern === "blocks.#.attn.qkv.weight" || pattern === "blocks.#.attn.qkv.bias") {
      const kind = pattern.endsWith("weight") ? "weight" : "bias";
      const parts = thirds(tensor, `${where}${upstream}`);
      const isMasked = `${upstream}_mask` in tensors;
      for (const [i, name] of (["query", "key", "value"] as const).entries()) {
        // The mask takes the key's bias away, whatever is stored.
        const isAbsent = kind === "bias" && name === "key" && isMasked;
        if (!isAbsent) put(`${prefix}${name}.${kind}`, parts[i]!, upstream);
      }
    } else if (official !== undefined) put(prefix + official, tensor, upstream);
    else if (match.kind === "param") put(match.ours, tensor, upstream);
    else if (match.kind === "unknown") {
      throw new EngineError(
        "weights.extra",
        `${where}${upstream}: expected a tensor of a DINOv3 ViT in the official spelling or in Hugging Face's`,
        { hint: "The file holds more than a backbone, or a backbone of another kind." },
      );
    }
  }
  return { params, headWidth };
}

/**
 * Key biases that are zero in every block are none: the official code stores them where they are
 * masked, and a file of its parameters alone lacks the mask.
 */
export function withoutZeroKeyBias({ params, headWidth }: NamedBackbone): NamedBackbone {
  const isKeyBias = (name: string) => name.endsWith(".key.bias");
  const keyBiases = Object.entries(params).filter(([name]) => isKeyBias(name));
  if (!keyBiases.every(([, { data }]) => data.every((value) => value === 0))) {
    return { params, headWidth };
  }
  const others = Object.entries(params).filter(([name]) => !isKeyBias(name));
  return { params: Object.fromEntries(others), headWidth };
}

/** q, k and v out of one tensor, along its first axis. */
function thirds({ dtype, shape, data }: HostTensor, where: string): HostTensor[] {
  const [rows = 0, ...rest] = shape;
  if (rows % 3 !== 0) {
    throw new EngineError(
      "weights.shape",
      `${where}: expected q, k and v in one, file has [${shape.join(", ")}]`,
    );
  }
  const length = data.length / 3;
  return [0, 1, 2].map((i) => ({
    dtype,
    shape: [rows / 3, ...rest],
    data: data.slice(i * length, (i + 1) * length),
  }));
}
