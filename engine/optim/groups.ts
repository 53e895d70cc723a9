/**
 * How much of the learning rate and the weight decay each parameter gets (reference dinov3.md C.5).
 */

export interface ParamGroup {
  /** Of the learning rate. */
  readonly rateMultiplier: number;
  /** Of the weight decay: 1 or 0. */
  readonly decayMultiplier: number;
  /** The prototypes of a head, which may be frozen at first. */
  readonly isLastLayer: boolean;
}

export interface GroupOptions {
  /** Blocks of the backbone. */
  readonly depth: number;
  /** 0.98 for the 7B, 0.9 for ViT-L; 1 switches it off. */
  readonly layerDecay: number;
  /** Extra factor of the patch embedding, 0.2 in DINOv3. */
  readonly patchEmbedMultiplier: number;
}

/**
 * @param name `backbone.*`, `dino_head.*` or `ibot_head.*`, by our names
 *
 * Layer-wise decay is d^(L + 1 - id): id 0 for what makes the first tokens, i + 1 for block i, L + 1
 * for the rest. No weight decay for biases, norms and LayerScale; CLS, registers and the mask token
 * do get it, as in the official code.
 */
export function paramGroup(name: string, options: GroupOptions): ParamGroup {
  const { depth, layerDecay, patchEmbedMultiplier } = options;
  const isBackbone = name.startsWith("backbone.");
  const layer = isBackbone ? layerOf(name.slice("backbone.".length), depth) : depth + 1;
  const isPatch = name.startsWith("backbone.patch.");
  const isExempt = /bias$|norm|scale[12]$/.test(name);
  return {
    rateMultiplier: layerDecay ** (depth + 1 - layer) * (isPatch ? patchEmbedMultiplier : 1),
    decayMultiplier: isExempt ? 0 : 1,
    isLastLayer: name.includes("last_layer"),
  };
}

function layerOf(name: string, depth: number): number {
  const block = /^block(\d+)\./.exec(name);
  if (block) return Number(block[1]) + 1;
  return name.startsWith("norm.") ? depth + 1 : 0;
}
