/** Photographs of a labelled set, and the rule that a label is of the photograph's size. */
import { decodeImage } from "../image/decode.ts";
import { readImageFile } from "../image/read-image-file.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Items, Picture } from "./labelled.ts";

export interface ReadPicture extends Picture {
  /** Its EXIF orientation was something else than upright. */
  readonly turned: boolean;
}

/** @throws EngineError as readImageFile and decodeImage do */
export async function readPicture(file: string): Promise<ReadPicture> {
  const { width, height, pixels, notes } = await decodeImage(await readImageFile(file), file);
  return { name: file, width, height, pixels, turned: notes.includes("turned upright") };
}

/**
 * @param label the file of the label
 * @throws EngineError "image.size" naming both files
 */
export function checkSameSize(
  picture: ReadPicture,
  size: { readonly width: number; readonly height: number },
  label: string,
): void {
  if (size.width === picture.width && size.height === picture.height) return;
  const isOfUnturned =
    picture.turned && size.width === picture.height && size.height === picture.width;
  throw new EngineError(
    "image.size",
    `${label}: expected the size of its image, ${picture.width} × ${picture.height} (${picture.name}), received ${size.width} × ${size.height}`,
    {
      hint: isOfUnturned
        ? "The photograph is stored sideways and is turned upright by its EXIF orientation; its label has to be upright too."
        : "Save the label at the size of the image, without smoothing.",
    },
  );
}

/** Items that are made from entries when they are asked for. */
export function itemsOf<Entry, Item>(
  entries: readonly Entry[],
  load: (entry: Entry) => Promise<Item>,
): Items<Item> {
  return {
    count: entries.length,
    load: async (index) => {
      const entry = entries[index];
      if (entry === undefined) {
        throw new Error(`internal: item ${index} was asked for, there are ${entries.length}`);
      }
      return load(entry);
    },
  };
}

/** "1 image", "12 images" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
