/** The image files of a folder, and which of them can be read, told from their headers. */
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import sharp from "sharp";
import { decodeImage, maxPixels, maxSide } from "../image/decode.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { pathError } from "../weights/safetensors.ts";

export const imageExtensions = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "avif", "gif"];

/** A file that is no part of the data, and why. */
export interface SkippedFile {
  readonly file: string;
  /** As a refusal says it: what was expected and what came. */
  readonly reason: string;
}

/** What decodeImage reads without a second thought. */
const plainFormats = new Set(["jpeg", "png", "webp", "tiff", "gif"]);

/** Headers end well before this, but for photographs with a long profile or a preview inside. */
const headBytes = 64 * 1024;
const filesAtOnce = 16;

/**
 * Every image file below a folder, hidden ones left out, in the order of their paths by code units:
 * the same on every machine, whatever its language. Links to files are followed, links to folders not.
 *
 * @returns paths that begin with `folder`; by extension alone
 * @throws EngineError "path.missing", "path.unreadable", or "data.empty" when there are none
 */
export async function listImages(folder: string): Promise<string[]> {
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new EngineError("path.unreadable", `${folder}: expected a folder, found a file`, {
        hint: "Name the folder that the images are in.",
      });
    }
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .filter(({ name }) => !name.startsWith(".") && hasImageExtension(name))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .sort((a, b) => (a < b ? -1 : 1));
    if (files.length === 0) throw noImages(folder, "received none");
    return files.map((file) => join(folder, file));
  } catch (error) {
    throw error instanceof EngineError ? error : pathError(folder, error);
  }
}

/**
 * Sort out files that are no images, by their headers. Damage further down shows when they are read.
 * @param files paths
 * @returns the readable ones in the same order
 * @throws EngineError "cancelled"
 */
export async function checkHeaders(
  files: readonly string[],
  signal?: AbortSignal,
): Promise<{ readable: string[]; skipped: SkippedFile[] }> {
  const reasons = new Array<string | undefined>(files.length);
  let next = 0;
  const worker = async () => {
    while (next < files.length) {
      throwIfAborted(signal, "Looking through the images");
      const i = next++;
      reasons[i] = await reasonToSkip(files[i]!);
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce }, worker));
  return {
    readable: files.filter((_, i) => reasons[i] === undefined),
    skipped: files.flatMap((file, i) => {
      const reason = reasons[i];
      return reason === undefined ? [] : [{ file, reason }];
    }),
  };
}

/** @throws nothing: returns the error for a folder without a readable image */
export function noImages(folder: string, received: string): EngineError {
  return new EngineError("data.empty", `${folder}: expected readable images, ${received}`, {
    hint: `Files are taken by their extensions, in folders below too: ${imageExtensions.join(", ")}.`,
  });
}

function hasImageExtension(name: string): boolean {
  return imageExtensions.includes(extname(name).slice(1).toLowerCase());
}

async function reasonToSkip(file: string): Promise<string | undefined> {
  try {
    if (await isPlainImage(await readHead(file))) return undefined;
    const bytes = await readFile(file);
    if (await isPlainImage(bytes)) return undefined;
    // What is not plain is decided by the decoder, which also has the words for a refusal.
    await decodeImage(bytes, basename(file));
    return undefined;
  } catch (error) {
    return (error instanceof EngineError ? error : pathError(file, error)).message;
  }
}

async function isPlainImage(bytes: Uint8Array): Promise<boolean> {
  if (bytes.length === 0) return false;
  // From memory: libvips remembers what it has read from a path, even when the file is another now.
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!header) return false;
  const { width, height, format } = header;
  const small = Math.max(width, height) <= maxSide && width * height <= maxPixels;
  return small && plainFormats.has(format);
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
