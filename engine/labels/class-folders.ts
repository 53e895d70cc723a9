/** Layout "classes": a folder for each class, below train and val or directly. */
import { EngineError } from "../protocol/errors.ts";
import { type LabelFolder, pictureExtensions } from "./label-folder.ts";
import type { ClassedImage, Split } from "./labelled.ts";
import type { Layout } from "./layout.ts";
import { itemsOf, readPicture } from "./read-picture.ts";
import { trainAndTest } from "./segmented-set.ts";
import { checkFilled, splitByHash } from "./splits.ts";

interface ClassedFile {
  readonly image: string;
  readonly label: number;
}

export const classFolders: Layout = {
  looksFor:
    "folders of images named by their class, at least two, directly or below train and val (or test)",
  recognises: async (folder) => {
    const base = (await folder.hasFolder("train")) ? "train" : "";
    const { folders } = await folder.entries(base);
    const within = await Promise.all(
      folders.map((name) => holdsPictures(folder, base === "" ? name : `${base}/${name}`)),
    );
    return within.filter(Boolean).length >= 2;
  },
  open: {
    classification: async (folder, reading) => {
      const base = (await folder.hasFolder("train")) ? "train" : "";
      const testFolder = base === "" ? undefined : await testFolderOf(folder);
      const classes = await classesIn(folder, base);
      const splits =
        testFolder === undefined
          ? await splitEach(folder, base, classes)
          : {
              train: await filesOf(folder, base, classes),
              test: await filesOf(folder, testFolder, classes),
            };
      const how =
        testFolder === undefined
          ? "each class split four to one by a hash of its names"
          : `split by the folders ${base} and ${testFolder}`;
      checkFilled(folder.path, splits, how);
      const load = async ({ image, label }: ClassedFile): Promise<ClassedImage> => ({
        picture: await readPicture(folder.at(image)),
        label,
      });
      const used = [...splits.train, ...splits.test].map(({ image }) => image);
      return {
        description: `Class folders in ${folder.path}: ${trainAndTest(splits)}, ${classes.length} classes, ${how}`,
        fingerprint: await folder.fingerprint(`classes of ${classes.length}`, used, reading),
        classes,
        splits: { train: itemsOf(splits.train, load), test: itemsOf(splits.test, load) },
      };
    },
  },
};

/** Images of a class may lie in a folder of their own (train/CLASS/images). */
async function holdsPictures(folder: LabelFolder, inside: string): Promise<boolean> {
  return (
    (await folder.holds(inside, pictureExtensions)) ||
    (await folder.holds(`${inside}/images`, pictureExtensions))
  );
}

async function classesIn(folder: LabelFolder, base: string): Promise<readonly string[]> {
  const { folders } = await folder.entries(base);
  if (folders.length >= 2) return folders;
  throw new EngineError(
    "data.empty",
    `${folder.at(base)}: expected at least two folders named by their class, received ${folders.length}`,
  );
}

/** @throws EngineError "config.contradicts" for a class that is not among those of training */
async function filesOf(
  folder: LabelFolder,
  part: string,
  classes: readonly string[],
): Promise<ClassedFile[]> {
  const { folders } = await folder.entries(part);
  const stranger = folders.find((name) => !classes.includes(name));
  if (stranger !== undefined) {
    throw new EngineError(
      "config.contradicts",
      `${folder.at(`${part}/${stranger}`)}: expected a class of ${folder.at("train")}, there is no such folder`,
      { hint: "A probe can only be tested on classes that it was trained on." },
    );
  }
  const all: ClassedFile[] = [];
  for (const [label, name] of classes.entries()) {
    if (!folders.includes(name)) continue;
    all.push(...(await filesOfClass(folder, `${part}/${name}`, label)));
  }
  return all;
}

async function splitEach(
  folder: LabelFolder,
  base: string,
  classes: readonly string[],
): Promise<Record<Split, ClassedFile[]>> {
  const splits: Record<Split, ClassedFile[]> = { train: [], test: [] };
  for (const [label, name] of classes.entries()) {
    const files = await filesOfClass(folder, base === "" ? name : `${base}/${name}`, label);
    const { train, test } = splitByHash(files.map(({ image }) => image));
    splits.train.push(...train.map((image) => ({ image, label })));
    splits.test.push(...test.map((image) => ({ image, label })));
  }
  return splits;
}

/** @throws EngineError "data.empty" for a class without an image */
async function filesOfClass(
  folder: LabelFolder,
  inside: string,
  label: number,
): Promise<ClassedFile[]> {
  const files = await folder.filesBelow(inside, pictureExtensions);
  if (files.length === 0) {
    throw new EngineError(
      "data.empty",
      `${folder.at(inside)}: expected images of this class, there are none`,
      { hint: "Remove the folder, or put images into it." },
    );
  }
  return files.map((file) => ({ image: `${inside}/${file}`, label }));
}

/** ImageNet's test folder has no classes, so it is passed over. */
async function testFolderOf(folder: LabelFolder): Promise<string | undefined> {
  for (const name of ["test", "val"]) {
    if ((await folder.entries(name)).folders.length > 0) return name;
  }
  return undefined;
}
