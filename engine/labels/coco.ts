/** Layout "coco": annotations/instances_*.json with outlines and boxes, for segmentation and discovery. */
import { EngineError } from "../protocol/errors.ts";
import { boxesWithin } from "./boxes.ts";
import {
  type CocoAnnotation,
  type CocoImage,
  type CocoIndex,
  indexCoco,
  readAnnotations,
} from "./coco-index.ts";
import { noLabelledPixel } from "./class-mask.ts";
import type { LabelFolder, Reading } from "./label-folder.ts";
import { type BoxedImage, type SegmentedImage, type Split, ignored } from "./labelled.ts";
import type { Layout } from "./layout.ts";
import { fillPolygon } from "./polygon.ts";
import { type ReadPicture, counted, itemsOf, readPicture } from "./read-picture.ts";
import { decodeRuns } from "./run-length.ts";
import { trainAndTest } from "./segmented-set.ts";
import { checkFilled, splitByHash } from "./splits.ts";

/** An image, and the file of annotations that it was found in. */
interface Entry {
  readonly index: CocoIndex;
  readonly image: CocoImage;
  /** Relative to the folder. */
  readonly path: string;
}

/** Files of annotations, relative to the folder. */
type Files = Partial<Record<Split, string>> & { readonly only?: string };

/** A mask has a byte a pixel, and 0 is the background. */
const maxCategories = ignored - 1;

export const coco: Layout = {
  looksFor: "annotations/instances_*.json",
  recognises: async (folder) => (await annotationFiles(folder)).length > 0,
  open: {
    segmentation: async (folder, reading) => {
      const files = await chooseFiles(folder);
      const chosen = files.only !== undefined ? [files.only] : [files.train!, files.test!];
      const entries = await readEntries(folder, chosen, reading);
      const classes = classesOf(entries);
      const splits =
        files.only !== undefined
          ? splitEntries(entries[0]!)
          : { train: entries[0]!, test: entries[1]! };
      const how =
        files.only !== undefined
          ? "split four to one by a hash of their names"
          : `split by ${chosen.join(" and ")}`;
      checkFilled(folder.path, splits, how);
      const used = [...splits.train, ...splits.test].map(({ path }) => path);
      const load = (entry: Entry) => loadSegmented(folder, entry);
      return {
        description: `COCO layout in ${folder.path}: ${trainAndTest(splits)}, ${classes.length} classes, ${how}`,
        fingerprint: await folder.fingerprint("COCO segmentation", [...chosen, ...used], {
          signal: reading.signal,
        }),
        classes,
        splits: { train: itemsOf(splits.train, load), test: itemsOf(splits.test, load) },
      };
    },
    discovery: async (folder, reading) => {
      const files = await chooseFiles(folder);
      const file = (files.only ?? files.test ?? files.train)!;
      const [all = []] = await readEntries(folder, [file], reading);
      const entries = all.filter(({ image }) => image.hasObject);
      if (entries.length === 0) throw noImages(folder.at(file));
      const used = entries.map(({ path }) => path);
      return {
        description: `COCO layout in ${folder.path}: ${counted(entries.length, "image")} with boxes of ${file}`,
        fingerprint: await folder.fingerprint("COCO discovery", [file, ...used], {
          signal: reading.signal,
        }),
        items: itemsOf(entries, (entry) => loadBoxed(folder, entry)),
      };
    },
  },
};

async function annotationFiles(folder: LabelFolder): Promise<string[]> {
  const { files } = await folder.entries("annotations");
  return files.filter((file) => /^instances_.+\.json$/.test(file));
}

/** @throws EngineError "config.contradicts" when it is not clear which of several files is meant */
async function chooseFiles(folder: LabelFolder): Promise<Files> {
  const all = await annotationFiles(folder);
  const path = (file: string) => `annotations/${file}`;
  if (all.length === 0) {
    throw new EngineError(
      "path.missing",
      `${folder.at("annotations")}: expected instances_*.json, found none`,
    );
  }
  if (all.length === 1) return { only: path(all[0]!) };
  const train = all.filter((file) => file.startsWith("instances_train"));
  const test = all.filter((file) => /^instances_(val|test)/.test(file));
  if (all.length === 2 && train.length === 1 && test.length === 1) {
    return { train: path(train[0]!), test: path(test[0]!) };
  }
  throw new EngineError(
    "config.contradicts",
    `${folder.at("annotations")}: expected one instances_*.json, or one instances_train* and one instances_val*; received ${all.join(", ")}`,
    { hint: "Move the others to another folder." },
  );
}

async function readEntries(
  folder: LabelFolder,
  files: readonly string[],
  { signal, onProgress }: Reading,
): Promise<Entry[][]> {
  const results: Entry[][] = [];
  for (const [i, file] of files.entries()) {
    const index = await indexCoco(folder.at(file), {
      signal,
      // Each file counts the same, so that progress moves only forward.
      onProgress: (done, total) => onProgress?.(i + done / total, files.length),
    });
    if (index.images.length === 0) throw noImages(folder.at(file));
    const base = await imageFolder(folder, file, index.images[0]!.path);
    results.push(index.images.map((image) => ({ index, image, path: `${base}${image.path}` })));
  }
  return results;
}

/** Where the images of a file lie: with a folder of the split's name, as COCO has it, or without. */
async function imageFolder(folder: LabelFolder, file: string, image: string): Promise<string> {
  const part = /instances_(.+)\.json$/.exec(file)![1]!;
  const places = [`${part}/`, `images/${part}/`, "images/", ""];
  for (const place of places) if (await folder.hasFile(`${place}${image}`)) return place;
  throw new EngineError(
    "path.missing",
    `${folder.at(file)}: expected its image ${image} in ${places.map((place) => folder.at(place)).join(", ")}; it is in none`,
  );
}

/** @throws EngineError "config.contradicts" when the files have other categories */
function classesOf(entries: readonly (readonly Entry[])[]): string[] {
  const [{ index: first }, ...others] = entries.map(([entry]) => entry!) as [Entry, ...Entry[]];
  for (const { index } of others) {
    if (JSON.stringify([...index.categoryOf]) !== JSON.stringify([...first.categoryOf])) {
      throw new EngineError(
        "config.contradicts",
        `${index.file}: categories: expected those of ${first.file}, received others`,
      );
    }
  }
  if (first.categories.length === 0 || first.categories.length > maxCategories) {
    throw new EngineError(
      "config.invalid",
      `${first.file}: categories: expected 1 to ${maxCategories}, received ${first.categories.length}`,
    );
  }
  return ["background", ...first.categories];
}

function splitEntries(entries: readonly Entry[]): Record<Split, Entry[]> {
  const test = new Set(splitByHash(entries.map(({ path }) => path)).test);
  return {
    train: entries.filter(({ path }) => !test.has(path)),
    test: entries.filter(({ path }) => test.has(path)),
  };
}

async function loadSegmented(folder: LabelFolder, entry: Entry): Promise<SegmentedImage> {
  const { index, image } = entry;
  const picture = await loadPicture(folder, entry);
  const { width, height } = image;
  const mask = new Uint8Array(width * height);
  const crowds: Uint8Array[] = [];
  for (const annotation of await readAnnotations(index, image)) {
    const object = rasterise(annotation, image);
    if (annotation.iscrowd) {
      crowds.push(object);
      continue;
    }
    const label = 1 + index.categoryOf.get(annotation.category_id)!;
    for (let i = 0; i < mask.length; i++) {
      if (object[i] === 0) continue;
      // Two classes at once: nothing says which of them is in front.
      mask[i] = mask[i] === 0 || mask[i] === label ? label : ignored;
    }
  }
  for (const crowd of crowds) {
    for (let i = 0; i < mask.length; i++) if (crowd[i] === 1 && mask[i] === 0) mask[i] = ignored;
  }
  if (mask.some((label) => label !== ignored)) return { picture, mask };
  throw noLabelledPixel(`${index.file}: ${image.path}`);
}

/** @returns 1 where the object is, [height, width] */
function rasterise({ segmentation, where }: CocoAnnotation, image: CocoImage): Uint8Array {
  if (segmentation === undefined) {
    throw new EngineError(
      "config.invalid",
      `${where}: segmentation: expected polygons or run lengths, found none`,
      { hint: "Boxes alone serve object discovery." },
    );
  }
  if (!Array.isArray(segmentation)) {
    const [height, width] = segmentation.size;
    if (width === image.width && height === image.height) {
      return decodeRuns(segmentation.counts, image, `${where}: segmentation`);
    }
    throw new EngineError(
      "image.size",
      `${where}: segmentation: expected the size of its image, ${image.height} × ${image.width} (rows × columns), received ${height} × ${width}`,
    );
  }
  const object = new Uint8Array(image.width * image.height);
  for (const ring of segmentation) fillPolygon(ring, image, object);
  return object;
}

async function loadBoxed(folder: LabelFolder, entry: Entry): Promise<BoxedImage> {
  const picture = await loadPicture(folder, entry);
  const annotations = await readAnnotations(entry.index, entry.image);
  const boxes = annotations
    .filter(({ iscrowd }) => !iscrowd)
    .map(({ bbox, where }) => {
      if (bbox) return { x: bbox[0], y: bbox[1], w: bbox[2], h: bbox[3] };
      throw new EngineError(
        "config.invalid",
        `${where}: bbox: expected x, y, width, height, found none`,
      );
    });
  const where = `${entry.index.file}: ${entry.image.path}`;
  return { picture, boxes: boxesWithin(boxes, picture, where) };
}

/** @throws EngineError "image.size" when the file is of another size than the annotations say */
async function loadPicture(
  folder: LabelFolder,
  { path, index, image }: Entry,
): Promise<ReadPicture> {
  const picture = await readPicture(folder.at(path));
  if (picture.width === image.width && picture.height === image.height) return picture;
  throw new EngineError(
    "image.size",
    `${picture.name}: expected ${image.width} × ${image.height}, as ${index.file} says, the image has ${picture.width} × ${picture.height}${picture.turned ? " after it was turned upright" : ""}`,
    { hint: "Annotations count in pixels of the upright image." },
  );
}

function noImages(file: string): EngineError {
  return new EngineError(
    "data.empty",
    `${file}: expected at least one annotated image, found none`,
  );
}
