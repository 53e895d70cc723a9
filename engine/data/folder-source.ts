/** Batches out of a folder of images. */
import { checkHeaders, listImages, noImages } from "./image-files.ts";
import { ImageSource, type ImageSourceOptions } from "./image-source.ts";

export interface FolderSourceOptions extends ImageSourceOptions {
  readonly folder: string;
  /** Ends the look through the files. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Look through a folder and start the threads.
 * @throws EngineError "path.missing", "path.unreadable", "data.empty" or "cancelled"
 */
export async function openFolderSource(options: FolderSourceOptions): Promise<ImageSource> {
  const { folder, signal } = options;
  const { readable, skipped } = await checkHeaders(await listImages(folder), signal);
  const [first] = skipped;
  if (readable.length === 0) {
    throw noImages(folder, `received ${skipped.length}, all unreadable (${first?.reason ?? ""})`);
  }
  return new ImageSource(options, { names: readable, skipped, place: folder });
}
