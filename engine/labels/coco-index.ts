/** What a file of COCO annotations holds, and where in it: the outlines themselves are read when needed. */
import { open } from "node:fs/promises";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { scanElements } from "./json-elements.ts";
import { type Reading, insidePath, pathError } from "./label-folder.ts";
import { checkJson, parseJson } from "./text-files.ts";

/** An image with at least one annotation. */
export interface CocoImage {
  readonly id: number;
  /** As the file says, checked to stay inside the folder. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Place in the list, first byte and number of bytes of each annotation, in turn. */
  readonly places: readonly number[];
  /** Whether one of them is an object, not a crowd. */
  readonly hasObject: boolean;
}

export interface CocoIndex {
  /** The annotations, for messages and for reading. */
  readonly file: string;
  /** In the order of their paths. */
  readonly images: readonly CocoImage[];
  /** Names, in the order of their ids. */
  readonly categories: readonly string[];
  /** Place in {@link categories} by id. */
  readonly categoryOf: ReadonlyMap<number, number>;
}

const id = z.int();
const imageSchema = z.object({
  id,
  file_name: z.string().min(1),
  width: z.int().positive(),
  height: z.int().positive(),
});
const categorySchema = z.object({ id, name: z.string().min(1) });
const reference = z.object({
  image_id: id,
  category_id: id,
  iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).default(0),
});

const coordinates = z
  .array(z.number())
  .min(6)
  .refine((ring) => ring.length % 2 === 0, { error: "expected pairs of x and y" });
const side = z.int().positive();
const runs = z.object({
  size: z.tuple([side, side]),
  counts: z.union([z.array(z.int().nonnegative()), z.string()]),
});
const annotationSchema = reference.extend({
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  segmentation: z
    .union([z.array(coordinates).min(1), runs], {
      error: "expected polygons, each of at least three points x, y, or run lengths {size, counts}",
    })
    .optional(),
});
export type CocoAnnotation = z.infer<typeof annotationSchema> & {
  /** For messages: the file and the place in it. */
  readonly where: string;
};

const lists = ["images", "annotations", "categories"] as const;

/**
 * The file is read once, in pieces, so its size does not matter; what is kept is some 30 bytes for
 * each annotation.
 *
 * @throws EngineError "path.missing", "path.unreadable", "cancelled", "config.invalid" for a field
 *   of the wrong kind, "config.contradicts" for an annotation of no image or category
 */
export async function indexCoco(file: string, reading: Reading): Promise<CocoIndex> {
  const images = new Map<number, z.infer<typeof imageSchema>>();
  const categories = new Map<number, string>();
  const places = new Map<number, { category: number[]; at: number[]; hasObject: boolean }>();
  const keys = await scanElements(
    file,
    lists,
    ({ key, index, start, bytes }) => {
      const where = `${file}: ${key}[${index}]`;
      const json = parseJson(Buffer.from(bytes).toString("utf8"), where);
      if (key === "images") {
        const image = checkJson(json, imageSchema, where);
        if (images.has(image.id)) throw repeated(where, image.id);
        images.set(image.id, { ...image, file_name: insidePath(image.file_name, where) });
      } else if (key === "categories") {
        const category = checkJson(json, categorySchema, where);
        if (categories.has(category.id)) throw repeated(where, category.id);
        categories.set(category.id, category.name);
      } else {
        const { image_id, category_id, iscrowd } = checkJson(json, reference, where);
        let entry = places.get(image_id);
        if (!entry) places.set(image_id, (entry = { category: [], at: [], hasObject: false }));
        entry.category.push(category_id);
        entry.at.push(index, start, bytes.length);
        if (!iscrowd) entry.hasObject = true;
      }
    },
    reading,
  );
  const missing = lists.find((list) => !keys.has(list));
  if (missing !== undefined) {
    throw new EngineError("config.invalid", `${file}: ${missing}: expected a list, found none`);
  }
  for (const [imageId, { category, at }] of places) {
    const stranger = category.findIndex((value) => !categories.has(value));
    const where = `${file}: annotations[${at[3 * Math.max(0, stranger)]}]`;
    if (!images.has(imageId)) throw unknownId(where, "image_id", imageId, "images");
    if (stranger >= 0) throw unknownId(where, "category_id", category[stranger]!, "categories");
  }
  const ids = [...categories.keys()].sort((a, b) => a - b);
  return {
    file,
    images: [...places]
      .map(([imageId, { at, hasObject }]) => {
        const { file_name: path, width, height } = images.get(imageId)!;
        return { id: imageId, path, width, height, places: at, hasObject };
      })
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    categories: ids.map((value) => categories.get(value)!),
    categoryOf: new Map(ids.map((value, index) => [value, index])),
  };
}

/** @throws EngineError "config.invalid" naming the annotation */
export async function readAnnotations(
  { file }: CocoIndex,
  { id: imageId, places }: CocoImage,
): Promise<CocoAnnotation[]> {
  const handle = await open(file).catch((error: unknown) => {
    throw pathError(file, error);
  });
  try {
    const annotations: CocoAnnotation[] = [];
    for (let i = 0; i < places.length; i += 3) {
      const where = `${file}: annotations[${places[i]}]`;
      const bytes = Buffer.alloc(places[i + 2]!);
      await handle.read(bytes, 0, bytes.length, places[i + 1]);
      const json = parseJson(bytes.toString("utf8"), where);
      const annotation = checkJson(json, annotationSchema, where);
      if (annotation.image_id !== imageId) {
        throw new EngineError(
          "config.contradicts",
          `${where}: expected an annotation of image ${imageId}, received one of ${annotation.image_id}: the file changed after it was opened`,
        );
      }
      annotations.push({ ...annotation, where });
    }
    return annotations;
  } finally {
    await handle.close();
  }
}

function repeated(where: string, value: number): EngineError {
  return new EngineError(
    "config.contradicts",
    `${where}: id: expected a number of its own, received ${value}, which another has`,
  );
}

function unknownId(where: string, field: string, value: number, list: string): EngineError {
  return new EngineError(
    "config.contradicts",
    `${where}: ${field}: expected the id of one of ${list}, received ${value}`,
  );
}
