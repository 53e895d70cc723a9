/** Layout "pairs": a list of pairs of images and of points that belong together, in pairs.json. */
import { z } from "zod";
import { type LabelFolder, insidePath } from "./label-folder.ts";
import type { Layout } from "./layout.ts";
import { type PairEntry, loadPair } from "./matched-pair.ts";
import { counted, itemsOf } from "./read-picture.ts";
import { readJson } from "./text-files.ts";

const listFile = "pairs.json";

const path = z.string().min(1);
const schema = z
  .array(
    z.strictObject({
      first: path,
      second: path,
      /** x and y in the first picture, x and y in the second, in pixels. */
      points: z.array(z.array(z.number()).length(4)).min(1),
      unit: z.number().positive().optional(),
      object: path.optional(),
    }),
  )
  .min(1);

export const pairList: Layout = {
  looksFor: listFile,
  recognises: (folder) => folder.hasFile(listFile),
  open: {
    correspondence: async (folder, reading) => {
      const entries = await readEntries(folder);
      const used = entries.flatMap(({ first, second, object }) =>
        object === undefined ? [first, second] : [first, second, object],
      );
      return {
        description: `Pair list ${folder.at(listFile)}: ${counted(entries.length, "pair")}`,
        fingerprint: await folder.fingerprint("pairs", [listFile, ...used], reading),
        items: itemsOf(entries, (entry) => loadPair(folder, entry)),
      };
    },
  },
};

async function readEntries(folder: LabelFolder): Promise<PairEntry[]> {
  const file = folder.at(listFile);
  return (await readJson(file, schema)).map(({ first, second, points, unit, object }, index) => {
    const source = `${file}: [${index}]`;
    return {
      source,
      first: insidePath(first, source),
      second: insidePath(second, source),
      points: points.map(([x1, y1, x2, y2]) => ({
        from: { x: x1!, y: y1! },
        to: { x: x2!, y: y2! },
      })),
      unit,
      object: object === undefined ? undefined : insidePath(object, source),
    };
  });
}
