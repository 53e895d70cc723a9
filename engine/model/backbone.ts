/**
 * The DINOv3 vision transformer as pure functions of (tokens, parameters), in the order in which it
 * computes (reference dinov3.md A.2), with switches for what other families do otherwise
 * (model/traits.ts). Every intermediate has a name; a probe asks for the name.
 */
import * as tf from "@tensorflow/tfjs-core";
import { attention, attentionProbabilities, layerNorm } from "../compiler/ops.ts";
import { recomputed } from "../compiler/recompute.ts";
import { feedForward } from "./feed-forward.ts";
import type { GridSize } from "../losses/resize.ts";
import { traitsOf, type VitConfig } from "./config.ts";
import { linear } from "./linear.ts";
import { blockName, maskToken } from "./params.ts";
import { classPosition, patchPositions } from "./positions.ts";
import { inPairs, rotated } from "./rotation.ts";
import { windowAttention } from "./windows.ts";

type Params = Readonly<Record<string, tf.Tensor>>;

/** The rotary tables as constants of a graph: see rope.ts. */
export interface Rope {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
  /** Of the patches; needed where attention is within windows. */
  readonly grid?: GridSize | undefined;
}

/**
 * Image to the first tokens: CLS, registers, patches in raster order.
 * @param image [b, 3, rows * p, cols * p], normalised
 * @param masks [b, rows * cols], 1 where the mask token replaces a patch, else 0
 * @returns [b, 1 + registers + rows * cols, d]
 */
export function embed(
  config: VitConfig,
  params: Params,
  image: tf.Tensor4D,
  masks?: tf.Tensor2D,
): tf.Tensor3D {
  const { width: d, patch: p } = config;
  const { table, classToken, hasPatchBias, isNormedBefore } = traitsOf(config);
  const [b, , height, width] = image.shape;
  const [rows, cols] = [height / p, width / p];
  // A convolution whose stride is its kernel is a product over cut-out patches.
  const pixels = tf.reshape(
    tf.transpose(tf.reshape(image, [b, 3, rows, p, cols, p]), [0, 2, 4, 1, 3, 5]),
    [b * rows * cols, 3 * p * p],
  );
  const product = tf.matMul(pixels, patchWeight(config, params), false, true);
  const seen = hasPatchBias ? tf.add(product, params["patch.bias"]!) : product;
  const patches = masks ? replaceMasked(seen, params[maskToken]!, masks) : seen;
  const own = tf.reshape(patches, [b, rows * cols, d]);
  const positions = params["positions"];
  const placed =
    table && positions ? tf.add(own, patchPositions(positions, table, { rows, cols })) : own;
  const prefix = classToken === "own" ? [params["cls"]!] : [];
  if (table?.hasClass) prefix[0] = tf.add(prefix[0]!, classPosition(positions!));
  const registers = params["registers"];
  if (registers) prefix.push(registers);
  const perImage = prefix.map((tokens) => (b === 1 ? tokens : tf.tile(tokens, [b, 1, 1])));
  const tokens = tf.concat([...perImage, placed], 1) as tf.Tensor3D;
  return isNormedBefore ? norm(config, params, "before", tokens) : tokens;
}

/** The weights of a patch as a product over (channel, y, x) has them, [d, 3 p p]. */
function patchWeight({ width: d, patch: p, traits }: VitConfig, params: Params): tf.Tensor2D {
  const stored = params["patch.weight"]!;
  const { frames, patchOrder } = traitsOf({ traits });
  // A still picture is the same in every frame, so their weights add up.
  const still = frames > 1 ? tf.sum(tf.reshape(stored, [d, 3, frames, p * p]), 2) : stored;
  const ordered =
    patchOrder === "yxc" ? tf.transpose(tf.reshape(still, [d, p * p, 3]), [0, 2, 1]) : still;
  return tf.reshape(ordered, [d, 3 * p * p]);
}

/** x (1 - m) + token m, for rows x [b * p, d] and masks m [b, p]. */
function replaceMasked(x: tf.Tensor, token: tf.Tensor, masks: tf.Tensor2D): tf.Tensor {
  const m = tf.reshape(masks, [masks.size, 1]);
  return tf.add(tf.mul(x, tf.sub(1, m)), tf.mul(tf.reshape(token, [1, token.size]), m));
}

/** What training adds to a pass through the backbone. */
export interface TrainingPass {
  /** [b, patches], as embed takes them. */
  readonly masks?: tf.Tensor2D | undefined;
  /**
   * Drop path: how much of each residual branch each image keeps, [2 depth, b], attention before
   * feed-forward. 0, or b / number kept.
   */
  readonly keeps?: tf.Tensor2D | undefined;
  /** Keep the blocks' inputs alone, and compute their insides again for the gradient. */
  readonly recompute?: boolean;
}

/**
 * The whole backbone, for training: every block and the final norm.
 * @param image [b, 3, H, W], normalised
 * @returns [b, 1 + registers + patches, d] after the final norm
 */
export function encode(
  config: VitConfig,
  params: Params,
  image: tf.Tensor4D,
  rope: Rope,
  pass: TrainingPass = {},
): tf.Tensor3D {
  return finalNorm(config, params, allBlocks(config, params, image, rope, pass));
}

/** As {@link encode}, before the final norm. */
export function allBlocks(
  config: VitConfig,
  params: Params,
  image: tf.Tensor4D,
  rope: Rope,
  { masks, keeps, recompute = false }: TrainingPass = {},
): tf.Tensor3D {
  const [rows, cols] = [image.shape[2] / config.patch, image.shape[3] / config.patch];
  const placed = { ...rope, grid: { rows, cols } };
  let x = embed(config, params, image, masks);
  for (let k = 0; k < config.depth; k++) {
    const keep = keeps && branchKeeps(keeps, k);
    x = recompute
      ? recomputedBlock(config, params, k, x, placed, keep)
      : block(config, params, k, x, placed, keep);
  }
  return x;
}

/** How much of both branches of a block each image keeps, each [b, 1, 1]. */
export interface BranchKeeps {
  readonly attention: tf.Tensor3D;
  readonly feedForward: tf.Tensor3D;
}

function branchKeeps(keeps: tf.Tensor2D, k: number): BranchKeeps {
  const b = keeps.shape[1];
  const row = (i: number) => tf.reshape<tf.Rank.R3>(tf.slice(keeps, [i, 0], [1, b]), [b, 1, 1]);
  return { attention: row(2 * k), feedForward: row(2 * k + 1) };
}

/** A block as a function of everything that it reads, so that its gradient can run it again. */
function recomputedBlock(
  config: VitConfig,
  params: Params,
  k: number,
  x: tf.Tensor3D,
  rope: Rope,
  keep: BranchKeeps | undefined,
): tf.Tensor3D {
  const names = Object.keys(params).filter((name) => name.startsWith(`${blockName(k)}.`));
  const again = (tokens: tf.Tensor, ...weights: tf.Tensor[]) =>
    block(
      config,
      Object.fromEntries(names.map((name, i) => [name, weights[i]!])),
      k,
      tokens as tf.Tensor3D,
      rope,
      keep,
    );
  return recomputed(again, [x, ...names.map((name) => params[name]!)]);
}

/**
 * One block: x + scale1 * Attention(norm1 x), then x + scale2 * FeedForward(norm2 x).
 * @param x [b, n, d]
 * @returns [b, n, d]
 */
export function block(
  config: VitConfig,
  params: Params,
  k: number,
  x: tf.Tensor3D,
  rope: Rope,
  keep?: BranchKeeps,
): tf.Tensor3D {
  const p = paramsOf(params, k);
  const attended = attend(config, p, k, x, rope);
  const y = residual(
    x,
    linear(attended, p("projection.weight")!, p("projection.bias"), p("scale1")),
    keep?.attention,
  );

  const f = layerNorm(y, p("norm2.weight")!, p("norm2.bias")!, config.normEpsilon);
  return residual(y, feedForward(config, p, f), keep?.feedForward);
}

/** norm1 and attention of a block, before its projection. @returns [b, n, d] */
function attend(
  config: VitConfig,
  p: (suffix: string) => tf.Tensor | undefined,
  k: number,
  x: tf.Tensor3D,
  rope: Rope,
): tf.Tensor3D {
  const { windows } = traitsOf(config);
  if (windows) {
    if (!rope.grid) throw new Error("internal: attention within windows needs the grid");
    const normed = layerNorm(x, p("norm1.weight")!, p("norm1.bias")!, config.normEpsilon);
    return windowAttention(config, windows, p, k, normed, rope.grid);
  }
  const { normed, q, keys } = queriesAndKeys(config, p, x, rope);
  const v = linear(normed, p("value.weight")!, p("value.bias"));
  return attention(q, keys, v, config.heads);
}

function residual(x: tf.Tensor3D, branch: tf.Tensor3D, keep: tf.Tensor3D | undefined): tf.Tensor3D {
  return tf.add(x, keep ? tf.mul(branch, keep) : branch);
}

/** The final norm, as the model applies it to the last block's tokens; x where it has none. */
export function finalNorm(config: VitConfig, params: Params, x: tf.Tensor3D): tf.Tensor3D {
  return traitsOf(config).hasFinalNorm ? norm(config, params, "norm", x) : x;
}

function norm(config: VitConfig, params: Params, name: string, x: tf.Tensor3D): tf.Tensor3D {
  return layerNorm(x, params[`${name}.weight`]!, params[`${name}.bias`]!, config.normEpsilon);
}

/**
 * The attention of one token in one block, without ever holding all of them.
 * @param x     [1, n, d] tokens that enter the block
 * @param token int32 [1], place of the token in the sequence
 * @returns     [heads, n], rows of the softmax
 */
export function attentionRow(
  config: VitConfig,
  params: Params,
  k: number,
  x: tf.Tensor3D,
  rope: Rope,
  token: tf.Tensor1D,
): tf.Tensor2D {
  const { q, keys } = queriesAndKeys(config, paramsOf(params, k), x, rope);
  const query = tf.gather(q, token, 1); //                        [1, 1, d]
  const rows = attentionProbabilities(query, keys, config.heads); //     [1, heads, 1, n]
  return tf.reshape(rows, [config.heads, x.shape[1]]);
}

/** The parameters of one block, by what follows the block's name. */
function paramsOf(params: Params, k: number): (suffix: string) => tf.Tensor | undefined {
  const name = blockName(k);
  return (suffix) => params[`${name}.${suffix}`];
}

/** The first half of attention: norm1 of x, and its rotated queries and keys, each [b, n, d]. */
function queriesAndKeys(
  config: VitConfig,
  p: (suffix: string) => tf.Tensor | undefined,
  x: tf.Tensor3D,
  rope: Rope,
): { normed: tf.Tensor3D; q: tf.Tensor3D; keys: tf.Tensor3D } {
  const normed = layerNorm(x, p("norm1.weight")!, p("norm1.bias")!, config.normEpsilon);
  const [q, keys] = (["query", "key"] as const).map((name) => {
    const weight = inPairs(config, p(`${name}.weight`)!);
    const bias = p(`${name}.bias`);
    return rotated(config, linear(normed, weight, bias && inPairs(config, bias)), rope);
  });
  return { normed, q: q!, keys: keys! };
}
