/** The class of every patch, from the class of every pixel under it. */
import { patchRectangle, type Geometry } from "../../engine/protocol/geometry.ts";
import type { PixelLabels } from "../store/image-state.ts";

/** Of a patch without one. */
export const noClass = -1;

/** "Ignore" in PASCAL VOC, Cityscapes and most masks of eight bits. */
const ignored = 255;

/** Pixels of a patch that are looked at, a side: more of them change nothing that can be seen. */
const mostSamples = 32;

/**
 * The class that most pixels of the patch have; of as many, the lower one.
 * @returns int32 [patches], `noClass` where no pixel has a class
 */
export function patchClasses(labels: PixelLabels, geometry: Geometry): Int32Array {
  const { rows, cols } = geometry.grid;
  const { width, height, values } = labels;
  const [x, y] = [width / geometry.image.width, height / geometry.image.height];
  const isNamed = labels.names !== undefined;
  const classes = new Int32Array(rows * cols).fill(noClass);
  const counts = new Map<number, number>();
  for (let patch = 0; patch < classes.length; patch++) {
    const place = { row: Math.floor(patch / cols), col: patch % cols };
    const box = patchRectangle(geometry, place);
    const across = centres(box.x * x, box.width * x, width);
    counts.clear();
    for (const row of centres(box.y * y, box.height * y, height)) {
      for (const col of across) {
        const label = values[row * width + col]!;
        if (label === ignored && !isNamed && values instanceof Uint8Array) continue;
        counts.set(label, (counts.get(label) ?? 0) + 1);
      }
    }
    let most = 0;
    for (const [label, count] of counts) {
      const isFirst = count > most || (count === most && label < classes[patch]!);
      if (isFirst) [most, classes[patch]] = [count, label];
    }
  }
  return classes;
}

/** Pixels of a side whose centres lie between its ends, or the one in the middle; evenly, not too many. */
function centres(from: number, length: number, limit: number): number[] {
  const first = Math.max(0, Math.ceil(from - 0.5));
  const end = Math.min(limit, Math.ceil(from + length - 0.5));
  if (end <= first) return [Math.min(limit - 1, Math.max(0, Math.floor(from + length / 2)))];
  const count = end - first;
  if (count <= mostSamples) return Array.from({ length: count }, (_, i) => first + i);
  const step = count / mostSamples;
  return Array.from({ length: mostSamples }, (_, i) => first + Math.floor((i + 0.5) * step));
}
