/**
 * One file of the Hub into the cache: as `.incomplete` first, from where an earlier attempt ended,
 * and under its checksum's name only when the checksum is that of the bytes.
 */
import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { cacheRefusal } from "./disk.ts";
import { filePath, type RemoteFile } from "./listing.ts";
import type { Answer, HubRequests } from "./requests.ts";

export interface BlobDownload {
  readonly commit: string;
  readonly file: RemoteFile;
  /** Where it is to lie in the end. */
  readonly blob: string;
  readonly signal: AbortSignal;
  /** Bytes of the file that are on the disk; goes back where a part turns out to be wrong. */
  readonly onBytes: (bytes: number) => void;
  /** Before a lost connection is taken up again, in milliseconds; doubled each time. */
  readonly retryMs: number;
}

/** Lost connections in a row that brought nothing. */
const maxFruitless = 4;

export function incompletePath(blob: string): string {
  return `${blob}.incomplete`;
}

/** Bytes that an earlier attempt left. */
export async function incompleteBytes(blob: string): Promise<number> {
  const info = await lstat(incompletePath(blob)).catch(() => undefined);
  return info?.isFile() === true ? info.size : 0;
}

/**
 * @throws EngineError "hub.damaged" for wrong bytes, of which nothing is kept; "hub.unreachable" and
 *   "cancelled" with what came kept; "disk.full", "path.unwritable"
 */
export async function downloadBlob(requests: HubRequests, download: BlobDownload): Promise<void> {
  const { blob, file } = download;
  const kept = await incompleteBytes(blob);
  if (kept > file.sizeBytes) await rm(incompletePath(blob));
  const isWhole = await fetchWhole(requests, download);
  if (isWhole) return;
  // Perhaps the fault was in what another attempt, or another program, had left there.
  if (kept > 0 && (await fetchWhole(requests, download))) return;
  throw new EngineError(
    "hub.damaged",
    `${requests.repository.id}, ${file.name}: the checksum of what came is not ${file.etag}`,
    {
      hint: "Nothing of it was kept. Try again; if it happens again, something on the way changes it.",
    },
  );
}

/** @returns false where the checksum is wrong; then nothing is kept */
async function fetchWhole(requests: HubRequests, download: BlobDownload): Promise<boolean> {
  const { blob, file } = download;
  const partial = incompletePath(blob);
  let handle: FileHandle | undefined;
  try {
    // A link there would have us write to wherever it leads. Windows has no such flag, and few links.
    const { O_NOFOLLOW: noFollow = 0 } = constants as { O_NOFOLLOW?: number };
    handle = await open(partial, constants.O_RDWR | constants.O_CREAT | noFollow, 0o644);
    if (!(await handle.stat()).isFile()) throw inTheWay(partial);
    const digest = await fill(handle, requests, download);
    if (digest !== file.etag) {
      await handle.close();
      handle = undefined;
      await rm(partial, { force: true });
      return false;
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(partial, blob).catch(async (error: unknown) => {
      // Another process may have been at the same, and first.
      const there = await stat(blob).catch(() => undefined);
      if (there?.size !== file.sizeBytes) throw error;
    });
    return true;
  } catch (error) {
    throw cacheRefusal(partial, error);
  } finally {
    await handle?.close().catch(() => {}); // The first error is the one to report.
  }
}

/** @returns the checksum of the file, which is as long as it should be then */
async function fill(
  handle: FileHandle,
  requests: HubRequests,
  { commit, file, signal, onBytes, retryMs }: BlobDownload,
): Promise<string> {
  let hash = checksumOf(file);
  let at = await hashKept(handle, hash, file, signal);
  onBytes(at);
  let furthest = at;
  for (let fruitless = 0; at < file.sizeBytes;) {
    try {
      const answer = await requests.body(filePath(requests.repository.id, commit, file.name), at);
      const start = startOf(answer, at, file, requests);
      if (start !== at) {
        // The server does not do parts: from the start again, over what is there.
        hash = checksumOf(file);
        at = 0;
        if (start === undefined) continue;
      }
      for await (const piece of answer.pieces()) {
        if (at + piece.length > file.sizeBytes) throw tooLong(requests, file);
        await writeAt(handle, piece, at);
        hash.update(piece);
        at += piece.length;
        onBytes(at);
      }
      if (at < file.sizeBytes) throw cutShort(requests, file, at);
    } catch (error) {
      const isLost = error instanceof EngineError && error.code === "hub.unreachable";
      if (!isLost) throw error;
      // From the start again and again is no progress either.
      fruitless = at > furthest ? 1 : fruitless + 1;
      furthest = Math.max(furthest, at);
      if (fruitless > maxFruitless) throw error;
      await sleep(retryMs * 2 ** (fruitless - 1), undefined, { signal }).catch(() => {});
      throwIfAborted(signal, `Getting ${requests.repository.id}`);
    }
  }
  return hash.digest("hex");
}

/** SHA-256 of the bytes, or what git names a blob by: SHA-1 of its kind, its length and its bytes. */
export function checksumOf({ etag, sizeBytes }: RemoteFile): Hash {
  if (etag.length === 64) return createHash("sha256");
  return createHash("sha1").update(`blob ${sizeBytes}\0`);
}

/** @returns how many bytes an earlier attempt left */
async function hashKept(
  handle: FileHandle,
  hash: Hash,
  { sizeBytes }: RemoteFile,
  signal: AbortSignal,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(2 ** 20);
  for (let at = 0; ;) {
    throwIfAborted(signal, "Getting a model");
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, sizeBytes - at), at);
    if (bytesRead === 0) return at;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** @returns the offset at which the body begins; undefined where the part that is there is no part */
function startOf(
  { response }: Answer,
  asked: number,
  file: RemoteFile,
  requests: HubRequests,
): number | undefined {
  const { status, headers } = response;
  // Of what a proxy packs, the length is that of the pack.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  const lengthIs = (expected: number) => length === null || Number(length) === expected;
  if (status === 416 && asked > 0) return undefined;
  if (status === 200) {
    if (!lengthIs(file.sizeBytes)) throw wrongLength(requests, file, length);
    return 0;
  }
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(
    headers.get("content-range") ?? "",
  );
  const isAsked =
    status === 206 &&
    range !== null &&
    Number(range[1]) === asked &&
    Number(range[2]) === file.sizeBytes - 1 &&
    (range[3] === "*" || Number(range[3]) === file.sizeBytes);
  if (!isAsked) throw requests.nonsense(`another part of ${file.name} than was asked for`);
  if (!lengthIs(file.sizeBytes - asked)) throw wrongLength(requests, file, length);
  return asked;
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

function inTheWay(partial: string): EngineError {
  return new EngineError("path.unwritable", `${partial}: expected a file, found something else`, {
    hint: "Remove it.",
  });
}

function wrongLength(requests: HubRequests, file: RemoteFile, received: string | null) {
  return requests.nonsense(`${received} bytes of ${file.name}, which has ${file.sizeBytes}`);
}

function tooLong(requests: HubRequests, file: RemoteFile): EngineError {
  return requests.nonsense(`more than the ${file.sizeBytes} bytes of ${file.name}`);
}

function cutShort(requests: HubRequests, file: RemoteFile, at: number): EngineError {
  return new EngineError(
    "hub.unreachable",
    `${requests.repository.id}, ${file.name}: the download ends after ${at} of ${file.sizeBytes} bytes`,
    { hint: "What came is kept: ask again, and it goes on from there." },
  );
}
