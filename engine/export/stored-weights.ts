/** Weights as a graph wants them: turned round, scaled, in another order. */
import { traitsOf, type VitConfig } from "../model/config.ts";

/** What happens to the rows of a linear map. */
export interface RowChange {
  /** Row i of the result is row order[i]. */
  readonly order?: readonly number[] | undefined;
  /** By which each row of the result is multiplied. */
  readonly scale?: Float32Array | undefined;
}

/** [rows, cols] to [cols, rows]. */
export function transposed(
  values: Float32Array,
  rows: number,
  cols: number,
  { order, scale }: RowChange = {},
): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    const from = order ? order[i]! : i;
    const by = scale ? scale[i]! : 1;
    for (let j = 0; j < cols; j++) out[j * rows + i] = values[from * cols + j]! * by;
  }
  return out;
}

/**
 * The order of queries and keys in which the two channels of a pair are half a head apart, which is how
 * they are rotated: model/rotation.ts, inPairs. Undefined where they are stored so.
 */
export function pairOrder(config: VitConfig): number[] | undefined {
  const { rotation } = traitsOf(config);
  if (rotation !== "pe" && rotation !== "v-jepa") return undefined;
  const own = config.width / config.heads;
  return Array.from({ length: config.width }, (_, i) => {
    const [head, channel] = [Math.floor(i / own), i % own];
    const [second, pair] = [Math.floor((2 * channel) / own), channel % (own / 2)];
    return head * own + 2 * pair + second;
  });
}

/** The weights of a patch as a convolution over a still picture has them, [d, 3, p, p]. */
export function patchKernel(stored: Float32Array, config: VitConfig): Float32Array {
  const { width: d, patch: p } = config;
  const { frames, patchOrder } = traitsOf(config);
  const own = p * p;
  const out = new Float32Array(d * 3 * own);
  for (let row = 0; row < d * 3; row++) {
    for (let place = 0; place < own; place++) {
      // A still picture is the same in every frame, so their weights add up.
      let total = 0;
      for (let frame = 0; frame < frames; frame++) {
        const from =
          patchOrder === "yxc"
            ? (Math.floor(row / 3) * own + place) * 3 + (row % 3)
            : (row * frames + frame) * own + place;
        total += stored[from]!;
      }
      out[row * own + place] = total;
    }
  }
  return out;
}

/**
 * The weights of a convolution as a product over (place, channel) has them.
 * @param stored [rows, channels, places]
 * @returns [rows, places, channels]
 */
export function channelsLast(
  stored: Float32Array,
  rows: number,
  channels: number,
  places: number,
): Float32Array {
  const own = channels * places;
  const out = new Float32Array(stored.length);
  for (let row = 0; row < rows; row++) {
    const kernel = stored.subarray(row * own, (row + 1) * own);
    out.set(transposed(kernel, channels, places), row * own);
  }
  return out;
}

export function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]!);
}
