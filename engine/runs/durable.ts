/**
 * Files of a run that outlive a crash of the machine, and what a disk says when it will not take
 * them. Nothing of a run is written under its own name: beside it first, then renamed.
 */
import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EngineError } from "../protocol/errors.ts";

/** A name beside `path` that every reader passes over: hidden, and with ".tmp" at its end. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/** Whether {@link temporaryName} made it. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith(".") && name.endsWith(".tmp");
}

/**
 * Write a small text whole or not at all; what was there is replaced.
 * @throws EngineError "disk.full", "path.unwritable"
 */
export async function writeText(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // The first error is the one to report.
    throw diskRefusal(path, error);
  }
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeText(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Make a rename in this folder last. Windows and some network disks cannot, and need not. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (!handle) return;
  await handle.sync().catch(() => {});
  await handle.close();
}

/**
 * What was thrown while `path` was written, in the user's words. Refusals keep theirs, except that a
 * full disk is always told as one; bugs stay bugs.
 */
export function diskRefusal(path: string, error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? cause.code : undefined;
    if (code === "ENOSPC" || code === "EDQUOT") {
      return new EngineError("disk.full", `${path}: cannot be written: the disk is full`, {
        hint: "Make room, or lower keepLast; what was saved before is untouched, and the run resumes from it.",
        cause: error,
      });
    }
  }
  if (error instanceof EngineError || !(error instanceof Error && "syscall" in error)) return error;
  return new EngineError("path.unwritable", `${path}: cannot be written: ${error.message}`, {
    hint: "Check that the folder exists and that its permissions let you write to it.",
    cause: error,
  });
}
