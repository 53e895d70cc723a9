/** One feature vector a picture with the picture's class, and how often a class was told rightly. */
import type { ClassedImage, Items } from "../labels/labelled.ts";
import type { Rows } from "../probes/rows.ts";
import { EngineError } from "../protocol/errors.ts";
import type { FrozenFeatures } from "./frozen.ts";
import type { InputSize } from "./input-size.ts";
import { proportionInterval } from "./intervals.ts";
import { eachItem, type Measuring } from "./measuring.ts";
import type { ProbeReport, ReportedNumber } from "./probe-report.ts";

/** The CLS token after the final norm, or it and the mean patch behind it. */
export type PictureFeatures = "cls" | "cls+patches";

export interface ClassedFeatures {
  /** float32, a row a picture. */
  readonly rows: Rows;
  /** [rows.count] */
  readonly labels: Int32Array;
  readonly names: readonly string[];
}

export interface ClassedDrawing {
  readonly label: number;
  readonly prediction: number;
}

/**
 * @throws EngineError "option.invalid" for a class outside the declared ones; "cancelled"; what
 *   loading throws
 */
export async function gatherClassed(
  items: Items<ClassedImage>,
  classes: number,
  kind: PictureFeatures,
  size: InputSize,
  measuring: Measuring,
): Promise<ClassedFeatures> {
  const width = measuring.backbone.width * (kind === "cls" ? 1 : 2);
  const data = new Float32Array(items.count * width);
  const labels = new Int32Array(items.count);
  const names: string[] = [];
  const picturesOf = ({ picture }: ClassedImage) => [picture];
  await eachItem(items, picturesOf, size, measuring, ({ picture, label }, [features], i) => {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new EngineError(
        "option.invalid",
        `${picture.name}: expected a class from 0 to ${classes - 1}, received ${label}`,
      );
    }
    data.set(features!.cls, i * width);
    if (kind === "cls+patches") data.set(meanPatch(features!), i * width + features!.width);
    labels[i] = label;
    names[i] = picture.name;
  });
  return { rows: { data, count: items.count, width }, labels, names };
}

function meanPatch({ patches, width }: FrozenFeatures): Float64Array {
  const mean = new Float64Array(width);
  const count = patches.length / width;
  for (let i = 0; i < patches.length; i++) mean[i % width]! += patches[i]! / count;
  return mean;
}

/** Index of the largest of `count` values from `from` on; the first of equals. */
export function largestOf(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let c = 1; c < count; c++) if (values[from + c]! > values[from + best]!) best = c;
  return best;
}

/** The part of predictions that are right, with Wilson's interval. */
export function accuracyNumber(
  name: string,
  predictions: ArrayLike<number>,
  labels: Int32Array,
): ReportedNumber {
  const right = labels.reduce((sum, label, i) => sum + (predictions[i] === label ? 1 : 0), 0);
  const interval = proportionInterval(right, labels.length);
  return {
    name,
    value: right / labels.length,
    ...interval,
    unit: "fraction",
    isBetterHigher: true,
  };
}

/** The part of each class's pictures that are right; null where there are none. */
export function accuracyPerClass(
  classes: readonly string[],
  predictions: ArrayLike<number>,
  labels: Int32Array,
): NonNullable<ProbeReport["perClass"]> {
  return classes.map((name, c) => {
    let [right, count] = [0, 0];
    labels.forEach((label, i) => {
      if (label !== c) return;
      count++;
      if (predictions[i] === c) right++;
    });
    return { name, value: count > 0 ? right / count : null };
  });
}
