/** Layout "spair": SPair-71k, whose test pairs are one JSON file each. */
import { z } from "zod";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { type LabelFolder, type Reading, insidePath } from "./label-folder.ts";
import type { Layout } from "./layout.ts";
import { type PairEntry, loadPair } from "./matched-pair.ts";
import { counted, itemsOf } from "./read-picture.ts";
import { readJson } from "./text-files.ts";

const annotations = "PairAnnotation/test";

const name = z.string().min(1);
const points = z.array(z.array(z.number()).length(2)).min(1);
const pairAnnotation = z.object({
  category: name,
  src_imname: name,
  trg_imname: name,
  src_kps: points,
  trg_kps: points,
  trg_bndbox: z.array(z.number()).length(4),
});

export const spair: Layout = {
  looksFor: "PairAnnotation/test/*.json and JPEGImages/CATEGORY",
  recognises: async (folder) =>
    (await folder.hasFolder(annotations)) && (await folder.hasFolder("JPEGImages")),
  open: {
    correspondence: async (folder, reading) => {
      const files = (await folder.filesBelow(annotations, ["json"])).map(
        (file) => `${annotations}/${file}`,
      );
      if (files.length === 0) {
        throw new EngineError(
          "data.empty",
          `${folder.at(annotations)}: expected JSON files of pairs, there are none`,
        );
      }
      const entries = await readEntries(folder, files, reading);
      const used = entries.flatMap(({ first, second }) => [first, second]);
      return {
        description: `SPair layout in ${folder.path}: ${counted(entries.length, "pair")} of ${annotations}`,
        fingerprint: await folder.fingerprint("SPair", [...files, ...used], reading),
        items: itemsOf(entries, (entry) => loadPair(folder, entry)),
      };
    },
  },
};

async function readEntries(
  folder: LabelFolder,
  files: readonly string[],
  { signal }: Reading,
): Promise<PairEntry[]> {
  const entries: PairEntry[] = [];
  for (const file of files) {
    throwIfAborted(signal, `Reading the pairs of ${folder.path}`);
    entries.push(await readEntry(folder.at(file)));
  }
  return entries;
}

/** Thresholds are parts of the longer side of the second object's box, as in the paper of the set. */
async function readEntry(source: string): Promise<PairEntry> {
  const pair = await readJson(source, pairAnnotation);
  const { src_kps: from, trg_kps: to } = pair;
  if (from.length !== to.length) {
    throw new EngineError(
      "config.contradicts",
      `${source}: expected as many src_kps as trg_kps, received ${from.length} and ${to.length}`,
    );
  }
  const [x0, y0, x1, y1] = pair.trg_bndbox as [number, number, number, number];
  if (!(x1 > x0 && y1 > y0)) {
    throw new EngineError(
      "config.contradicts",
      `${source}: trg_bndbox: expected left, top, right, bottom, received ${pair.trg_bndbox.join(", ")}`,
    );
  }
  const image = (file: string) => insidePath(`JPEGImages/${pair.category}/${file}`, source);
  return {
    source,
    first: image(pair.src_imname),
    second: image(pair.trg_imname),
    points: from.map(([x, y], index) => ({
      from: { x: x!, y: y! },
      to: { x: to[index]![0]!, y: to[index]![1]! },
    })),
    unit: Math.max(x1 - x0, y1 - y0),
  };
}
