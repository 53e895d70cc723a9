/**
 * The shape of a vision transformer and the named DINOv3 variants
 * (Siméoni et al. 2025, arXiv:2508.10104; facebookresearch/dinov3 hub constructors).
 */
import { stageFlops, type ConvNextConfig } from "./convnext-config.ts";
import { dinov3Traits, type Traits } from "./traits.ts";

/** A backbone that can be looked at. */
export type BackboneConfig = VitConfig | ConvNextConfig;

export interface VitConfig {
  /** What tells it from a ConvNeXt. */
  readonly architecture?: undefined;
  /** Token width D. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  readonly heads: number;
  /** Width inside the feed-forward, per branch for SwiGLU. */
  readonly hidden: number;
  readonly feedForward: "mlp" | "swiglu";
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Register tokens between CLS and the patches ("storage tokens" in the official code). */
  readonly registers: number;
  /** Which linear maps carry a bias. Released DINOv3 has no key bias; the 7B has none on q, k, v. */
  readonly bias: {
    readonly query: boolean;
    readonly key: boolean;
    readonly value: boolean;
    readonly projection: boolean;
    readonly feedForward: boolean;
  };
  /** Epsilon of every LayerNorm; DINOv3 uses 1e-5, not 1e-6. */
  readonly normEpsilon: number;
  /** Base of the rotary periods; DINOv3 uses 100. */
  readonly ropeTheta: number;
  /** Of another family; absent for DINOv3. */
  readonly traits?: Traits | undefined;
}

/** Whether it is a vision transformer as DINOv3 has them, which alone can be trained and written. */
export function isDinov3Vit(config: BackboneConfig): config is VitConfig {
  return config.architecture === undefined && config.traits === undefined;
}

/** For what only a vision transformer is asked, once a ConvNeXt has been refused. */
export function asVit(config: BackboneConfig): VitConfig {
  if (config.architecture === undefined) return config;
  throw new Error("internal: expected a vision transformer, received a ConvNeXt");
}

/** Its own, or those of DINOv3. */
export function traitsOf({ traits }: Pick<VitConfig, "traits">): Traits {
  return traits ?? dinov3Traits;
}

const dinov3 = {
  patch: 16,
  registers: 4,
  bias: { query: true, key: false, value: true, projection: true, feedForward: true },
  normEpsilon: 1e-5,
  ropeTheta: 100,
} as const;

/** Width, depth, heads and feed-forward of every released DINOv3 ViT, by hub name. */
export const namedVariants = {
  dinov3_vits16: {
    title: "ViT-S/16",
    width: 384,
    depth: 12,
    heads: 6,
    feedForward: "mlp",
    hidden: 1536,
  },
  dinov3_vits16plus: {
    title: "ViT-S+/16",
    width: 384,
    depth: 12,
    heads: 6,
    feedForward: "swiglu",
    hidden: 1536,
  },
  dinov3_vitb16: {
    title: "ViT-B/16",
    width: 768,
    depth: 12,
    heads: 12,
    feedForward: "mlp",
    hidden: 3072,
  },
  dinov3_vitl16: {
    title: "ViT-L/16",
    width: 1024,
    depth: 24,
    heads: 16,
    feedForward: "mlp",
    hidden: 4096,
  },
  dinov3_vitl16plus: {
    title: "ViT-L+/16",
    width: 1024,
    depth: 24,
    heads: 16,
    feedForward: "swiglu",
    hidden: 4096,
  },
  dinov3_vith16plus: {
    title: "ViT-H+/16",
    width: 1280,
    depth: 32,
    heads: 20,
    feedForward: "swiglu",
    hidden: 5120,
  },
  dinov3_vit7b16: {
    title: "ViT-7B/16",
    width: 4096,
    depth: 40,
    heads: 32,
    feedForward: "swiglu",
    hidden: 8192,
  },
} as const;

export type VariantName = keyof typeof namedVariants;

/** The full configuration of a named variant. */
export function variantConfig(name: VariantName): VitConfig {
  const { width, depth, heads, hidden, feedForward } = namedVariants[name];
  const bias =
    name === "dinov3_vit7b16" ? { ...dinov3.bias, query: false, value: false } : dinov3.bias;
  return { ...dinov3, bias, width, depth, heads, hidden, feedForward };
}

/** The rest of a shape as the released models have it. */
export function customConfig(
  shape: Pick<
    VitConfig,
    "width" | "depth" | "heads" | "hidden" | "feedForward" | "patch" | "registers"
  >,
): VitConfig {
  const { width, depth, heads, hidden, feedForward, patch, registers } = shape;
  return { ...dinov3, width, depth, heads, hidden, feedForward, patch, registers };
}

/** Which released variant a configuration is, by its shape, or undefined. */
export function recognise(config: VitConfig): VariantName | undefined {
  return (Object.keys(namedVariants) as VariantName[]).find((name) => {
    const variant = namedVariants[name];
    return (
      config.traits === undefined &&
      config.patch === dinov3.patch &&
      config.registers === dinov3.registers &&
      (["width", "depth", "heads", "hidden", "feedForward"] as const).every(
        (key) => config[key] === variant[key],
      )
    );
  });
}

/** CLS, where there is one, and registers come before the patches. */
export function prefixTokens(config: BackboneConfig): number {
  return (hasClassToken(config) ? 1 : 0) + config.registers;
}

/**
 * Where there is none, the mean of the patches stands for it. A ConvNeXt has that mean for one, and its
 * final norm is over it too.
 */
export function hasClassToken(config: BackboneConfig): boolean {
  return config.architecture === "convnext" || traitsOf(config).classToken !== "none";
}

/**
 * FLOPs of one forward pass over n tokens, 2 per multiply-add: projections, attention and patch
 * embedding. Reproduces the paper's table within 1 % (reference: dinov3.md A.9).
 */
export function forwardFlops(config: BackboneConfig, patches: number): number {
  if (config.architecture === "convnext") {
    return config.blocks.reduce((sum, _, k) => sum + stageFlops(config, patches, k), 0);
  }
  const { width: d, hidden, depth, patch } = config;
  const n = patches + prefixTokens(config);
  const feedForward = (config.feedForward === "mlp" ? 4 : 6) * n * d * hidden;
  const embed = 2 * 3 * patch * patch * d * patches;
  return depth * (8 * n * d * d + feedForward + 4 * n * n * d) + embed;
}
