/** Queries and keys rotated by the positions of their tokens, as the family does it. */
import * as tf from "@tensorflow/tfjs-core";
import { rotaryEmbedding } from "../compiler/ops.ts";
import { traitsOf, type VitConfig } from "./config.ts";
import { axisChannels } from "./rope.ts";

/** Tables of cosines and sines, [n, d / heads / 2]: see rope.ts. */
interface Tables {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
}

/**
 * Rows of the weights or the bias of queries and keys, ordered so that the two channels of a pair are
 * half a head apart, which is how they are rotated here. Scores do not see an order that queries and
 * keys share, and weights are constants, so it costs nothing.
 *
 * @param rows [d, ..]
 */
export function inPairs<T extends tf.Tensor>(config: VitConfig, rows: T): T {
  const { rotation } = traitsOf(config);
  if (rotation !== "pe" && rotation !== "v-jepa") return rows;
  const [d, ...rest] = rows.shape as [number, ...number[]];
  const { heads } = config;
  const inner = rest.reduce((product, size) => product * size, 1);
  const neighbours = tf.reshape(rows, [heads, d / heads / 2, 2, inner]);
  return tf.reshape(tf.transpose(neighbours, [0, 2, 1, 3]), rows.shape) as T;
}

/** @param x queries or keys, [b, n, d], in the order of {@link inPairs} */
export function rotated(config: VitConfig, x: tf.Tensor3D, { cos, sin }: Tables): tf.Tensor3D {
  switch (traitsOf(config).rotation) {
    case "dinov3":
    case "pe":
      return rotaryEmbedding(x, cos, sin, config.heads);
    case "v-jepa":
      return rotatedUnevenly(config, x, { cos, sin });
    case "none":
      return x;
  }
}

/**
 * V-JEPA 2 rotates by whole tables that repeat where the pairs lie side by side: channel c of an axis
 * has frequency c modulo half the axis, so the two channels of a pair turn by different angles.
 */
function rotatedUnevenly(config: VitConfig, x: tf.Tensor3D, { cos, sin }: Tables): tf.Tensor3D {
  const [b, n, d] = x.shape;
  const { heads } = config;
  const half = d / heads / 2;
  const pairs = tf.reshape(x, [b, n, heads, 2, half]);
  const part = (i: number) =>
    tf.reshape(tf.slice(pairs, [0, 0, 0, i, 0], [b, n, heads, 1, half]), [b, n, heads, half]);
  const [even, odd] = [part(0), part(1)];
  const table = (values: tf.Tensor2D, parity: number) => {
    const columns = tf.tensor1d(tableColumns(config, parity), "int32");
    return tf.reshape(tf.gather(values, columns, 1), [1, n, 1, half]);
  };
  const turned = tf.stack(
    [
      tf.sub(tf.mul(even, table(cos, 0)), tf.mul(odd, table(sin, 0))),
      tf.add(tf.mul(odd, table(cos, 1)), tf.mul(even, table(sin, 1))),
    ],
    3,
  );
  return tf.reshape(turned, [b, n, d]);
}

/** For every pair of a head the column of the tables that its even or odd channel turns by. */
export function tableColumns(config: VitConfig, parity: number): number[] {
  const half = config.width / config.heads / 2;
  const own = axisChannels(config) / 2;
  return Array.from({ length: half }, (_, pair) => {
    const axis = Math.floor(pair / own);
    // What is left over after three axes is not rotated: its columns hold 1 and 0.
    if (axis >= 3) return pair;
    return axis * own + ((2 * (pair - axis * own) + parity) % own);
  });
}
