/** Files of an export with their sizes and checksums, and the mark in the name of one that failed. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, rename, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import type { ExportParity } from "../protocol/exporting.ts";

/** In the name of what did not reach its bar: no loader finds it by its usual name. */
export const failedMark = "-FAILED-PARITY";

/** @param names from the folder, with forward slashes */
export async function describeFiles(
  folder: string,
  names: readonly string[],
): Promise<ExportParity["files"]> {
  const described: ExportParity["files"] = [];
  for (const name of names) {
    const path = join(folder, name);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Uint8Array);
    }
    described.push({ name, bytes: (await stat(path)).size, sha256: hash.digest("hex") });
  }
  return described;
}

/**
 * "onnx/model_q4.onnx" becomes "onnx/model_q4-FAILED-PARITY.onnx". Weights beside it keep their name,
 * because the file calls them by it.
 * @returns the new name, from the folder
 */
export async function markFailed(folder: string, file: string): Promise<string> {
  const { dir, name, ext } = posix.parse(file);
  const marked = posix.join(dir, `${name}${failedMark}${ext}`);
  await rename(join(folder, file), join(folder, marked));
  return marked;
}

/** Every file below a folder with its bytes, by its path from the folder. */
export async function listFiles(folder: string): Promise<{ name: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: { name: string; bytes: number }[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1).replaceAll("\\", "/");
    files.push({ name, bytes: (await stat(path)).size });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}
