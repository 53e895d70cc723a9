/** Paths in a session: relative where a copy of the folder would keep them true, absolute elsewhere. */
import nodePath, { posix, win32, type PlatformPath } from "node:path";

/** Both have a name that neither system has on a disk. */
const isName = (path: string) => /^(hf|box):/.test(path);

/**
 * A path as a session beside it writes it: from the session's folder, with forward slashes, where it
 * lies in that folder or in the one around it; else as it is.
 * @param folder of the session, absolute
 * @param path   absolute, or a name with "hf:" or "box:", which stays
 */
export function written(folder: string, path: string, system: PlatformPath = nodePath): string {
  if (isName(path)) return path;
  const around = system.dirname(folder);
  const isRoot = system.dirname(around) === around;
  const relative = system.relative(folder, path);
  if (relative === "" || system.isAbsolute(relative)) return path;
  const [first, second] = relative.split(system.sep);
  const isNear = first !== ".." || (!isRoot && second !== "..");
  return isNear ? relative.split(system.sep).join("/") : path;
}

/**
 * The path that is meant, absolute.
 * @returns undefined for one of another system, which cannot be here
 */
export function resolved(
  folder: string,
  path: string,
  system: PlatformPath = nodePath,
): string | undefined {
  if (isName(path) || system.isAbsolute(path)) return path;
  if (posix.isAbsolute(path) || win32.isAbsolute(path)) return undefined;
  return system.resolve(folder, ...path.split("/"));
}

/** A share of the network: Windows would tell its server who asks, so a file may not make it. */
export const isShare = (path: string): boolean => /^[\\/]{2}/.test(path);

/**
 * Where a file would be that moved together with another one.
 * @param told  where both were, of either system
 * @param found where the first is now
 * @returns guesses, the one that shares most with it first; none where they had no folder in common
 */
export function guessed(told: string, found: string, other: string): string[] {
  const [before, now, wanted] = [told, found, other].map((path) => path.split(/[\\/]/));
  const guesses: string[] = [];
  for (let shared = 1; shared < Math.min(before!.length, now!.length); shared++) {
    const folder = before!.slice(0, -shared);
    // Everything lies below the root, or on the drive.
    if (folder.length < 2) break;
    if (folder.every((part, index) => wanted![index] === part)) {
      const separator = found.includes("\\") ? "\\" : "/";
      guesses.push([...now!.slice(0, -shared), ...wanted!.slice(folder.length)].join(separator));
    }
    // Further up they are one move only while the names still agree.
    if (before!.at(-shared) !== now!.at(-shared)) break;
  }
  return [...new Set(guesses)];
}
