/** Layout "cityscapes": leftImg8bit and gtFine, whose label ids stand for 19 classes or for nothing. */
import type { MaskRule } from "./class-mask.ts";
import type { LabelFolder } from "./label-folder.ts";
import { ignored } from "./labelled.ts";
import type { Layout } from "./layout.ts";
import { type PairedFiles, leftOut, pairFiles } from "./pair-files.ts";
import { segmentedSet } from "./segmented-set.ts";

/** Label ids of the classes that are scored, in the order of their train ids. */
const scored: readonly (readonly [id: number, name: string])[] = [
  [7, "road"],
  [8, "sidewalk"],
  [11, "building"],
  [12, "wall"],
  [13, "fence"],
  [17, "pole"],
  [19, "traffic light"],
  [20, "traffic sign"],
  [21, "vegetation"],
  [22, "terrain"],
  [23, "sky"],
  [24, "person"],
  [25, "rider"],
  [26, "car"],
  [27, "truck"],
  [28, "bus"],
  [31, "train"],
  [32, "motorcycle"],
  [33, "bicycle"],
];
const lastId = 33;

export const cityscapes: Layout = {
  looksFor: "leftImg8bit/train, leftImg8bit/val and the same below gtFine",
  recognises: async (folder) =>
    (await folder.hasFolder("leftImg8bit/train")) && (await folder.hasFolder("gtFine/train")),
  open: {
    segmentation: async (folder, reading) => {
      const train = await pairsOf(folder, "train");
      const test = await pairsOf(folder, "val");
      return segmentedSet(
        folder,
        {
          layout: "Cityscapes",
          rule: rule(),
          splits: { train: [...train.pairs.values()], test: [...test.pairs.values()] },
          consulted: [],
          note: `split by its folders${leftOut(train.unlabelled + test.unlabelled)}`,
        },
        reading,
      );
    },
  },
};

function pairsOf(folder: LabelFolder, part: string): Promise<PairedFiles> {
  return pairFiles(folder, {
    images: `leftImg8bit/${part}`,
    labels: `gtFine/${part}`,
    extensions: ["png"],
    imageEnd: "_leftImg8bit",
    labelEnd: "_gtFine_labelIds",
  });
}

function rule(): MaskRule {
  const meaning = new Int16Array(256).fill(-1);
  meaning.fill(ignored, 0, lastId + 1);
  meaning[ignored] = ignored;
  scored.forEach(([id], index) => (meaning[id] = index));
  return {
    classes: scored.map(([, name]) => name),
    meaning,
    expected: `label ids from 0 to ${lastId}, or 255 for pixels that do not count`,
  };
}
