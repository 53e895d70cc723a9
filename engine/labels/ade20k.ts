/** Layout "ade20k": ADEChallengeData2016, with 150 classes and 0 for everything else. */
import { plainRule } from "./class-mask.ts";
import type { LabelFolder } from "./label-folder.ts";
import type { Layout } from "./layout.ts";
import { type PairedFiles, leftOut, pairFiles } from "./pair-files.ts";
import { segmentedSet } from "./segmented-set.ts";
import { readLines } from "./text-files.ts";

const classCount = 150;
const namesFile = "objectInfo150.txt";

export const ade20k: Layout = {
  looksFor: "images/training, images/validation and the same below annotations",
  recognises: async (folder) =>
    (await folder.hasFolder("images/training")) && (await folder.hasFolder("annotations/training")),
  open: {
    segmentation: async (folder, reading) => {
      const train = await pairsOf(folder, "training");
      const test = await pairsOf(folder, "validation");
      const hasNames = await folder.hasFile(namesFile);
      return segmentedSet(
        folder,
        {
          layout: "ADE20K",
          rule: plainRule(await readNames(folder, hasNames), "ADE20K", 1),
          splits: { train: [...train.pairs.values()], test: [...test.pairs.values()] },
          consulted: hasNames ? [namesFile] : [],
          note: `split by its folders${leftOut(train.unlabelled + test.unlabelled)}`,
        },
        reading,
      );
    },
  },
};

function pairsOf(folder: LabelFolder, part: string): Promise<PairedFiles> {
  return pairFiles(folder, {
    images: `images/${part}`,
    labels: `annotations/${part}`,
    extensions: ["png"],
  });
}

/** From the table that comes with the set: index, ratio, counts, stuff and name, with tabs between. */
async function readNames(folder: LabelFolder, hasNames: boolean): Promise<string[]> {
  const names = Array.from({ length: classCount }, (_, index) => `class ${index + 1}`);
  if (!hasNames) return names;
  for (const line of await readLines(folder.at(namesFile))) {
    const cells = line.split("\t").map((cell) => cell.trim());
    const index = Number(cells[0]);
    const name = cells.at(-1);
    if (Number.isInteger(index) && index >= 1 && index <= classCount && name) {
      names[index - 1] = name;
    }
  }
  return names;
}
