/**
 * Attention with a learned bias by distance, within windows or over the whole picture, as SAM's image
 * encoder has it (Li et al. 2022, ViTDet; Kirillov et al. 2023).
 */
import * as tf from "@tensorflow/tfjs-core";
import { resizeWeights, type GridSize } from "../losses/resize.ts";
import type { VitConfig } from "./config.ts";
import { linear } from "./linear.ts";
import type { Windows } from "./traits.ts";

/**
 * @param p      the block's parameters by what follows the block's name
 * @param k      number of the block
 * @param normed [b, rows * cols, d]
 * @returns      [b, rows * cols, d], before the projection
 */
export function windowAttention(
  config: VitConfig,
  windows: Windows,
  p: (suffix: string) => tf.Tensor | undefined,
  k: number,
  normed: tf.Tensor3D,
  grid: GridSize,
): tf.Tensor3D {
  const isWhole = windows.wholeBlocks.includes(k);
  const size = isWhole ? grid : { rows: windows.side, cols: windows.side };
  const tiles = isWhole ? normed : cutWindows(normed, grid, windows.side);
  const [m, n, d] = tiles.shape;
  const { heads } = config;
  const split = (name: string) => {
    const x = linear(tiles, p(`${name}.weight`)!, p(`${name}.bias`));
    const parts = tf.reshape(x, [m, n, heads, d / heads]);
    return tf.reshape<tf.Rank.R3>(tf.transpose(parts, [0, 2, 1, 3]), [m * heads, n, d / heads]);
  };
  const [q, keys, v] = [split("query"), split("key"), split("value")];
  const down = distances(p("relativeRows")!, size.rows);
  const across = distances(p("relativeCols")!, size.cols);
  const attend = (from: number, count: number) => {
    const part = (x: tf.Tensor3D) => tf.slice(x, [from, 0, 0], [count, n, d / heads]);
    return attended(part(q), part(keys), part(v), down, across, size);
  };
  // Over a whole picture one head at a time: its scores alone are n x n.
  const mixed = isWhole
    ? tf.concat(
        Array.from({ length: m * heads }, (_, i) => attend(i, 1)),
        0,
      )
    : attend(0, m * heads);
  const joined = tf.transpose(tf.reshape(mixed, [m, heads, n, d / heads]), [0, 2, 1, 3]);
  const tokens = tf.reshape<tf.Rank.R3>(joined, [m, n, d]);
  return isWhole ? tokens : joinWindows(tokens, normed.shape[0], grid, windows.side);
}

/**
 * softmax(q k^T / sqrt(d) + q R_rows + q R_cols) v, q without its scale in the latter two.
 * @param q    [m, n, d]; k and v alike
 * @param down [rows, rows, d] for the distance of query row and key row; across alike
 */
function attended(
  q: tf.Tensor3D,
  keys: tf.Tensor3D,
  v: tf.Tensor3D,
  down: tf.Tensor3D,
  across: tf.Tensor3D,
  { rows, cols }: GridSize,
): tf.Tensor3D {
  const [m, n, d] = q.shape;
  const places = tf.reshape(q, [m, rows, cols, d]);
  // Every row of queries has a table of its own: [rows, m cols, d] x [rows, d, rows].
  const byRow = tf.reshape<tf.Rank.R3>(tf.transpose(places, [1, 0, 2, 3]), [rows, m * cols, d]);
  const ofRows = tf.reshape(tf.matMul(byRow, down, false, true), [rows, m, cols, rows, 1]);
  const byCol = tf.reshape<tf.Rank.R3>(tf.transpose(places, [2, 0, 1, 3]), [cols, m * rows, d]);
  const ofCols = tf.reshape(tf.matMul(byCol, across, false, true), [cols, m, rows, 1, cols]);
  const scores = tf.reshape(tf.matMul(tf.mul(q, 1 / Math.sqrt(d)), keys, false, true), [
    m,
    rows,
    cols,
    rows,
    cols,
  ]);
  const biased = tf.add(
    tf.add(scores, tf.transpose(ofRows, [1, 0, 2, 3, 4])),
    tf.transpose(ofCols, [1, 2, 0, 3, 4]),
  );
  const parts = tf.softmax(tf.reshape<tf.Rank.R3>(biased, [m, n, n]));
  return tf.matMul(parts, v);
}

/**
 * The row of a table for every pair of places along an axis.
 * @param table [2 s - 1, d], for distances from -(s - 1) to s - 1; resized where it is of another s
 * @returns     [size, size, d], query before key
 */
function distances(table: tf.Tensor, size: number): tf.Tensor3D {
  const [from, d] = table.shape as [number, number];
  const to = 2 * size - 1;
  const own =
    from === to
      ? table
      : tf.matMul(tf.tensor2d(resizeWeights("bilinear", from, to), [to, from]), table);
  const places = Array.from({ length: size * size }, (_, i) => {
    return Math.floor(i / size) - (i % size) + size - 1;
  });
  return tf.reshape(tf.gather(own, tf.tensor1d(places, "int32"), 0), [size, size, d]);
}

/**
 * [b, rows * cols, d] to [b * windows, side * side, d]; what lies past the edge is zeros, which take
 * part in attention as upstream's do.
 */
function cutWindows(x: tf.Tensor3D, { rows, cols }: GridSize, side: number): tf.Tensor3D {
  const [b, , d] = x.shape;
  const [high, wide] = [Math.ceil(rows / side), Math.ceil(cols / side)];
  const padded = tf.pad(tf.reshape(x, [b, rows, cols, d]), [
    [0, 0],
    [0, high * side - rows],
    [0, wide * side - cols],
    [0, 0],
  ]);
  const tiles = tf.reshape(padded, [b * high, side, wide, side, d]);
  return tf.reshape(tf.transpose(tiles, [0, 2, 1, 3, 4]), [b * high * wide, side * side, d]);
}

/** The way back, what lay past the edge left out. */
function joinWindows(
  x: tf.Tensor3D,
  b: number,
  { rows, cols }: GridSize,
  side: number,
): tf.Tensor3D {
  const d = x.shape[2];
  const [high, wide] = [Math.ceil(rows / side), Math.ceil(cols / side)];
  const tiles = tf.transpose(tf.reshape(x, [b * high, wide, side, side, d]), [0, 2, 1, 3, 4]);
  const whole = tf.reshape(tiles, [b, high * side, wide * side, d]);
  return tf.reshape(tf.slice(whole, [0, 0, 0, 0], [b, rows, cols, d]), [b, rows * cols, d]);
}
