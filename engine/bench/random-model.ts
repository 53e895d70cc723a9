/** Model directories with random weights, of any shape: for timing, not for looking. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { VitConfig } from "../model/config.ts";
import { paramShapes } from "../model/params.ts";
import { elementCount } from "../protocol/tensor.ts";
import { upstreamName } from "../weights/names.ts";
import { writeSafetensors } from "../weights/write-safetensors.ts";

/** Write config.json and model.safetensors (F32) of a shape into `folder`, which is made. */
export async function writeRandomModel(
  folder: string,
  config: VitConfig,
  title: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const json = {
    model_type: "dinov3_vit",
    hidden_size: config.width,
    intermediate_size: config.hidden,
    num_hidden_layers: config.depth,
    num_attention_heads: config.heads,
    patch_size: config.patch,
    num_register_tokens: config.registers,
    use_gated_mlp: config.feedForward === "swiglu",
    hidden_act: config.feedForward === "swiglu" ? "silu" : "gelu",
    layer_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    query_bias: config.bias.query,
    key_bias: config.bias.key,
    value_bias: config.bias.value,
    proj_bias: config.bias.projection,
    mlp_bias: config.bias.feedForward,
    gramscope: { name: `random ${title}`, trained: false },
  };
  await writeFile(path.join(folder, "config.json"), JSON.stringify(json, undefined, 2));
  let seed = 0;
  await writeSafetensors(
    path.join(folder, "model.safetensors"),
    Object.entries(paramShapes(config)).map(([name, shape]) => ({
      name: upstreamName(name),
      dtype: "F32" as const,
      shape,
      data: () => uniform(elementCount(shape), 0.02, ++seed),
    })),
  );
}

/** Uniform in (-scale, scale) by xorshift32: fast, and the same on every machine. */
function uniform(length: number, scale: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = ((state >>> 0) / 2 ** 31 - 1) * scale;
  }
  return values;
}
