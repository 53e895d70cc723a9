/** Layout "voc": Pascal VOC's folders, for segmentation and for the boxes of object discovery. */
import { boxesOfInstances, boxesWithin } from "./boxes.ts";
import { plainRule, readMaskRule } from "./class-mask.ts";
import type { LabelFolder } from "./label-folder.ts";
import type { BoxedImage } from "./labelled.ts";
import type { Layout } from "./layout.ts";
import { type LabelledFile, leftOut, pairFiles } from "./pair-files.ts";
import { readRawPng } from "../image/raw-png.ts";
import { checkSameSize, counted, itemsOf, readPicture } from "./read-picture.ts";
import { segmentedSet } from "./segmented-set.ts";
import { readNames, readSplits } from "./splits.ts";
import { readVocBoxes } from "./voc-annotation.ts";

/** In the order of their indices. A folder with classes of its own has classes.txt. */
const vocClasses = [
  "background",
  "aeroplane",
  "bicycle",
  "bird",
  "boat",
  "bottle",
  "bus",
  "car",
  "cat",
  "chair",
  "cow",
  "diningtable",
  "dog",
  "horse",
  "motorbike",
  "person",
  "pottedplant",
  "sheep",
  "sofa",
  "train",
  "tvmonitor",
];

const images = "JPEGImages";
const segmentationLists = {
  train: ["ImageSets/Segmentation/train.txt"],
  test: ["ImageSets/Segmentation/val.txt"],
};
/** The images on which CorLoc is counted. */
const discoveryList = "ImageSets/Main/trainval.txt";

export const voc: Layout = {
  looksFor: "JPEGImages with SegmentationClass, Annotations/*.xml or SegmentationObject",
  recognises: async (folder) => {
    if (!(await folder.hasFolder(images))) return false;
    const labels = await Promise.all([
      folder.hasFolder("SegmentationClass"),
      folder.hasFolder("SegmentationObject"),
      // DAVIS has folders of that name, of images.
      folder.holds("Annotations", ["xml"]),
    ]);
    return labels.includes(true);
  },
  open: {
    segmentation: async (folder, reading) => {
      const { pairs } = await pairFiles(folder, {
        images,
        labels: "SegmentationClass",
        extensions: ["png"],
      });
      const declared = await readMaskRule(folder);
      const { names, lists, how } = await readSplits(folder, [...pairs.keys()], segmentationLists);
      const pick = (split: readonly string[]) => split.map((name) => pairs.get(name)!);
      return segmentedSet(
        folder,
        {
          layout: "VOC",
          rule: declared?.rule ?? plainRule(vocClasses, "VOC"),
          splits: { train: pick(names.train), test: pick(names.test) },
          consulted: declared ? [...lists, declared.file] : lists,
          note: how,
        },
        reading,
      );
    },
    discovery: async (folder, reading) => {
      const fromXml = await folder.holds("Annotations", ["xml"]);
      const labels = fromXml ? "Annotations" : "SegmentationObject";
      const found = await pairFiles(folder, {
        images,
        labels,
        extensions: [fromXml ? "xml" : "png"],
      });
      const hasList = fromXml && (await folder.hasFile(discoveryList));
      const names = [...found.pairs.keys()];
      const chosen = hasList ? await readNames(folder, discoveryList, names) : names;
      const files = chosen.map((name) => found.pairs.get(name)!);
      const load = (file: LabelledFile) =>
        fromXml ? fromAnnotation(folder, file) : fromObjectMask(folder, file);
      const used = files.flatMap(({ image, label }) => [image, label]);
      const listed = hasList ? [discoveryList] : [];
      return {
        description: `VOC layout in ${folder.path}: ${counted(files.length, "image")} with boxes out of ${labels}${hasList ? `, listed in ${discoveryList}` : leftOut(found.unlabelled)}`,
        fingerprint: await folder.fingerprint("VOC discovery", [...listed, ...used], reading),
        items: itemsOf(files, load),
      };
    },
  },
};

async function fromAnnotation(
  folder: LabelFolder,
  { image, label }: LabelledFile,
): Promise<BoxedImage> {
  const picture = await readPicture(folder.at(image));
  const file = folder.at(label);
  return { picture, boxes: boxesWithin(await readVocBoxes(file), picture, file) };
}

async function fromObjectMask(
  folder: LabelFolder,
  { image, label }: LabelledFile,
): Promise<BoxedImage> {
  const picture = await readPicture(folder.at(image));
  const file = folder.at(label);
  const png = await readRawPng(file);
  checkSameSize(picture, png, file);
  return { picture, boxes: boxesWithin(boxesOfInstances(png.values, png.width), picture, file) };
}
