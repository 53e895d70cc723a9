/** Masks of instances as labels of patches, and back: the two ends of label propagation. */
import { ignored } from "../labels/labelled.ts";
import { upsample, type PatchValues, type Upsampling } from "./upsample.ts";

/** How a patch of the first frame gets its labels. */
export type Seeding =
  /** One label: that of the pixel at its centre. An object between the centres is lost. */
  | "nearest"
  /** The part of it that each object covers. */
  | "area";

/** Values of the mask that are objects, ascending. */
export function objectsOf(mask: Uint8Array): number[] {
  const present = new Set(mask);
  return [...present].filter((value) => value !== 0 && value !== ignored).sort((a, b) => a - b);
}

/**
 * @param mask    [height, width]; what is ignored counts as background
 * @param objects their values; label 0 is the background, label k + 1 is objects[k]
 * @returns [rows * cols, objects.length + 1], each row of sum 1
 */
export function patchLabels(
  mask: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  { rows, cols }: { readonly rows: number; readonly cols: number },
  objects: readonly number[],
  seeding: Seeding,
): Float32Array {
  const classes = objects.length + 1;
  const labelOf = new Uint8Array(256);
  objects.forEach((value, k) => (labelOf[value] = k + 1));
  const labels = new Float32Array(rows * cols * classes);
  if (seeding === "nearest") {
    for (let patch = 0; patch < rows * cols; patch++) {
      const y = Math.floor(((Math.floor(patch / cols) + 0.5) * height) / rows);
      const x = Math.floor((((patch % cols) + 0.5) * width) / cols);
      labels[patch * classes + labelOf[mask[y * width + x]!]!] = 1;
    }
    return labels;
  }
  const pixels = new Float32Array(rows * cols);
  mask.forEach((value, at) => {
    const row = Math.floor(((Math.floor(at / width) + 0.5) * rows) / height);
    const col = Math.floor((((at % width) + 0.5) * cols) / width);
    labels[(row * cols + col) * classes + labelOf[value]!]! += 1;
    pixels[row * cols + col]! += 1;
  });
  for (let patch = 0; patch < rows * cols; patch++) {
    const count = pixels[patch]!;
    // Patches smaller than a pixel: those that no pixel's centre lies in are background.
    if (count === 0) labels[patch * classes] = 1;
    else for (let c = 0; c < classes; c++) labels[patch * classes + c]! /= count;
  }
  return labels;
}

/**
 * The likeliest object of every pixel.
 * @param isStretched bring each label to 0..1 over the picture first, as DINO's script and DINOv3's
 *   notebook do; the paper does not
 * @returns [height, width], the values of the objects, 0 for the background
 */
export function maskOf(
  labels: PatchValues,
  size: { readonly width: number; readonly height: number },
  objects: readonly number[],
  { upsampling, isStretched }: { readonly upsampling: Upsampling; readonly isStretched: boolean },
): Uint8Array {
  const { channels } = labels;
  const values = upsample(labels, size, upsampling);
  if (isStretched) stretch(values, channels);
  const mask = new Uint8Array(size.width * size.height);
  for (let at = 0; at < mask.length; at++) {
    let best = 0;
    for (let c = 1; c < channels; c++) {
      if (values[at * channels + c]! > values[at * channels + best]!) best = c;
    }
    mask[at] = best === 0 ? 0 : objects[best - 1]!;
  }
  return mask;
}

/** A label that is nowhere, or everywhere alike, stays as it is. */
function stretch(values: Float32Array, channels: number): void {
  for (let c = 0; c < channels; c++) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = c; i < values.length; i += channels) {
      low = Math.min(low, values[i]!);
      high = Math.max(high, values[i]!);
    }
    if (!(high > low)) continue;
    for (let i = c; i < values.length; i += channels) values[i] = (values[i]! - low) / (high - low);
  }
}
