/**
 * What a model or a photograph is by its content. Of a photograph all bytes count. Of a model, which
 * may have 25 GB, these do: the settings beside it whole, and of every file of weights its size, its
 * header (safetensors: all of it; else the first MiB) and 64 blocks of 64 KiB spread over the rest.
 * Weights that were trained on differ in all blocks; a change of single bytes between them stays unseen.
 */
import { createHash, type Hash } from "node:crypto";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Contents } from "../protocol/session-file.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { locateModel, type ModelPlace } from "../weights/locate-model.ts";

const settingNames = ["config.json", "preprocessor_config.json", "config.yaml"];
const blocks = 64;
const blockBytes = 2 ** 16;
const startBytes = 2 ** 20;
/** What is smaller is read whole. */
const wholeBytes = startBytes + blocks * blockBytes;
/** The format's own limit. */
const maxHeaderBytes = 100_000_000;
const mostSettingBytes = 2 ** 24;

export function contentsOf(bytes: Uint8Array): Contents {
  return {
    sha256: createHash("sha256").update(bytes).digest("hex"),
    sizeBytes: bytes.byteLength,
  };
}

/**
 * @param path as model.open takes it, but for names of the Hub
 * @throws EngineError "path.missing", "path.unreadable", "weights.format", "cancelled"
 */
export async function fingerprintModel(path: string, signal?: AbortSignal): Promise<Contents> {
  const place = await locateModel(path);
  const hash = createHash("sha256").update(`model 1 ${place.network ?? ""}\n`);
  for (const name of settingNames) {
    const file = join(place.directory, name);
    const info = await stat(file).catch(() => undefined);
    if (!info?.isFile() || info.size > mostSettingBytes) continue;
    hash.update(`${name} ${info.size}\n`).update(await readFile(file));
  }
  let sizeBytes = 0;
  for (const file of await weightFiles(place)) {
    throwIfAborted(signal, "Looking at the model");
    sizeBytes += await addWeights(hash, file);
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}

/** Absolute, sorted by name. */
async function weightFiles({ weights, kind }: ModelPlace): Promise<string[]> {
  const info = await stat(weights);
  if (info.isDirectory()) {
    const entries = await readdir(weights, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    return files.sort().map((name) => join(weights, name));
  }
  if (kind !== "index") return [weights];
  if (info.size > maxHeaderBytes) throw unread(weights, "a far larger file than an index is");
  const text = await readFile(weights, "utf8");
  let map: unknown;
  try {
    map = (JSON.parse(text) as { weight_map?: unknown }).weight_map;
  } catch {
    throw unread(weights, "something that is no JSON");
  }
  const names = typeof map === "object" && map !== null ? Object.values(map) : [];
  const shards = names.filter((name) => typeof name === "string" && name === basename(name));
  const folder = dirname(weights);
  return [weights, ...[...new Set(shards as string[])].sort().map((name) => join(folder, name))];
}

/** @returns its size in bytes */
async function addWeights(hash: Hash, path: string): Promise<number> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw unread(path, error instanceof Error ? error.message : String(error));
  });
  try {
    const { size } = await handle.stat();
    hash.update(`${basename(path)} ${size}\n`);
    const add = async (from: number, length: number) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - from)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
      hash.update(buffer.subarray(0, bytesRead));
      return buffer;
    };
    if (size <= wholeBytes) {
      await add(0, size);
      return size;
    }
    const first = await add(0, startBytes);
    const told = path.endsWith(".safetensors") ? Number(first.readBigUInt64LE(0)) + 8 : 0;
    const header = Math.min(told, maxHeaderBytes, size);
    if (header > startBytes) await add(startBytes, header - startBytes);
    const from = Math.max(startBytes, header);
    const last = size - blockBytes;
    for (let i = 0; i < blocks; i++) {
      await add(Math.floor(from + ((last - from) * i) / (blocks - 1)), blockBytes);
    }
    return size;
  } finally {
    await handle.close();
  }
}

const unread = (path: string, received: string) =>
  new EngineError("path.unreadable", `${path}: expected weights to look at, received ${received}`);
