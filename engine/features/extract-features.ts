/** The images of a folder through a model, one after the other, into one file. */
import path from "node:path";
import type { SkippedFile } from "../data/image-files.ts";
import { noImages } from "../data/image-files.ts";
import type { FeatureMap } from "../probes/probe.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import type { Control } from "../session/control.ts";
import type { FeatureFormat } from "./formats.ts";
import { imageFeatures, type FeaturePrecision, type TokenChoice } from "./image-features.ts";

export interface ExtractWish {
  /** What `files` begin with, and names of images do not. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly out: string;
  readonly format: FeatureFormat;
  readonly tokens: TokenChoice;
  readonly precision: FeaturePrecision;
  /** What a reader should know, beside what is said of every image. */
  readonly about: Readonly<Record<string, string>>;
}

/** An image ready for the model. */
export interface ReadImage {
  features(control: Control): Promise<FeatureMap>;
  /** Forget its pixels and tokens. */
  close(): void;
}

export interface Extracted {
  readonly count: number;
  readonly skipped: readonly SkippedFile[];
}

/**
 * An image that cannot be read is left out and told; the next one is read while one is computed, and
 * no more than these two are held.
 * @param open reads and decodes one file
 * @throws EngineError "data.empty" where no image can be read; "cancelled" and what writers and the
 *   executor refuse: then nothing is left of the file
 */
export async function extractFeatures(
  wish: ExtractWish,
  open: (file: string) => Promise<ReadImage>,
  control: Control,
): Promise<Extracted> {
  const { folder, files, tokens, precision, format } = wish;
  const names = files.map((file) => path.relative(folder, file).split(path.sep).join("/"));
  const writer = await format.create({ path: wish.out, tokens, precision, names });
  const skipped: SkippedFile[] = [];
  const started = performance.now();
  let ahead: Promise<Opened> | undefined;
  try {
    const grids = new Set<string>();
    for (const [i, file] of files.entries()) {
      throwIfAborted(control.signal, "Computing features");
      const elapsedMs = performance.now() - started;
      const remainingMs = i < 2 ? undefined : (elapsedMs / i) * (files.length - i);
      control.progress(i / files.length, `Image ${i + 1} of ${files.length}`, remainingMs);
      const opened = await (ahead ?? tryToOpen(open, file));
      ahead = i + 1 < files.length ? tryToOpen(open, files[i + 1]!) : undefined;
      if ("reason" in opened) {
        skipped.push(opened);
        continue;
      }
      try {
        const features = await opened.image.features({ ...control, progress: () => {} });
        const { isOneArray } = format;
        const image = imageFeatures(names[i]!, features, tokens, { precision, isOneArray });
        grids.add(`${image.grid.rows}x${image.grid.cols}`);
        await writer.append(image);
      } finally {
        opened.image.close();
      }
    }
    const count = files.length - skipped.length;
    if (count === 0) {
      throw noImages(folder, `received ${files.length}, all unreadable (${skipped[0]?.reason})`);
    }
    throwIfAborted(control.signal, "Computing features");
    const grid = grids.size === 1 ? [...grids][0]! : "various";
    await writer.finish({ ...wish.about, tokens, precision, grid, images: String(count) });
    control.progress(1, `Image ${files.length} of ${files.length}`);
    return { count, skipped };
  } catch (error) {
    await writer.discard();
    throw error;
  } finally {
    // One that was read ahead and is not wanted any more.
    const left = await ahead?.catch(() => undefined);
    if (left && "image" in left) left.image.close();
  }
}

type Opened = { readonly image: ReadImage } | SkippedFile;

/** Anything but damage to this one image is thrown when its turn comes. */
function tryToOpen(open: (file: string) => Promise<ReadImage>, file: string): Promise<Opened> {
  const opened = open(file).then(
    (image): Opened => ({ image }),
    (error: unknown): Opened => {
      if (error instanceof EngineError && /^(image|path)\./.test(error.code)) {
        return { file, reason: error.message };
      }
      throw error;
    },
  );
  opened.catch(() => {}); // Heard by whoever waits for it, perhaps later.
  return opened;
}
