/** What one training step sees: crops of a batch of images and which of their patches are masked. */

/** Crops are stacked crop-major: index = crop * B + image. All values are normalised float32. */
export interface Batch {
  /** [2B, 3, H, W] */
  readonly global: Float32Array;
  /** [nB, 3, h, w]; empty without local crops. */
  readonly local: Float32Array;
  /** [2B, 3, H2, W2], where the Gram teacher has a view of its own. */
  readonly gram?: Float32Array;
  /** [2B, P], 1 where a patch is masked. */
  readonly masks: Uint8Array;
  /** Where the masked patches are among 2B * P, [m]. */
  readonly maskIndices: Int32Array;
  /** 1 / number of masked patches in that crop, [m]. */
  readonly maskWeights: Float32Array;
}
