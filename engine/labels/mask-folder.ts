/** Layout "masks": images/ and masks/ beside each other, with the classes in a file. */
import { EngineError } from "../protocol/errors.ts";
import { classFiles, readMaskRule } from "./class-mask.ts";
import type { Layout } from "./layout.ts";
import { leftOut, pairFiles } from "./pair-files.ts";
import { segmentedSet } from "./segmented-set.ts";
import { readSplits } from "./splits.ts";

/** Lists that decide the split in the layouts of our own. */
export const ownLists = { train: ["train.txt"], test: ["test.txt", "val.txt"] };

export const maskFolder: Layout = {
  looksFor: "folders images and masks, with classes.txt or classes.json",
  recognises: async (folder) =>
    (await folder.hasFolder("images")) && (await folder.hasFolder("masks")),
  open: {
    segmentation: async (folder, reading) => {
      const declared = await readMaskRule(folder);
      if (!declared) {
        throw new EngineError(
          "path.missing",
          `${folder.path}: expected ${classFiles.join(" or ")} beside images and masks, found neither`,
          { hint: "classes.txt has one name a line: class 0, class 1 and so on." },
        );
      }
      const { pairs, unlabelled } = await pairFiles(folder, {
        images: "images",
        labels: "masks",
        extensions: ["png"],
      });
      const { names, lists, how } = await readSplits(folder, [...pairs.keys()], ownLists);
      const pick = (split: readonly string[]) => split.map((name) => pairs.get(name)!);
      return segmentedSet(
        folder,
        {
          layout: "Masks",
          rule: declared.rule,
          splits: { train: pick(names.train), test: pick(names.test) },
          consulted: [...lists, declared.file],
          note: `${how}${leftOut(unlabelled)}`,
        },
        reading,
      );
    },
  },
};
