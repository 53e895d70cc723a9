/** Layout "depth": images and their depth maps in two folders, as NYU and KITTI are prepared. */
import { z } from "zod";
import { noLabelledPixel } from "./class-mask.ts";
import type { LabelFolder } from "./label-folder.ts";
import { hasExtension } from "./label-folder.ts";
import type { DepthImage } from "./labelled.ts";
import type { Layout } from "./layout.ts";
import { ownLists } from "./mask-folder.ts";
import { readNpy } from "./npy-file.ts";
import { type LabelledFile, leftOut, pairFiles } from "./pair-files.ts";
import { readRawPng } from "../image/raw-png.ts";
import { checkSameSize, itemsOf, readPicture } from "./read-picture.ts";
import { trainAndTest } from "./segmented-set.ts";
import { readSplits } from "./splits.ts";
import { readJson } from "./text-files.ts";

const settingsFile = "depth.json";

const positive = z.number().positive();
const settings = z
  .strictObject({
    /** Metres in one step of a PNG: 0.001 for millimetres, 1/256 for KITTI. */
    unit: positive.default(0.001),
    /** In metres; the default is NYU's, dinov3.md F.2. What lies outside counts as not known. */
    range: z.tuple([positive, positive]).default([0.001, 10]),
  })
  .refine(({ range: [nearest, farthest] }) => nearest < farthest, {
    path: ["range"],
    error: "expected the nearest depth before the farthest",
  });
type Settings = z.infer<typeof settings>;

export const depthFolder: Layout = {
  looksFor: "folders images (or rgb) and depth",
  recognises: async (folder) =>
    (await imageFolder(folder)) !== undefined && (await folder.hasFolder("depth")),
  open: {
    depth: async (folder, reading) => {
      const { pairs, unlabelled } = await pairFiles(folder, {
        images: (await imageFolder(folder)) ?? "images",
        labels: "depth",
        extensions: ["png", "npy"],
      });
      const hasSettings = await folder.hasFile(settingsFile);
      const read = hasSettings
        ? await readJson(folder.at(settingsFile), settings)
        : settings.parse({});
      const { names, lists, how } = await readSplits(folder, [...pairs.keys()], ownLists);
      const pick = (split: readonly string[]) => split.map((name) => pairs.get(name)!);
      const splits = { train: pick(names.train), test: pick(names.test) };
      const load = (pair: LabelledFile) => loadDepth(folder, pair, read);
      const files = [...splits.train, ...splits.test].flatMap(({ image, label }) => [image, label]);
      const consulted = [...lists, ...(hasSettings ? [settingsFile] : [])];
      return {
        description: `Depth layout in ${folder.path}: ${trainAndTest(splits)}, ${read.range.join(" to ")} m, ${how}${leftOut(unlabelled)}`,
        fingerprint: await folder.fingerprint("depth", [...consulted, ...files], reading),
        range: read.range,
        splits: { train: itemsOf(splits.train, load), test: itemsOf(splits.test, load) },
      };
    },
  },
};

async function imageFolder(folder: LabelFolder): Promise<string | undefined> {
  for (const name of ["images", "rgb"]) if (await folder.hasFolder(name)) return name;
  return undefined;
}

async function loadDepth(
  folder: LabelFolder,
  { image, label }: LabelledFile,
  { unit, range }: Settings,
): Promise<DepthImage> {
  const picture = await readPicture(folder.at(image));
  const file = folder.at(label);
  const isPng = hasExtension(file, ["png"]);
  const map = isPng ? await readRawPng(file) : await readNpy(file);
  checkSameSize(picture, map, file);
  return { picture, depth: toMetres(map.values, isPng ? unit : 1, range, file) };
}

/** What is not finite, not above 0 or outside the range is not known: 0. */
function toMetres(
  values: ArrayLike<number>,
  unit: number,
  [nearest, farthest]: readonly [number, number],
  file: string,
): Float32Array {
  const depth = new Float32Array(values.length);
  let [least, most] = [Infinity, 0];
  let known = 0;
  for (let i = 0; i < values.length; i++) {
    const metres = values[i]! * unit;
    if (!(metres > 0) || metres === Infinity) continue;
    if (metres < least) least = metres;
    if (metres > most) most = metres;
    if (metres < nearest || metres > farthest) continue;
    depth[i] = metres;
    known++;
  }
  if (known > 0) return depth;
  throw noLabelledPixel(
    file,
    most === 0
      ? "no depth is above 0"
      : `every depth lies outside ${nearest} to ${farthest} m, the nearest at ${least} m, the farthest at ${most} m; unit and range stand in ${settingsFile}`,
  );
}
