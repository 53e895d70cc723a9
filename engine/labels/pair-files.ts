/** Images and their labels in two folders beside each other, matched by path without extension. */
import { EngineError } from "../protocol/errors.ts";
import { type LabelFolder, pictureExtensions, stemOf } from "./label-folder.ts";
import { counted } from "./read-picture.ts";

export interface LabelledFile {
  readonly image: string;
  readonly label: string;
}

export interface PairedFiles {
  /** By path without extension, in the order of the labels. */
  readonly pairs: ReadonlyMap<string, LabelledFile>;
  /** Images that have no label: they are left out. */
  readonly unlabelled: number;
}

export interface PairRule {
  /** Folders, relative to the set's. */
  readonly images: string;
  readonly labels: string;
  readonly extensions: readonly string[];
  /** What a label's path has in place of the image's, both without extension. */
  readonly imageEnd?: string;
  readonly labelEnd?: string;
}

/**
 * @returns pairs whose names are the common path without `imageEnd` and `labelEnd`
 * @throws EngineError "path.missing" for a label without its image or a folder that is not there,
 *   "config.contradicts" for two files of one name, "data.empty" when there is no pair
 */
export async function pairFiles(folder: LabelFolder, rule: PairRule): Promise<PairedFiles> {
  const { images, labels, extensions, imageEnd = "", labelEnd = "" } = rule;
  const imageOf = byName(
    folder,
    images,
    await folder.filesBelow(images, pictureExtensions),
    imageEnd,
  );
  const labelOf = byName(folder, labels, await folder.filesBelow(labels, extensions), labelEnd);
  const pairs = new Map<string, LabelledFile>();
  for (const [name, label] of labelOf) {
    const image = imageOf.get(name);
    if (image === undefined) {
      throw new EngineError(
        "path.missing",
        `${folder.at(label)}: expected its image ${folder.at(`${images}/${name}${imageEnd}`)} (.${pictureExtensions.join(", .")}), there is none`,
        { hint: "A label has the path and name of its image." },
      );
    }
    pairs.set(name, { image, label });
  }
  if (pairs.size === 0) {
    throw new EngineError(
      "data.empty",
      `${folder.at(labels)}: expected labels (*${labelEnd}.${extensions.join(`, *${labelEnd}.`)}), there are none`,
    );
  }
  return { pairs, unlabelled: imageOf.size - pairs.size };
}

/** ", 3 images without a label left out", or nothing. */
export function leftOut(unlabelled: number): string {
  return unlabelled === 0 ? "" : `, ${counted(unlabelled, "image")} without a label left out`;
}

function byName(
  folder: LabelFolder,
  inside: string,
  files: readonly string[],
  end: string,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of files) {
    const stem = stemOf(file);
    if (!stem.endsWith(end)) continue;
    const name = stem.slice(0, stem.length - end.length);
    const other = found.get(name);
    if (other !== undefined) {
      throw new EngineError(
        "config.contradicts",
        `${folder.at(`${inside}/${file}`)}: expected one file of this name, there is also ${other}`,
        { hint: "Remove one of the two." },
      );
    }
    found.set(name, `${inside}/${file}`);
  }
  return found;
}
