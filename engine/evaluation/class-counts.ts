/** Segmentation's numbers from counted pixels: IoU by class, their mean, and accuracies. */
import { ignored } from "../labels/labelled.ts";

/** Of one picture or of many together; float64 [classes] each, in pixels. */
export interface ClassCounts {
  /** Rightly given the class. */
  readonly right: Float64Array;
  readonly truth: Float64Array;
  readonly predicted: Float64Array;
}

export function noCounts(classes: number): ClassCounts {
  const zeros = () => new Float64Array(classes);
  return { right: zeros(), truth: zeros(), predicted: zeros() };
}

/**
 * Count one picture's labelled pixels.
 * @param confusion float64 [classes, classes], truth by prediction; added to
 */
export function countPixels(
  mask: Uint8Array,
  prediction: Uint8Array,
  classes: number,
  confusion: Float64Array,
): ClassCounts {
  const counts = noCounts(classes);
  for (let i = 0; i < mask.length; i++) {
    const truth = mask[i]!;
    if (truth === ignored) continue;
    const given = prediction[i]!;
    confusion[truth * classes + given]! += 1;
    counts.truth[truth]! += 1;
    counts.predicted[given]! += 1;
    if (truth === given) counts.right[truth]! += 1;
  }
  return counts;
}

/** @param times how often each picture counts; once if absent */
export function sumCounts(
  all: readonly ClassCounts[],
  classes: number,
  times?: ArrayLike<number>,
): ClassCounts {
  const total = noCounts(classes);
  for (const [i, counts] of all.entries()) {
    const weight = times ? times[i]! : 1;
    if (weight === 0) continue;
    for (let c = 0; c < classes; c++) {
      total.right[c]! += weight * counts.right[c]!;
      total.truth[c]! += weight * counts.truth[c]!;
      total.predicted[c]! += weight * counts.predicted[c]!;
    }
  }
  return total;
}

/** Right over what has the class or was given it; NaN for a class that no pixel has or was given. */
export function intersectionOverUnion({ right, truth, predicted }: ClassCounts): Float64Array {
  return right.map((value, c) => value / (truth[c]! + predicted[c]! - value));
}

/** Mean IoU over the classes that have one, as the benchmarks do; NaN where none has. */
export function meanIou(counts: ClassCounts): number {
  return meanOf(intersectionOverUnion(counts));
}

/**
 * Mean IoU over the classes that are truly there: of a single picture, where a few stray pixels of a
 * class that is not there would otherwise weigh as much as an object.
 */
export function meanIouOfPresent(counts: ClassCounts): number {
  return meanOf(intersectionOverUnion(counts).map((iou, c) => (counts.truth[c]! > 0 ? iou : NaN)));
}

/** Pixels that are right; NaN where there are none. */
export function pixelAccuracy({ right, truth }: ClassCounts): number {
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  return sum(right) / sum(truth);
}

/** Mean over the classes that are there of their pixels that are right. */
export function meanClassAccuracy({ right, truth }: ClassCounts): number {
  return meanOf(right.map((value, c) => value / truth[c]!));
}

function meanOf(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
