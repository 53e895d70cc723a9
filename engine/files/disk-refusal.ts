/** What a disk says when it will not take a file, in the user's words. */
import { EngineError } from "../protocol/errors.ts";

/** What to do about it, where there is more to say than the usual. */
export interface DiskHints {
  readonly full?: string;
  readonly unwritable?: string;
}

/**
 * What was thrown while `path` was written. Refusals keep their words, except that a full disk is
 * always told as one; bugs stay bugs.
 *
 * @returns what to throw: EngineError "disk.full" or "path.unwritable" for what the system said
 */
export function diskRefusal(path: string, error: unknown, hints: DiskHints = {}): unknown {
  if (error instanceof EngineError && error.code === "disk.full") return error;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? cause.code : undefined;
    if (code === "ENOSPC" || code === "EDQUOT") {
      return new EngineError("disk.full", `${path}: cannot be written: the disk is full`, {
        hint: hints.full ?? "Make room, and try again; nothing half-written is left.",
        cause: error,
      });
    }
  }
  if (error instanceof EngineError || !(error instanceof Error && "syscall" in error)) return error;
  return new EngineError("path.unwritable", `${path}: cannot be written: ${error.message}`, {
    hint:
      hints.unwritable ??
      "Check that the folder exists and that its permissions let you write to it.",
    cause: error,
  });
}

/** Do what writes `path`. @throws {@link diskRefusal} of what it throws */
export async function writing<T>(
  path: string,
  work: () => Promise<T>,
  hints?: DiskHints,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskRefusal(path, error, hints);
  }
}
