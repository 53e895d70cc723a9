/**
 * A table of positions brought to the grid of a picture. Interpolation is linear along each axis, so it
 * is two products with matrices that are known beforehand.
 */
import * as tf from "@tensorflow/tfjs-core";
import { antialiasedWeights, resizeWeights, type GridSize } from "../losses/resize.ts";
import type { PositionResize, PositionTable } from "./traits.ts";

/**
 * @param positions [1, (1 +) rows * cols, d] of the table
 * @returns [grid.rows * grid.cols, d], what is added to the patches
 */
export function patchPositions(
  positions: tf.Tensor,
  table: PositionTable,
  grid: GridSize,
): tf.Tensor2D {
  const { rows, cols, hasClass } = table;
  const d = positions.shape.at(-1)!;
  const own = hasClass ? tf.slice(positions, [0, 1, 0], [1, rows * cols, d]) : positions;
  if (rows === grid.rows && cols === grid.cols) return tf.reshape(own, [rows * cols, d]);
  const [down, across] = tableWeights(table, grid);
  // Rows first: [h, w d] -> [h', w d], turned round to [w, h' d] -> [w', h' d], and back.
  const shorter = tf.matMul(
    tf.tensor2d(down, [grid.rows, rows]),
    tf.reshape<tf.Rank.R2>(own, [rows, cols * d]),
  );
  const turned = tf.transpose(tf.reshape(shorter, [grid.rows, cols, d]), [1, 0, 2]);
  const both = tf.matMul(
    tf.tensor2d(across, [grid.cols, cols]),
    tf.reshape<tf.Rank.R2>(turned, [cols, grid.rows * d]),
  );
  const placed = tf.transpose(tf.reshape(both, [grid.cols, grid.rows, d]), [1, 0, 2]);
  return tf.reshape(placed, [grid.rows * grid.cols, d]);
}

/** The position of the class token, [1, 1, d]. */
export function classPosition(positions: tf.Tensor): tf.Tensor3D {
  return tf.slice(positions, [0, 0, 0], [1, 1, positions.shape.at(-1)!]) as tf.Tensor3D;
}

/** Weights [to, from] along the rows and along the columns. */
export function tableWeights(
  { rows, cols, resize }: PositionTable,
  grid: GridSize,
): [down: Float32Array, across: Float32Array] {
  if (resize.isCutFromSquare) {
    const side = Math.max(grid.rows, grid.cols);
    return [
      cornerWeights(rows, side).slice(0, grid.rows * rows),
      cornerWeights(cols, side).slice(0, grid.cols * cols),
    ];
  }
  return [axisWeights(rows, grid.rows, resize), axisWeights(cols, grid.cols, resize)];
}

function axisWeights(
  from: number,
  to: number,
  { method, antialias, offset }: PositionResize,
): Float32Array {
  if (antialias) return antialiasedWeights(method, from, to);
  // PyTorch steps by the ratio that it was given, (to + offset) / from, not by that of the sizes.
  const step = from / (to + offset);
  return resizeWeights(method, from, to, (i) => (i + 0.5) * step - 0.5);
}

/** Bilinear with the centres of the corners kept: `align_corners=True`. */
function cornerWeights(from: number, to: number): Float32Array {
  const step = to > 1 ? (from - 1) / (to - 1) : 0;
  return resizeWeights("bilinear", from, to, (i) => i * step);
}
