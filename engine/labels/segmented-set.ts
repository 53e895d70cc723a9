/** A set of images with masks of classes, whatever the layout they were found in. */
import { type MaskRule, readClassMask } from "./class-mask.ts";
import type { LabelFolder, Reading } from "./label-folder.ts";
import type { LabelledSet, SegmentedImage, Split } from "./labelled.ts";
import type { LabelledFile } from "./pair-files.ts";
import { counted, itemsOf, readPicture } from "./read-picture.ts";

export interface SegmentedFiles {
  readonly layout: string;
  readonly rule: MaskRule;
  readonly splits: Readonly<Record<Split, readonly LabelledFile[]>>;
  /** Other files that decided: lists of names, classes. */
  readonly consulted: readonly string[];
  /** How the images were split, what was left out. */
  readonly note: string;
}

/** @throws EngineError "path.missing", "cancelled" */
export async function segmentedSet(
  folder: LabelFolder,
  { layout, rule, splits, consulted, note }: SegmentedFiles,
  reading: Reading,
): Promise<LabelledSet<"segmentation">> {
  const load = async ({ image, label }: LabelledFile): Promise<SegmentedImage> => {
    const picture = await readPicture(folder.at(image));
    return { picture, mask: await readClassMask(folder.at(label), rule, picture) };
  };
  const pairs = [...splits.train, ...splits.test];
  const used = [...consulted, ...pairs.flatMap(({ image, label }) => [image, label])];
  return {
    description: `${layout} layout in ${folder.path}: ${trainAndTest(splits)}, ${rule.classes.length} classes, ${note}`,
    fingerprint: await folder.fingerprint(`${layout} segmentation`, used, reading),
    classes: rule.classes,
    splits: { train: itemsOf(splits.train, load), test: itemsOf(splits.test, load) },
  };
}

/** "12 images to train on, 4 to test" */
export function trainAndTest(splits: Readonly<Record<Split, readonly unknown[]>>): string {
  return `${counted(splits.train.length, "image")} to train on, ${splits.test.length} to test`;
}
