/**
 * The backbone cut into programs: runs of blocks short enough to be cancelled between them, the
 * final norm, and the attention of one token.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ParamSource, Program } from "../executors/executor.ts";
import { attentionRow, block, embed, finalNorm, type Rope } from "./backbone.ts";
import { forwardFlops, prefixTokens, traitsOf, type VitConfig } from "./config.ts";
import { blockName, paramShapes } from "./params.ts";
import { ropeTables, type RopePrecision } from "./rope.ts";

/** What all programs of one model over one grid share. */
export interface BackboneShape {
  /** Tells this model's programs from another's in caches. */
  readonly model: string;
  readonly config: VitConfig;
  readonly params: Readonly<Record<string, ParamSource>>;
  readonly grid: { readonly rows: number; readonly cols: number };
  readonly rope: RopePrecision;
}

/** Blocks first..last, counted from 0, both included. */
export interface Segment {
  readonly first: number;
  readonly last: number;
}

/**
 * Longest run between two chances to cancel, in FLOPs: a third of a second at 300 GFLOP/s, the
 * speed of two cores. A single block is never cut.
 */
const segmentFlops = 100e9;

/** Cut the blocks into runs of about equal work. */
export function planSegments(config: VitConfig, patches: number): Segment[] {
  const perBlock = forwardFlops(config, patches) / config.depth;
  const count = Math.min(config.depth, Math.ceil((perBlock * config.depth) / segmentFlops));
  return Array.from({ length: count }, (_, i) => ({
    first: Math.floor((i * config.depth) / count),
    last: Math.floor(((i + 1) * config.depth) / count) - 1,
  }));
}

/**
 * Run one segment. Inputs: `image` [1, 3, H, W] for the first, else `tokens` [1, n, d].
 * Outputs: `blockKK` [1, n, d] after every block of it; the last segment also `norm`, where the model
 * has a final norm.
 */
export function segmentProgram(shape: BackboneShape, { first, last }: Segment): Program {
  const { config, grid } = shape;
  const isLast = last === config.depth - 1;
  const needed = (name: string) => {
    const inBlock = /^block(\d+)\./.exec(name);
    if (inBlock) return Number(inBlock[1]) >= first && Number(inBlock[1]) <= last;
    return name.startsWith("norm.") ? isLast : first === 0;
  };
  const image = [1, 3, grid.rows * config.patch, grid.cols * config.patch];
  return {
    name: programName(shape, `blocks ${first}..${last}`),
    inputs:
      first === 0
        ? { image: { dtype: "float32", shape: image } }
        : { tokens: { dtype: "float32", shape: tokenShape(shape) } },
    params: pick(shape, needed),
    build: (inputs, params) => {
      const rope = ropeConstants(shape);
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
      const isNormed = isLast && traitsOf(config).hasFinalNorm;
      return isNormed ? { ...outputs, norm: finalNorm(config, params, x) } : outputs;
    },
  };
}

/** The final norm over any block's tokens: `tokens` [1, n, d] -> `norm` [1, n, d]. */
export function normProgram(shape: BackboneShape): Program {
  return {
    name: programName(shape, "norm"),
    inputs: { tokens: { dtype: "float32", shape: tokenShape(shape) } },
    params: pick(shape, (name) => name.startsWith("norm.")),
    build: ({ tokens }, params) => ({
      norm: finalNorm(shape.config, params, tokens as tf.Tensor3D),
    }),
  };
}

/**
 * Attention of one token in block k. Inputs: `token` int32 [1], and what enters the block: `image`
 * for block 0, else `tokens` [1, n, d]. Output: `rows` [heads, n].
 */
export function attentionProgram(shape: BackboneShape, k: number): Program {
  const { config, grid } = shape;
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

function tokenShape({ config, grid }: BackboneShape): number[] {
  return [1, prefixTokens(config) + grid.rows * grid.cols, config.width];
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

function ropeConstants({ config, grid, rope }: BackboneShape): Rope {
  const { cos, sin } = ropeTables(config, grid, rope);
  const half = config.width / config.heads / 2;
  const tokens = prefixTokens(config) + grid.rows * grid.cols;
  return { cos: tf.tensor2d(cos, [tokens, half]), sin: tf.tensor2d(sin, [tokens, half]), grid };
}
