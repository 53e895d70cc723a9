/**
 * The ConvNeXt of DINOv3 as pure functions of (maps, parameters): four stages, each of which halves the
 * grid of the one before (reference dinov3.md A.5). Maps have their channels last, so that norms and
 * products read them in a row.
 */
import * as tf from "@tensorflow/tfjs-core";
import { gelu, layerNorm } from "../compiler/ops.ts";
import type { GridSize } from "../losses/resize.ts";
import { reductions, stageBlock, stageName, type ConvNextConfig } from "./convnext-config.ts";
import { linear } from "./linear.ts";

type Params = Readonly<Record<string, tf.Tensor>>;

/**
 * One stage: what comes before it reduced, then its blocks.
 * @param x the picture [b, 3, H, W] for the first stage, else the map of the one before [b, h, w, d]
 * @returns [b, h', w', d'], of the picture's sides divided by 4, 8, 16 and 32
 */
export function stage(
  config: ConvNextConfig,
  params: Params,
  k: number,
  x: tf.Tensor4D,
): tf.Tensor4D {
  let map = k === 0 ? stem(config, params, x) : reduced(config, params, k, x);
  for (let i = 0; i < config.blocks[k]!; i++) map = block(config, params, stageBlock(k, i), map);
  return map;
}

/** Patches of 4 x 4 pixels, then a norm. */
function stem(config: ConvNextConfig, params: Params, image: tf.Tensor4D): tf.Tensor4D {
  const side = reductions[0];
  const [b, channels, height, width] = image.shape;
  const [rows, cols] = [height / side, width / side];
  // A convolution whose stride is its kernel is a product over cut-out patches.
  const cut = tf.transpose(
    tf.reshape(image, [b, channels, rows, side, cols, side]),
    [0, 2, 4, 1, 3, 5],
  );
  const weight = params[`${stageName(0)}.reduce.weight`]!;
  const inner = channels * side * side;
  const product = linear(
    tf.reshape<tf.Rank.R3>(cut, [b, rows * cols, inner]),
    tf.reshape(weight, [weight.shape[0], inner]),
    params[`${stageName(0)}.reduce.bias`],
  );
  const map = tf.reshape<tf.Rank.R4>(product, [b, rows, cols, weight.shape[0]]);
  return norm(config, params, `${stageName(0)}.reduce.norm`, map);
}

/** A norm, then a convolution of 2 x 2 places with a stride of 2. */
function reduced(config: ConvNextConfig, params: Params, k: number, x: tf.Tensor4D): tf.Tensor4D {
  const side = reductions[k]!;
  const name = `${stageName(k)}.reduce`;
  const normed = norm(config, params, `${name}.norm`, x);
  const [b, height, width, d] = x.shape;
  const [rows, cols] = [height / side, width / side];
  // The channels stay together, which leaves their order to the weights: those are turned once.
  const cut = tf.transpose(tf.reshape(normed, [b, rows, side, cols, side, d]), [0, 1, 3, 2, 4, 5]);
  const weight = params[`${name}.weight`]!;
  const out = weight.shape[0];
  const inner = side * side * d;
  const product = linear(
    tf.reshape<tf.Rank.R3>(cut, [b, rows * cols, inner]),
    tf.reshape(tf.transpose(weight, [0, 2, 3, 1]), [out, inner]),
    params[`${name}.bias`],
  );
  return tf.reshape(product, [b, rows, cols, out]);
}

/** x + scale * Down(gelu(Up(norm(Conv(x))))), the convolution channel by channel. */
function block(config: ConvNextConfig, params: Params, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const p = (suffix: string) => params[`${name}.${suffix}`]!;
  const [b, rows, cols, d] = x.shape;
  // A stride of 1 and an odd side: "same" is upstream's padding of 3.
  const near = tf.fused.depthwiseConv2d({
    x,
    filter: tf.transpose<tf.Tensor4D>(p("conv.weight") as tf.Tensor4D, [2, 3, 0, 1]),
    strides: 1,
    pad: "same",
    bias: p("conv.bias"),
  });
  const normed = norm(config, params, `${name}.norm`, near);
  const tokens = tf.reshape<tf.Rank.R3>(normed, [b, rows * cols, d]);
  const hidden = gelu(linear(tokens, p("up.weight"), p("up.bias")));
  const branch = linear(hidden, p("down.weight"), p("down.bias"), p("scale"));
  return tf.add(x, tf.reshape<tf.Rank.R4>(branch, [b, rows, cols, d]));
}

/** The final norm, over the mean and the places alike. @param tokens [b, 1 + n, d] of the last stage */
export function convNextNorm(
  config: ConvNextConfig,
  params: Params,
  tokens: tf.Tensor3D,
): tf.Tensor3D {
  return norm(config, params, "norm", tokens);
}

function norm<T extends tf.Tensor>(
  { normEpsilon }: ConvNextConfig,
  params: Params,
  name: string,
  x: T,
): T {
  return layerNorm(x, params[`${name}.weight`]!, params[`${name}.bias`]!, normEpsilon);
}

/**
 * A map as tokens: its mean, which upstream has for CLS, then its places in raster order.
 * @returns [b, 1 + h * w, d]
 */
export function mapTokens(map: tf.Tensor4D): tf.Tensor3D {
  const [b, rows, cols, d] = map.shape;
  const mean = tf.reshape<tf.Rank.R3>(tf.mean(map, [1, 2]), [b, 1, d]);
  return tf.concat([mean, tf.reshape<tf.Rank.R3>(map, [b, rows * cols, d])], 1);
}

/** The way back. @returns [b, rows, cols, d] */
export function tokenMap(tokens: tf.Tensor3D, { rows, cols }: GridSize): tf.Tensor4D {
  const [b, , d] = tokens.shape;
  return tf.reshape(tf.slice(tokens, [0, 1, 0], [b, rows * cols, d]), [b, rows, cols, d]);
}
