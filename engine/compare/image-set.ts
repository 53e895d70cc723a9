/** The pictures that models are compared on: some of a folder's, or scenes of the built-in world. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { checkHeaders, listImages, noImages, type SkippedFile } from "../data/image-files.ts";
import { decodeImage } from "../image/decode.ts";
import type { Items, Picture } from "../labels/labelled.ts";
import { firstTestIndex, scenesVersion } from "../scenes/scene-sets.ts";
import { scenePicture } from "../scenes/render.ts";

export interface ImageSet extends Items<Picture> {
  /** In words: "64 of 1200 images in photos". */
  readonly description: string;
  /** Of the bytes of the files, or of what scenes are drawn from. */
  readonly fingerprint: string;
  readonly skipped: readonly SkippedFile[];
}

export interface ImageSetOptions {
  /** A folder, or "scenes". */
  readonly images: string;
  /** At most so many; of a folder with more every n-th, from its first to its last. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** Of the world that is never trained in. */
const sceneSeed = 0;
/** What the view at twice the resolution needs is 2 x (224 + 16 / 4) px. */
const scenePixels = 456;

/** @throws EngineError "path.missing", "path.unreadable", "data.empty", "cancelled" */
export async function openImageSet(options: ImageSetOptions): Promise<ImageSet> {
  return options.images === "scenes" ? sceneImages(options.limit) : folderImages(options);
}

function sceneImages(count: number): ImageSet {
  return {
    count,
    load: async (index) => scenePicture(sceneSeed, firstTestIndex + index, scenePixels),
    description: `${count} held-out scenes of the built-in world, ${scenePixels} px`,
    fingerprint: `scenes ${scenesVersion}: ${sceneSeed} ${scenePixels} ${count}`,
    skipped: [],
  };
}

async function folderImages({ images, limit, signal }: ImageSetOptions): Promise<ImageSet> {
  const files = await listImages(images);
  const { readable, skipped } = await checkHeaders(spread(files, limit), signal);
  if (readable.length === 0) {
    throw noImages(images, `received ${skipped.length}, all unreadable (${skipped[0]!.reason})`);
  }
  const hash = createHash("sha256");
  for (const file of readable) hash.update(await readFile(file));
  return {
    count: readable.length,
    async load(index) {
      const file = readable[index]!;
      const { width, height, pixels } = await decodeImage(await readFile(file), file);
      return { name: file, width, height, pixels };
    },
    description: `${readable.length} of ${files.length} images in ${images}`,
    fingerprint: hash.digest("hex").slice(0, 32),
    skipped,
  };
}

/** At most `most` of a list, evenly spread over it. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!);
}
