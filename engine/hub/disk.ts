/** Room on the disk, and what it says when it will not take more. */
import { statfs } from "node:fs/promises";
import path from "node:path";
import { diskRefusal } from "../files/disk-refusal.ts";
import { EngineError } from "../protocol/errors.ts";
import { formatBytes } from "./file-sizes.ts";

/** Free bytes where `folder` is or will be; undefined where the file system does not say. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const info = await statfs(at).catch(() => undefined);
    // Some network disks count nothing and answer 0 of 0.
    if (info) return info.blocks === 0 ? undefined : info.bavail * info.bsize;
    if (path.dirname(at) === at) return undefined;
  }
}

/** @throws EngineError "disk.full" */
export async function checkRoom(folder: string, neededBytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free === undefined || neededBytes <= free) return;
  throw new EngineError(
    "disk.full",
    `${folder}: ${formatBytes(neededBytes)} are still to come, and the disk has ${formatBytes(free)} free`,
    {
      hint: "Make room, or let HF_HUB_CACHE name a folder on another disk. Nothing was downloaded.",
    },
  );
}

/** What was thrown while a file of the cache was written, in the user's words. */
export function cacheRefusal(file: string, error: unknown): unknown {
  return diskRefusal(file, error, {
    full: "Make room and ask again: it goes on from where it ended.",
    unwritable: "Check that the folder's permissions let you write to it, or set HF_HUB_CACHE.",
  });
}
