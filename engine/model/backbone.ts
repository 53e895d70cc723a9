/**
 * The DINOv3 vision transformer as pure functions of (tokens, parameters), in the order in which it
 * computes (reference dinov3.md A.2). Every intermediate has a name; a probe asks for the name.
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  attention,
  attentionProbabilities,
  gelu,
  layerNorm,
  rotaryEmbedding,
} from "../compiler/ops.ts";
import { recomputed } from "../compiler/recompute.ts";
import { prefixTokens, type VitConfig } from "./config.ts";
import { blockName, maskToken } from "./params.ts";

type Params = Readonly<Record<string, tf.Tensor>>;

/** The rotary tables as constants of a graph: see rope.ts. */
export interface Rope {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
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
  const [b, , height, width] = image.shape;
  const [rows, cols] = [height / p, width / p];
  // A convolution whose stride is its kernel is a product over cut-out patches.
  const pixels = tf.reshape(
    tf.transpose(tf.reshape(image, [b, 3, rows, p, cols, p]), [0, 2, 4, 1, 3, 5]),
    [b * rows * cols, 3 * p * p],
  );
  const weight = tf.reshape(params["patch.weight"]!, [d, 3 * p * p]);
  const seen = tf.add(tf.matMul(pixels, weight, false, true), params["patch.bias"]!);
  const patches = masks ? replaceMasked(seen, params[maskToken]!, masks) : seen;
  const prefix = config.registers > 0 ? [params["cls"]!, params["registers"]!] : [params["cls"]!];
  const perImage = prefix.map((tokens) => (b === 1 ? tokens : tf.tile(tokens, [b, 1, 1])));
  return tf.concat([...perImage, tf.reshape(patches, [b, rows * cols, d])], 1) as tf.Tensor3D;
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
  let x = embed(config, params, image, masks);
  for (let k = 0; k < config.depth; k++) {
    const keep = keeps && branchKeeps(keeps, k);
    x = recompute
      ? recomputedBlock(config, params, k, x, rope, keep)
      : block(config, params, k, x, rope, keep);
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
  const { normed, q, keys } = queriesAndKeys(config, p, x, rope);
  const v = linear(normed, p("value.weight")!, p("value.bias"));
  const attended = attention(q, keys, v, config.heads);
  const y = residual(
    x,
    linear(attended, p("projection.weight")!, p("projection.bias"), p("scale1")),
    keep?.attention,
  );

  const f = layerNorm(y, p("norm2.weight")!, p("norm2.bias")!, config.normEpsilon);
  const up = linear(f, p("up.weight")!, p("up.bias"));
  const hidden =
    config.feedForward === "mlp"
      ? gelu(up)
      : tf.mul<tf.Tensor3D>(silu(linear(f, p("gate.weight")!, p("gate.bias"))), up);
  return residual(
    y,
    linear(hidden, p("down.weight")!, p("down.bias"), p("scale2")),
    keep?.feedForward,
  );
}

function residual(x: tf.Tensor3D, branch: tf.Tensor3D, keep: tf.Tensor3D | undefined): tf.Tensor3D {
  return tf.add(x, keep ? tf.mul(branch, keep) : branch);
}

/** The final norm, as the model applies it to the last block's tokens. */
export function finalNorm(config: VitConfig, params: Params, x: tf.Tensor3D): tf.Tensor3D {
  return layerNorm(x, params["norm.weight"]!, params["norm.bias"]!, config.normEpsilon);
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
  { heads, normEpsilon }: VitConfig,
  p: (suffix: string) => tf.Tensor | undefined,
  x: tf.Tensor3D,
  { cos, sin }: Rope,
): { normed: tf.Tensor3D; q: tf.Tensor3D; keys: tf.Tensor3D } {
  const normed = layerNorm(x, p("norm1.weight")!, p("norm1.bias")!, normEpsilon);
  const q = linear(normed, p("query.weight")!, p("query.bias"));
  const keys = linear(normed, p("key.weight")!, p("key.bias"));
  return {
    normed,
    q: rotaryEmbedding(q, cos, sin, heads),
    keys: rotaryEmbedding(keys, cos, sin, heads),
  };
}

/**
 * (x W^T + bias) * scale. The scale (LayerScale) multiplies the weights: they are constants in a
 * compiled graph, so the runtime does it once instead of on every token.
 */
function linear(
  x: tf.Tensor3D,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  scale?: tf.Tensor,
): tf.Tensor3D {
  const [b, n, inner] = x.shape;
  const out = weight.shape[0];
  const w = scale ? tf.mul(weight, tf.reshape(scale, [out, 1])) : weight;
  const product = tf.matMul(tf.reshape(x, [b * n, inner]), w, false, true);
  const shift = bias && scale ? tf.mul(bias, scale) : bias;
  return tf.reshape(shift ? tf.add(product, shift) : product, [b, n, out]);
}

/** x sigmoid(x) */
function silu(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(x, tf.sigmoid(x));
}

/** Split a sequence [n * d] into CLS [d], registers [r, d] and patches [p, d], as views. */
export function splitTokens(
  config: VitConfig,
  tokens: Float32Array,
): { cls: Float32Array; registers: Float32Array; patches: Float32Array } {
  const d = config.width;
  const prefix = prefixTokens(config) * d;
  return {
    cls: tokens.subarray(0, d),
    registers: tokens.subarray(d, prefix),
    patches: tokens.subarray(prefix),
  };
}
