/** A linear map over frozen features, and what it gives. */
import { innerProgram, matrix, maxTileRows } from "../probes/products.ts";
import type { Moments } from "./feature-store.ts";
import type { PreparedPrograms } from "./similarity.ts";

/** outputs = x W^T + b, over features as the backbone gives them. */
export interface LinearHead {
  /** float32 [outputs, width] */
  readonly weight: Float32Array;
  /** float32 [outputs] */
  readonly bias: Float32Array;
  readonly outputs: number;
  readonly width: number;
}

/** @returns float32 [count, outputs] of rows [count, width] as the backbone gives them */
export async function applyHead(
  { weight, bias, outputs, width }: LinearHead,
  rows: Float32Array,
  programs: PreparedPrograms,
): Promise<Float32Array> {
  const count = rows.length / width;
  const out = new Float32Array(count * outputs);
  const others = matrix(weight, outputs, width);
  // A tile that fits: zeros at the end cost time alone.
  const t = Math.min(maxTileRows, count);
  const program = await programs.prepare(innerProgram(t, width, outputs));
  for (let start = 0; start < count; start += t) {
    let tile = rows.subarray(start * width, (start + t) * width);
    if (tile.length < t * width) {
      const padded = new Float32Array(t * width);
      padded.set(tile);
      tile = padded;
    }
    const feeds = { rows: matrix(tile, t, width), others };
    const product = (await program.run(feeds, ["out"]))["out"]!.data;
    out.set(product.subarray(0, (Math.min(count, start + t) - start) * outputs), start * outputs);
  }
  for (let i = 0; i < out.length; i++) out[i]! += bias[i % outputs]!;
  return out;
}

/**
 * A head over standardised features as one over the features themselves:
 * w (x - mean) scale + b = (w scale) x + (b - w scale mean).
 */
export function foldMoments(head: LinearHead, { mean, scale }: Moments): LinearHead {
  const { outputs, width } = head;
  const weight = head.weight.map((value, i) => value * scale[i % width]!);
  const bias = head.bias.map((value, c) => {
    let sum = value;
    for (let j = 0; j < width; j++) {
      sum -= head.weight[c * width + j]! * scale[j]! * mean[j]!;
    }
    return sum;
  });
  return { weight, bias, outputs, width };
}
