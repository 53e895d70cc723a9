/** A sequence of tokens taken apart: CLS, registers, patches. */
import * as tf from "@tensorflow/tfjs-core";
import { hasClassToken, prefixTokens, type BackboneConfig, type VitConfig } from "./config.ts";

/**
 * Split a sequence [n * d] into CLS [d], registers [r, d] and patches [p, d], as views. For a model
 * without CLS the mean of the patches stands for it.
 * @param d where it is not that of the last layer
 */
export function splitTokens(
  config: BackboneConfig,
  tokens: Float32Array,
  d: number = config.width,
): { cls: Float32Array; registers: Float32Array; patches: Float32Array } {
  const prefix = prefixTokens(config) * d;
  const patches = tokens.subarray(prefix);
  const hasClass = hasClassToken(config);
  return {
    cls: hasClass ? tokens.subarray(0, d) : meanRow(patches, d),
    registers: tokens.subarray(hasClass ? d : 0, prefix),
    patches,
  };
}

function meanRow(rows: Float32Array, d: number): Float32Array {
  const sums = new Float64Array(d);
  for (let i = 0; i < rows.length; i++) sums[i % d]! += rows[i]!;
  return Float32Array.from(sums, (sum) => (sum * d) / rows.length);
}

/** As {@link splitTokens} has it, of several pictures: [b, n, d] -> [b, d]. */
export function classTokens(config: VitConfig, tokens: tf.Tensor3D): tf.Tensor2D {
  const [b, n, d] = tokens.shape;
  if (hasClassToken(config)) return tf.reshape(tf.slice(tokens, [0, 0, 0], [b, 1, d]), [b, d]);
  const prefix = prefixTokens(config);
  return tf.mean<tf.Tensor2D>(tf.slice(tokens, [0, prefix, 0], [b, n - prefix, d]), 1);
}
