/** The folder of a labelled set: what lies in it, named by relative paths that never lead out of it. */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, extname, isAbsolute, join, relative, sep } from "node:path";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";

export const pictureExtensions = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "avif", "gif"];

/** Long work on a folder: it can be ended, and says how far it is. */
export interface Reading {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

interface Entries {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

const filesAtOnce = 16;

/** Every path is relative to the folder and has forward slashes. Hidden files are not seen. */
export class LabelFolder {
  private readonly known = new Map<string, Promise<Entries>>();

  private constructor(readonly path: string) {}

  /** @throws EngineError "path.missing", "path.unreadable" */
  static async open(path: string): Promise<LabelFolder> {
    const found = await stat(path).catch((error: unknown) => {
      throw pathError(path, error);
    });
    if (!found.isDirectory()) {
      throw new EngineError("path.unreadable", `${path}: expected a folder, found a file`, {
        hint: "Name the folder that holds the images and their labels.",
      });
    }
    return new LabelFolder(path);
  }

  /** Where a file lies, for reading it and for messages. */
  at(inside: string): string {
    return join(this.path, inside);
  }

  /** Names of files and folders in one folder, by code units; none where there is no such folder. */
  entries(inside = ""): Promise<Entries> {
    let entries = this.known.get(inside);
    if (!entries) this.known.set(inside, (entries = this.readEntries(inside)));
    return entries;
  }

  async hasFile(inside: string): Promise<boolean> {
    const { files } = await this.entries(parentOf(inside));
    return files.includes(basename(inside));
  }

  async hasFolder(inside: string): Promise<boolean> {
    const { folders } = await this.entries(parentOf(inside));
    return folders.includes(basename(inside));
  }

  /** Whether a folder holds a file of these extensions itself, not only further down. */
  async holds(inside: string, extensions: readonly string[]): Promise<boolean> {
    return (await this.entries(inside)).files.some((file) => hasExtension(file, extensions));
  }

  /**
   * Every file of these extensions below a folder of this folder.
   * @returns paths relative to `inside`, in the order of their code units: the same on any machine
   */
  async filesBelow(inside: string, extensions: readonly string[]): Promise<string[]> {
    const start = this.at(inside);
    try {
      const entries = await readdir(start, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() || entry.isSymbolicLink())
        .map((entry) => relative(start, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((file) => hasExtension(file, extensions) && !/(^|\/)\./.test(file))
        .sort(byCodeUnits);
    } catch (error) {
      throw pathError(start, error);
    }
  }

  /**
   * What identifies the files for a cache: their paths, sizes and times.
   * @param purpose what else the result depends on: the layout and the task
   * @throws EngineError "path.missing" for a file that is not there, "cancelled"
   */
  async fingerprint(purpose: string, used: Iterable<string>, reading: Reading): Promise<string> {
    const files = [...new Set(used)].sort(byCodeUnits);
    const lines = new Array<string>(files.length);
    let next = 0;
    let done = 0;
    const worker = async () => {
      while (next < files.length) {
        throwIfAborted(reading.signal, `Looking through ${this.path}`);
        const i = next++;
        const { size, mtimeMs } = await this.statFile(files[i]!);
        lines[i] = `${files[i]!}\0${size}\0${Math.round(mtimeMs)}\n`;
        reading.onProgress?.(++done, files.length);
      }
    };
    await Promise.all(Array.from({ length: filesAtOnce }, worker));
    const hash = createHash("sha256").update(`${purpose}\n`);
    for (const line of lines) hash.update(line);
    return hash.digest("hex");
  }

  private async statFile(inside: string): Promise<{ size: number; mtimeMs: number }> {
    const path = this.at(inside);
    return stat(path).catch((error: unknown) => {
      throw pathError(path, error);
    });
  }

  private async readEntries(inside: string): Promise<Entries> {
    const path = this.at(inside);
    const files: string[] = [];
    const folders: string[] = [];
    try {
      for (const entry of await readdir(path, { withFileTypes: true })) {
        if (entry.name.startsWith(".")) continue;
        // A link is whatever it leads to: data sets are often linked together from other disks.
        const isFolder = entry.isSymbolicLink()
          ? ((await stat(join(path, entry.name)).catch(() => undefined))?.isDirectory() ?? false)
          : entry.isDirectory();
        (isFolder ? folders : files).push(entry.name);
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") throw pathError(path, error);
    }
    return { files: files.sort(byCodeUnits), folders: folders.sort(byCodeUnits) };
  }
}

/**
 * A path that a list or an annotation names, checked before anything is opened.
 * @param source the file that names it, for the message
 * @throws EngineError "config.invalid" for a path that is absolute or climbs out of its folder
 */
export function insidePath(path: string, source: string): string {
  const parts = path.split(/[/\\]/);
  const leaves = isAbsolute(path) || /^[a-z]:/i.test(path) || /^[/\\]/.test(path);
  if (path !== "" && !leaves && !parts.includes("..") && !path.includes("\0")) {
    return parts.filter((part) => part !== "" && part !== ".").join("/");
  }
  throw new EngineError(
    "config.invalid",
    `${source}: expected paths that stay inside the folder, received ${JSON.stringify(path)}`,
    { hint: 'Write paths relative to the folder, without a leading slash and without "..".' },
  );
}

/** "kitchen/0001" for "kitchen/0001.png". */
export function stemOf(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

export function hasExtension(file: string, extensions: readonly string[]): boolean {
  return extensions.includes(extname(file).slice(1).toLowerCase());
}

export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function pathError(path: string, cause: unknown): EngineError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new EngineError("path.missing", `${path}: no such file or folder`, { cause });
  }
  return new EngineError("path.unreadable", `${path}: cannot be read: ${code ?? String(cause)}`, {
    cause,
  });
}

function parentOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "" : path.slice(0, end);
}
