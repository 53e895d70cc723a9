/** timm's config.json beside a DINOv3 ViT: what is read of it, and how it is written. */
import { z } from "zod";
import type { Preprocessor } from "../image/preprocessor.ts";
import { recognise, type VariantName, type VitConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";

/** timm's models of the released shapes; with query and value biases "_qkvb" follows. */
const architectures: Readonly<Partial<Record<VariantName, string>>> = {
  dinov3_vits16: "vit_small_patch16_dinov3",
  dinov3_vits16plus: "vit_small_plus_patch16_dinov3",
  dinov3_vitb16: "vit_base_patch16_dinov3",
  dinov3_vitl16: "vit_large_patch16_dinov3",
  dinov3_vith16plus: "vit_huge_plus_patch16_dinov3",
  dinov3_vit7b16: "vit_7b_patch16_dinov3",
};

const read = z.object({
  architecture: z.string(),
  model_args: z.object({ num_heads: z.int().positive().max(1000).optional() }).optional(),
});

/** Heads of an attention, where a config.json of timm says it. */
export function timmHeads(json: unknown): number | undefined {
  return read.safeParse(json).data?.model_args?.num_heads;
}

/**
 * In the layout of timm's hub. A shape that was not released is told by the arguments that make it of
 * the smallest one.
 * @throws EngineError "model.unknown" for biases that timm's model has not
 */
export function timmConfigOf(
  name: string,
  config: VitConfig,
  preprocessor: Preprocessor,
): Record<string, unknown> {
  const { bias, width, registers } = config;
  if (config.traits || bias.key || bias.query !== bias.value || !bias.projection) {
    throw new EngineError(
      "model.unknown",
      `${name}: expected a DINOv3 ViT with biases as the released ones have them, for timm's names; received ${config.traits ? "an encoder of another family" : "other biases"}`,
      { hint: "Leave --names out, for the names of transformers." },
    );
  }
  const variant = recognise(config);
  const released = variant && architectures[variant];
  const nearest = config.feedForward === "swiglu" ? "dinov3_vits16plus" : "dinov3_vits16";
  const suffix = bias.query ? "_qkvb" : "";
  return {
    architecture: (released ?? architectures[nearest]!) + suffix,
    num_classes: 0,
    num_features: width,
    global_pool: "token",
    ...(released ? {} : { model_args: argumentsOf(config) }),
    pretrained_cfg: {
      ...timmPretrained(preprocessor),
      pool_size: null,
      first_conv: "patch_embed.proj",
      classifier: "head",
      num_prefix_tokens: 1 + registers,
    },
  };
}

/** What timm's config.json says of pictures, and what is the same of all models without classes. */
export function timmPretrained({ size, mean, std, resample }: Preprocessor) {
  const [height, width] =
    "shortestEdge" in size ? [size.shortestEdge, size.shortestEdge] : [size.height, size.width];
  return {
    custom_load: false,
    input_size: [3, height, width],
    fixed_input_size: false,
    interpolation: resample,
    crop_pct: 1,
    crop_mode: "center",
    mean,
    std,
    num_classes: 0,
  };
}

function argumentsOf({ width, depth, heads, hidden, patch, registers }: VitConfig) {
  return {
    patch_size: patch,
    embed_dim: width,
    depth,
    num_heads: heads,
    mlp_ratio: hidden / width,
    num_reg_tokens: registers,
  };
}
