/**
 * The shape of a ConvNeXt and the sizes that DINOv3 was distilled into (Liu et al. 2022,
 * arXiv:2201.03545; Siméoni et al. 2025, arXiv:2508.10104; reference dinov3.md A.1 and A.5).
 */

/** One number for each of the four stages. */
export type PerStage = readonly [number, number, number, number];

export interface ConvNextConfig {
  /** What tells it from a vision transformer. */
  readonly architecture: "convnext";
  /** Channels of each stage. */
  readonly widths: PerStage;
  /** Blocks of each stage. */
  readonly blocks: PerStage;
  /** Epsilon of every LayerNorm; 1e-6, where the vision transformers of DINOv3 have 1e-5. */
  readonly normEpsilon: number;
  /** Channels of the last stage, those of the features. */
  readonly width: number;
  /** Layers that can be looked at: the stages. */
  readonly depth: 4;
  /** Side in pixels of what one place of the last stage stands for. */
  readonly patch: 32;
  readonly registers: 0;
}

/** The sides that the stem and each later reduction cut out, in places of what comes before. */
export const reductions: PerStage = [4, 2, 2, 2];
/** Side of a depthwise convolution. */
export const kernelSide = 7;
/** Hidden channels of a block, in channels of its stage. */
export const expansion = 4;

export function convNextConfig(
  widths: PerStage,
  blocks: PerStage,
  normEpsilon = 1e-6,
): ConvNextConfig {
  const width = widths[3];
  const fixed = { architecture: "convnext", depth: 4, patch: 32, registers: 0 } as const;
  return { ...fixed, widths, blocks, normEpsilon, width };
}

/** Every released size, by hub name. */
export const namedConvNexts = {
  dinov3_convnext_tiny: { size: "T", widths: [96, 192, 384, 768], blocks: [3, 3, 9, 3] },
  dinov3_convnext_small: { size: "S", widths: [96, 192, 384, 768], blocks: [3, 3, 27, 3] },
  dinov3_convnext_base: { size: "B", widths: [128, 256, 512, 1024], blocks: [3, 3, 27, 3] },
  dinov3_convnext_large: { size: "L", widths: [192, 384, 768, 1536], blocks: [3, 3, 27, 3] },
} as const satisfies Record<string, { size: string; widths: PerStage; blocks: PerStage }>;

export type ConvNextName = keyof typeof namedConvNexts;

/** Which released size a configuration is, or undefined. */
export function recogniseConvNext({ widths, blocks }: ConvNextConfig): ConvNextName | undefined {
  return (Object.keys(namedConvNexts) as ConvNextName[]).find((name) => {
    const known = namedConvNexts[name];
    return known.widths.join() === widths.join() && known.blocks.join() === blocks.join();
  });
}

/** "stage0" for the first. */
export function stageName(k: number): string {
  return `stage${k}`;
}

/**
 * Name -> shape of every parameter, in file order. Linear weights are [out, in].
 *
 *   stageK.reduce.weight [d, inner, s, s] (.bias [d])      s x s places become one: 4 of the picture, then 2
 *   stageK.reduce.norm.weight|bias         after the stem [d]; later before the reduction [inner]
 *   stageK.blockNN.conv.weight [d, 1, 7, 7] (.bias [d])    (depthwise)
 *   stageK.blockNN.norm.weight|bias [d]   .up.weight [4 d, d]   .down.weight [d, 4 d]   .scale [d]
 *   norm.weight|bias [d]                   after the last stage
 */
export function convNextShapes({
  widths,
  blocks,
}: ConvNextConfig): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  const module = (name: string, weight: readonly number[], out = weight[0]!) => {
    shapes[`${name}.weight`] = weight;
    shapes[`${name}.bias`] = [out];
  };
  widths.forEach((d, k) => {
    const stage = stageName(k);
    const [inner, side] = [widths[k - 1] ?? 3, reductions[k]!];
    module(`${stage}.reduce`, [d, inner, side, side]);
    module(`${stage}.reduce.norm`, [k === 0 ? d : inner]);
    for (let i = 0; i < blocks[k]!; i++) {
      const block = stageBlock(k, i);
      module(`${block}.conv`, [d, 1, kernelSide, kernelSide]);
      module(`${block}.norm`, [d]);
      module(`${block}.up`, [expansion * d, d]);
      module(`${block}.down`, [d, expansion * d]);
      shapes[`${block}.scale`] = [d];
    }
  });
  module("norm", [widths[3]]);
  return shapes;
}

/** "stage2.block05" */
export function stageBlock(k: number, i: number): string {
  return `${stageName(k)}.block${String(i).padStart(2, "0")}`;
}

/**
 * FLOPs of one stage, 2 per multiply-add: its reduction, depthwise convolutions and products. The
 * paper's table counts a multiply-add of these networks once.
 * @param patches places of the last stage
 */
export function stageFlops({ widths, blocks }: ConvNextConfig, patches: number, k: number): number {
  const [d, inner, side] = [widths[k]!, widths[k - 1] ?? 3, reductions[k]!];
  const places = patches * 4 ** (3 - k);
  const reduce = 2 * side * side * inner * d;
  const block = 2 * kernelSide * kernelSide * d + 4 * expansion * d * d;
  return places * (reduce + blocks[k]! * block);
}
