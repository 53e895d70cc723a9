/** What the random draws of the data are for: the last key of every `Draws` in this folder. */

/**
 * Keys are (seed, step, image, purpose). A number that is given once is never given again: batches
 * of old runs would change. Other folders draw for purposes from 100 on.
 */
export const purposes = {
  /** Order of the images; the step is the epoch. */
  order: 1,
  /** Boxes, flips and colours of one image's crops. */
  crops: 2,
  /** Masks of a batch; image 0. */
  masks: 3,
  /** Factor of the RoPE coordinates of a batch; image 0. */
  rescale: 4,
  /** Sizes of a batch among those of cropMix; image 0. */
  sizes: 5,
} as const;
