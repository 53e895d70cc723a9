/** How a set of scenes lies in a folder, by task: the layouts that engine/labels and other tools read. */
import type { Box, LabelledSet, Split, Task } from "../labels/labelled.ts";
import type { FolderWriter } from "./folder-writer.ts";

/** Which item of a set: of a split where it has splits. */
export interface ItemPlace {
  readonly split: Split;
  /** Within the split, from 0. */
  readonly index: number;
}

interface Named {
  /** The item's files are called so. */
  readonly name: string;
  readonly split: Split;
}

/** What the lists of a folder need to know of an item. */
export interface Facts {
  readonly segmentation: Named;
  readonly depth: Named;
  readonly classification: Named & { readonly label: number };
  readonly correspondence: Named & { readonly entry: PairEntry };
  readonly discovery: Named;
  readonly tracking: Named;
}
export type AnyFacts = Facts[Task];

/** An entry of pairs.json. */
export interface PairEntry {
  readonly first: string;
  readonly second: string;
  readonly points: readonly (readonly [x1: number, y1: number, x2: number, y2: number])[];
  readonly unit: number;
  readonly object?: string;
}

export interface ExportLayout<T extends Task> {
  /** Of engine/labels, for messages and documentation. */
  readonly name: string;
  readonly hasSplits: boolean;
  /** Draws an item and writes its files. @returns undefined where the layout has no place for it */
  write(set: LabelledSet<T>, place: ItemPlace, writer: FolderWriter): Promise<Facts[T] | undefined>;
  /** The lists, once all items are there: text by path. @param all in the order of their names */
  finish(all: readonly Facts[T][], set: LabelledSet<T>): Readonly<Record<string, string>>;
}

export const exportLayouts: { readonly [T in Task]: ExportLayout<T> } = {
  segmentation: {
    name: "voc",
    hasSplits: true,
    async write({ splits }, { split, index }, writer) {
      const { picture, mask } = await splits[split].load(index);
      const name = nameOf(split, index);
      await writer.picture(`JPEGImages/${name}`, picture);
      await writer.numbers(`SegmentationClass/${name}`, mask, picture);
      return { name, split };
    },
    finish: (all, { classes }) => ({
      "classes.txt": lines(classes),
      "ImageSets/Segmentation/train.txt": listOf(all, "train"),
      "ImageSets/Segmentation/val.txt": listOf(all, "test"),
    }),
  },

  depth: {
    name: "depth",
    hasSplits: true,
    async write({ splits }, { split, index }, writer) {
      const { picture, depth } = await splits[split].load(index);
      const name = nameOf(split, index);
      await writer.picture(`images/${name}`, picture);
      const steps = Uint16Array.from(depth, (metres) => Math.round(metres / metresPerStep));
      await writer.numbers(`depth/${name}`, steps, picture);
      return { name, split };
    },
    finish: (all, { range }) => ({
      "depth.json": json({ unit: metresPerStep, range }),
      "train.txt": listOf(all, "train"),
      "test.txt": listOf(all, "test"),
    }),
  },

  classification: {
    name: "classes",
    hasSplits: true,
    async write({ splits, classes }, { split, index }, writer) {
      const { picture, label } = await splits[split].load(index);
      const name = nameOf(split, index);
      await writer.picture(`${split}/${classes[label]!}/${name}`, picture);
      return { name, split, label };
    },
    finish: () => ({}),
  },

  correspondence: {
    name: "pairs",
    hasSplits: false,
    async write({ items }, { split, index }, writer) {
      const { first, second, points, unit, object } = await items.load(index);
      if (points.length === 0) return undefined;
      const name = `pair-${numbered(index)}`;
      const entry = {
        first: await writer.picture(`images/${name}-first`, first),
        second: await writer.picture(`images/${name}-second`, second),
        points: points.map(({ from, to }) => [from.x, from.y, to.x, to.y] as const),
        unit,
        ...(object && {
          object: await writer.numbers(
            `objects/${name}`,
            object.map((value) => (value === 0 ? 0 : 255)),
            first,
          ),
        }),
      };
      return { name, split, entry };
    },
    finish: (all) => ({ "pairs.json": json(all.map(({ entry }) => entry)) }),
  },

  discovery: {
    name: "voc",
    hasSplits: false,
    async write({ items }, { split, index }, writer) {
      const { picture, boxes } = await items.load(index);
      if (boxes.length === 0) return undefined;
      const name = `scene-${numbered(index)}`;
      const file = await writer.picture(`JPEGImages/${name}`, picture);
      await writer.write(`Annotations/${name}.xml`, annotation(file, picture, boxes));
      return { name, split };
    },
    finish: (all) => ({ "ImageSets/Main/trainval.txt": listOf(all, "test") }),
  },

  tracking: {
    name: "davis",
    hasSplits: false,
    async write({ items }, { split, index }, writer) {
      const { frames, masks } = await items.load(index);
      if (masks[0]?.every((value) => value === 0) !== false) return undefined;
      const name = `video-${numbered(index)}`;
      for (const [i, frame] of frames.entries()) {
        const file = String(i).padStart(5, "0");
        await writer.picture(`JPEGImages/480p/${name}/${file}`, frame);
        await writer.numbers(`Annotations/480p/${name}/${file}`, masks[i]!, frame);
      }
      return { name, split };
    },
    finish: (all) => ({ "ImageSets/2017/val.txt": listOf(all, "test") }),
  },
};

/** A millimetre, as NYU's PNGs have it. */
const metresPerStep = 0.001;

/** Names sort as their numbers do. */
function nameOf(split: Split, index: number): string {
  return `${split}-${numbered(index)}`;
}

function numbered(index: number): string {
  return String(index).padStart(6, "0");
}

function listOf(all: readonly Named[], wanted: Split): string {
  return lines(all.filter(({ split }) => split === wanted).map(({ name }) => name));
}

function lines(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Pascal VOC counts pixels from 1 and includes both ends. Every box is of one class: "object". */
function annotation(
  file: string,
  { width, height }: { readonly width: number; readonly height: number },
  boxes: readonly Box[],
): string {
  const objects = boxes.map(
    ({ x, y, w, h }) =>
      `  <object><name>object</name><difficult>0</difficult><bndbox><xmin>${x + 1}</xmin><ymin>${y + 1}</ymin><xmax>${x + w}</xmax><ymax>${y + h}</ymax></bndbox></object>`,
  );
  return lines([
    "<annotation>",
    `  <filename>${file.slice(file.lastIndexOf("/") + 1)}</filename>`,
    `  <size><width>${width}</width><height>${height}</height><depth>3</depth></size>`,
    ...objects,
    "</annotation>",
  ]);
}
