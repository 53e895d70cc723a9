/**
 * The backbone cut into programs: runs of blocks short enough to be cancelled between them, the
 * final norm, and the attention of one token.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NamedTensors, ParamSource, Program } from "../executors/executor.ts";
import { allBlocks, attentionRow, block, embed, finalNorm, type Rope } from "./backbone.ts";
import type { GridSize } from "../losses/resize.ts";
import {
  asVit,
  forwardFlops,
  prefixTokens,
  type BackboneConfig,
  type VitConfig,
} from "./config.ts";
import { convNextNorm, mapTokens, stage, tokenMap } from "./convnext.ts";
import type { ConvNextConfig } from "./convnext-config.ts";
import { hasNormAfter, layerSize } from "./layers.ts";
import { blockName, paramShapes } from "./params.ts";
import { ropeTables, type RopePrecision } from "./rope.ts";

/** What all programs of one model over one grid share. */
export interface BackboneShape {
  /** Tells this model's programs from another's in caches. */
  readonly model: string;
  readonly config: BackboneConfig;
  readonly params: Readonly<Record<string, ParamSource>>;
  /** Of the last layer. */
  readonly grid: GridSize;
  /** Nothing to a ConvNeXt, which has no such positions. */
  readonly rope: RopePrecision;
}

/** Layers first..last, counted from 0, both included: blocks, or the stages of a ConvNeXt. */
export interface Segment {
  readonly first: number;
  readonly last: number;
}

/**
 * Longest run between two chances to cancel, in FLOPs: a third of a second at 300 GFLOP/s, the
 * speed of two cores. A single block is never cut.
 */
const segmentFlops = 100e9;

/** Cut the blocks into runs of about equal work; of a ConvNeXt every stage is one where it is cut. */
export function planSegments(config: BackboneConfig, patches: number): Segment[] {
  const wanted = Math.ceil(forwardFlops(config, patches) / segmentFlops);
  const most = config.architecture === "convnext" && wanted > 1 ? Infinity : wanted;
  const count = Math.min(config.depth, most);
  return Array.from({ length: count }, (_, i) => ({
    first: Math.floor((i * config.depth) / count),
    last: Math.floor(((i + 1) * config.depth) / count) - 1,
  }));
}

/**
 * Run one segment. Inputs: `image` [1, 3, H, W] for the first, else `tokens` [1, n, d].
 * Outputs: `blockKK` [1, n, d] after every layer of it (model/layers.ts has n and d of a ConvNeXt's);
 * the last segment also `norm`, where the model has a final norm.
 */
export function segmentProgram(shape: BackboneShape, segment: Segment): Program {
  const { config, grid } = shape;
  const { first, last } = segment;
  const isLast = last === config.depth - 1;
  const needed = (name: string) => {
    const inLayer = /^(?:block|stage)(\d+)\./.exec(name);
    if (inLayer) return Number(inLayer[1]) >= first && Number(inLayer[1]) <= last;
    return name.startsWith("norm.") ? isLast : first === 0;
  };
  const image = [1, 3, grid.rows * config.patch, grid.cols * config.patch];
  return {
    name: programName(shape, `blocks ${first}..${last}`),
    inputs:
      first === 0
        ? { image: { dtype: "float32", shape: image } }
        : { tokens: { dtype: "float32", shape: tokenShape(shape, first - 1) } },
    params: pick(shape, needed),
    build: (inputs, params) =>
      config.architecture === "convnext"
        ? stageOutputs(config, grid, segment, inputs, params)
        : blockOutputs(config, ropeConstants(shape), segment, inputs, params),
  };
}

function blockOutputs(
  config: VitConfig,
  rope: Rope,
  { first, last }: Segment,
  inputs: NamedTensors,
  params: NamedTensors,
): Record<string, tf.Tensor> {
  const outputs: Record<string, tf.Tensor> = {};
  let x =
    first === 0
      ? embed(config, params, inputs["image"] as tf.Tensor4D)
      : (inputs["tokens"] as tf.Tensor3D);
  for (let k = first; k <= last; k++) {
    x = block(config, params, k, x, rope);
    outputs[blockName(k)] = x;
  }
  // Without a final norm the last block's tokens are all there is.
  const isNormed = last === config.depth - 1 && hasNormAfter(config, last);
  return isNormed ? { ...outputs, norm: finalNorm(config, params, x) } : outputs;
}

function stageOutputs(
  config: ConvNextConfig,
  grid: GridSize,
  { first, last }: Segment,
  inputs: NamedTensors,
  params: NamedTensors,
): Record<string, tf.Tensor> {
  const outputs: Record<string, tf.Tensor> = {};
  let map =
    first === 0
      ? (inputs["image"] as tf.Tensor4D)
      : tokenMap(inputs["tokens"] as tf.Tensor3D, layerSize(config, grid, first - 1));
  for (let k = first; k <= last; k++) {
    map = stage(config, params, k, map);
    const tokens = mapTokens(map);
    outputs[blockName(k)] = tokens;
    if (hasNormAfter(config, k)) outputs["norm"] = convNextNorm(config, params, tokens);
  }
  return outputs;
}

/**
 * The whole backbone in one go, over any number of pictures.
 * @param image [b, 3, H, W], normalised
 * @returns [b, n, d] each: after the final norm, and before it
 */
export function wholeBackbone(
  shape: BackboneShape,
  params: NamedTensors,
  image: tf.Tensor4D,
): { norm: tf.Tensor3D; before: tf.Tensor3D } {
  const { config } = shape;
  if (config.architecture === "convnext") {
    let map = image;
    for (let k = 0; k < config.depth; k++) map = stage(config, params, k, map);
    const before = mapTokens(map);
    return { norm: convNextNorm(config, params, before), before };
  }
  const before = allBlocks(config, params, image, ropeConstants(shape));
  return { norm: finalNorm(config, params, before), before };
}

/** The final norm over any block's tokens: `tokens` [1, n, d] -> `norm` [1, n, d]. */
export function normProgram(shape: BackboneShape): Program {
  const config = asVit(shape.config);
  return {
    name: programName(shape, "norm"),
    inputs: { tokens: { dtype: "float32", shape: tokenShape(shape) } },
    params: pick(shape, (name) => name.startsWith("norm.")),
    build: ({ tokens }, params) => ({
      norm: finalNorm(config, params, tokens as tf.Tensor3D),
    }),
  };
}

/**
 * Attention of one token in block k. Inputs: `token` int32 [1], and what enters the block: `image`
 * for block 0, else `tokens` [1, n, d]. Output: `rows` [heads, n].
 */
export function attentionProgram(shape: BackboneShape, k: number): Program {
  const { grid } = shape;
  const config = asVit(shape.config);
  const prefix = `${blockName(k)}.`;
  const image = [1, 3, grid.rows * config.patch, grid.cols * config.patch];
  return {
    name: programName(shape, `attention ${k}`),
    inputs: {
      token: { dtype: "int32", shape: [1] },
      ...(k === 0
        ? { image: { dtype: "float32", shape: image } as const }
        : { tokens: { dtype: "float32", shape: tokenShape(shape) } as const }),
    },
    params: pick(shape, (name) =>
      /\.(norm1|query|key)\./.test(name) && name.startsWith(prefix)
        ? true
        : k === 0 && !/^(block\d|norm\.)/.test(name),
    ),
    build: (inputs, params) => {
      const x =
        k === 0
          ? embed(config, params, inputs["image"] as tf.Tensor4D)
          : (inputs["tokens"] as tf.Tensor3D);
      const token = inputs["token"] as tf.Tensor1D;
      return { rows: attentionRow(config, params, k, x, ropeConstants(shape), token) };
    },
  };
}

/** Of what leaves layer k; the last unless told. */
function tokenShape({ config, grid }: BackboneShape, k = config.depth - 1): number[] {
  const { tokens, width } = layerSize(config, grid, k);
  return [1, tokens, width];
}

function programName({ model, grid, rope }: BackboneShape, part: string): string {
  return `${model} ${grid.rows}x${grid.cols} ${rope} ${part}`;
}

function pick(
  { config, params }: BackboneShape,
  needed: (name: string) => boolean,
): Record<string, ParamSource> {
  return Object.fromEntries(
    Object.keys(paramShapes(config))
      .filter(needed)
      .map((name) => [name, params[name]!]),
  );
}

function ropeConstants({ grid, rope, ...shape }: BackboneShape): Rope {
  const config = asVit(shape.config);
  const { cos, sin } = ropeTables(config, grid, rope);
  const half = config.width / config.heads / 2;
  const tokens = prefixTokens(config) + grid.rows * grid.cols;
  return { cos: tf.tensor2d(cos, [tokens, half]), sin: tf.tensor2d(sin, [tokens, half]), grid };
}
