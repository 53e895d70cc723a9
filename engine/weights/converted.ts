/**
 * Copies of tensors that cannot be used where they lie: written once, as safetensors in the user's
 * cache, by what they were made from, and removed again when others need the room.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, statfs, utimes } from "node:fs/promises";
import { join } from "node:path";
import envPaths from "env-paths";
import { assemble } from "../checkpoints/assemble.ts";
import { toUsable } from "../checkpoints/decode-floats.ts";
import { usableDtype } from "../checkpoints/stored-dtypes.ts";
import type { FileStretch, StoredTensor } from "../checkpoints/stored-tensor.ts";
import type { StoredDtype } from "../executors/executor.ts";
import { storedBytes } from "../executors/float-formats.ts";
import { EngineError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/tensor.ts";
import { readSafetensors, type SafetensorsFile } from "./safetensors.ts";
import { writeSafetensors } from "./write-safetensors.ts";

/** A stretch of a file that parameters may be read from. */
export interface StoredStretch extends FileStretch {
  readonly dtype: StoredDtype;
}

/** Raised when the same tensors become another file. */
const version = 1;
/** Copies beyond this are removed, the longest unused first. */
const maxCacheBytes = 40 * 2 ** 30;
/** Copies in use may not be removed; who used one is asked for another an hour later. */
const inUseMs = 3_600_000;
/** What has to stay free on the disk. */
const spareBytes = 2 ** 30;

/** Where the system keeps what can be computed again; GRAMSCOPE_CACHE puts it elsewhere. */
export function convertedFolder(): string {
  const cache = process.env["GRAMSCOPE_CACHE"] ?? envPaths("gramscope", { suffix: "" }).cache;
  return join(cache, "converted");
}

/**
 * @param tensors of floating point, distinct
 * @returns where each lies in the copy
 * @throws EngineError "weights.format", "disk.full", "path.unwritable"
 */
export async function convertTensors(
  tensors: readonly StoredTensor[],
): Promise<Map<StoredTensor, StoredStretch>> {
  const folder = convertedFolder();
  const path = join(folder, `${await keyOf(tensors)}.safetensors`);
  const known = await readKnown(path);
  if (!known) await write(path, folder, tensors);
  const file = known ?? (await readSafetensors(path));
  return new Map(
    tensors.map((tensor, i) => {
      const { byteOffset, byteLength, dtype } = file.tensors.get(String(i))!;
      return [tensor, { path: file.path, byteOffset, byteLength, dtype: dtype as StoredDtype }];
    }),
  );
}

async function write(
  path: string,
  folder: string,
  tensors: readonly StoredTensor[],
): Promise<void> {
  const needed = tensors.reduce((sum, { dtype, shape }) => {
    return sum + elementCount(shape) * storedBytes[usableDtype[dtype]!];
  }, 0);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new EngineError("path.unwritable", `${folder}: cannot be made: ${String(error)}`, {
      hint: "These weights must be converted to be used; set GRAMSCOPE_CACHE to a folder for that.",
    });
  }
  await makeRoom(folder, needed);
  await writeSafetensors(
    path,
    tensors.map((tensor, i) => ({
      name: String(i),
      dtype: usableDtype[tensor.dtype]!,
      shape: tensor.shape,
      data: async () => toUsable(await assemble(tensor), tensor.dtype).data,
    })),
  );
}

/** A copy of the same tensors from before. */
async function readKnown(path: string): Promise<SafetensorsFile | undefined> {
  try {
    const file = await readSafetensors(path);
    await utimes(path, new Date(), new Date()); // So that it counts as used.
    return file;
  } catch {
    return undefined; // Absent, or damaged and written over.
  }
}

/** By where every piece lies and when those files last changed. */
async function keyOf(tensors: readonly StoredTensor[]): Promise<string> {
  const hash = createHash("sha256").update(String(version));
  const paths = new Set<string>();
  for (const tensor of tensors) {
    for (const piece of await tensor.pieces()) {
      const { bytes, ...rest } = piece;
      if (bytes.kind === "memory") hash.update(bytes.bytes);
      else paths.add(bytes.path);
      const place = bytes.kind === "memory" ? {} : bytes;
      hash.update(JSON.stringify([tensor.name, tensor.dtype, tensor.shape, place, rest]));
    }
  }
  for (const path of paths) {
    const { size, mtimeMs, ino } = await stat(path);
    hash.update(JSON.stringify([path, size, mtimeMs, ino]));
  }
  return hash.digest("hex").slice(0, 32);
}

/** @throws EngineError "disk.full" */
async function makeRoom(folder: string, needed: number): Promise<void> {
  const copies: { path: string; size: number; usedMs: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() === true) copies.push({ path, size: info.size, usedMs: info.mtimeMs });
  }
  copies.sort((a, b) => a.usedMs - b.usedMs);
  let total = needed + copies.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size, usedMs } of copies) {
    const isFull = total > maxCacheBytes || (await freeBytes(folder)) < needed + spareBytes;
    if (!isFull || Date.now() - usedMs < inUseMs) break;
    await rm(path, { force: true });
    total -= size;
  }
  const free = await freeBytes(folder);
  if (free >= needed + spareBytes) return;
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;
  throw new EngineError(
    "disk.full",
    `${folder}: these weights must be converted, which takes ${gigabytes(needed)}; ${gigabytes(free)} are free`,
    { hint: "Make room, or set GRAMSCOPE_CACHE to a folder on another disk." },
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
