/**
 * The layers of a backbone that can be looked at: the blocks of a vision transformer, which all leave
 * the same grid and width, and the stages of a ConvNeXt, of which each has its own.
 */
import type { GridSize } from "../losses/resize.ts";
import { forwardFlops, prefixTokens, traitsOf, type BackboneConfig } from "./config.ts";
import { stageFlops } from "./convnext-config.ts";

/** What a layer leaves. */
export interface LayerSize extends GridSize {
  /** Channels of a token. */
  readonly width: number;
  /** CLS and registers included. */
  readonly tokens: number;
}

/**
 * @param grid of the last layer
 * @param k    counted from 0
 */
export function layerSize(config: BackboneConfig, grid: GridSize, k: number): LayerSize {
  const finer = config.patch / layerPatch(config, k);
  const [rows, cols] = [grid.rows * finer, grid.cols * finer];
  const width = config.architecture === "convnext" ? config.widths[k]! : config.width;
  return { rows, cols, width, tokens: prefixTokens(config) + rows * cols };
}

/** Side in pixels of what a token of the layer stands for. */
export function layerPatch(config: BackboneConfig, k: number): number {
  return config.architecture === "convnext" ? config.patch / 2 ** (3 - k) : config.patch;
}

/**
 * Whether the final norm can be applied to the layer's tokens. Upstream leaves the earlier stages of a
 * ConvNeXt as they are, and a few vision transformers have no final norm at all.
 */
export function hasNormAfter(config: BackboneConfig, k: number): boolean {
  if (config.architecture === "convnext") return k === config.depth - 1;
  return traitsOf(config).hasFinalNorm;
}

/** FLOPs of one layer, 2 per multiply-add; cutting the picture into patches is shared by all blocks. */
export function layerFlops(config: BackboneConfig, patches: number, k: number): number {
  if (config.architecture === "convnext") return stageFlops(config, patches, k);
  return forwardFlops(config, patches) / config.depth;
}

/** What a person calls a layer. */
export function layerWord({ architecture }: BackboneConfig): "block" | "stage" {
  return architecture === "convnext" ? "stage" : "block";
}
