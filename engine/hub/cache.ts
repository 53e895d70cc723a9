/**
 * The cache of the Hub's own client, so that neither downloads what the other has: in
 * `models--org--name`, `blobs` named by checksum, `refs` from revision to commit, and `snapshots` of
 * links into the blobs.
 */
import { randomBytes } from "node:crypto";
import { copyFile, lstat, mkdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { cacheRefusal } from "./disk.ts";
import type { RemoteFile } from "./listing.ts";
import { commitPattern, type Repository } from "./repository.ts";

export class RepositoryCache {
  readonly folder: string;

  constructor(cacheFolder: string, repository: Repository) {
    this.folder = path.join(cacheFolder, `models--${repository.id.replace("/", "--")}`);
  }

  snapshot(commit: string): string {
    return path.join(this.folder, "snapshots", commit);
  }

  blob({ etag }: RemoteFile): string {
    return path.join(this.folder, "blobs", etag);
  }

  /** The commit that a revision stood for when it was last asked for. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (commitPattern.test(revision)) return revision;
    const file = path.join(this.folder, "refs", ...revision.split("/"));
    const info = await stat(file).catch(() => undefined);
    if (info?.isFile() !== true || info.size > 100) return undefined;
    const text = (await readFile(file, "utf8").catch(() => "")).trim();
    return commitPattern.test(text) ? text : undefined;
  }

  /** @throws EngineError "path.unwritable", "disk.full" */
  async setCommit(revision: string, commit: string): Promise<void> {
    if (commitPattern.test(revision)) return;
    const file = path.join(this.folder, "refs", ...revision.split("/"));
    await writing(file, async () => {
      await mkdir(path.dirname(file), { recursive: true });
      await replaced(file, (temporary) => writeFile(temporary, commit, { flag: "wx" }));
    });
  }

  /**
   * Make the folders of a commit.
   * @throws EngineError "path.unwritable" where one of them is a link: what we write would land
   *   wherever it leads
   */
  async prepare(commit: string): Promise<void> {
    for (const parts of [["blobs"], ["refs"], ["snapshots"], ["snapshots", commit]]) {
      const folder = path.join(this.folder, ...parts);
      await writing(folder, () => mkdir(folder, { recursive: true }));
      if ((await lstat(folder)).isDirectory()) continue;
      throw new EngineError("path.unwritable", `${folder}: expected a folder, found a link`, {
        hint: "The Hub's client makes folders here. Move the whole cache with HF_HUB_CACHE instead, and remove the link.",
      });
    }
  }

  /** Whether the snapshot has the file, whole, and as the blob of its checksum where it is a link. */
  async has(commit: string, file: RemoteFile): Promise<boolean> {
    const pointer = path.join(this.snapshot(commit), file.name);
    const link = await lstat(pointer).catch(() => undefined);
    if (link === undefined) return false;
    if (!link.isSymbolicLink()) return link.isFile() && link.size === file.sizeBytes;
    const target = await realpath(pointer).catch(() => undefined);
    const blob = await realpath(this.blob(file)).catch(() => undefined);
    return target !== undefined && target === blob && (await this.hasBlob(file));
  }

  /** Whether the file is there, under the name of its checksum. */
  async hasBlob(file: RemoteFile): Promise<boolean> {
    const info = await lstat(this.blob(file)).catch(() => undefined);
    return info?.isFile() === true && info.size === file.sizeBytes;
  }

  /**
   * Let the snapshot have a file whose blob is there: as a link, or where the system has none as the
   * file itself.
   * @param isNew whether nothing else uses the blob, so that it can be moved
   * @throws EngineError "path.unwritable", "disk.full"
   */
  async place(commit: string, file: RemoteFile, isNew: boolean): Promise<void> {
    const pointer = path.join(this.snapshot(commit), file.name);
    const blob = this.blob(file);
    await writing(pointer, () =>
      replaced(pointer, async (temporary) => {
        try {
          await symlink(path.relative(path.dirname(pointer), blob), temporary);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
          // Windows lets only some users make links, some disks nobody.
          await (isNew ? rename(blob, temporary) : copyFile(blob, temporary));
        }
      }),
    );
  }

  /**
   * A file of a snapshot as it can be read.
   * @returns undefined where it is not there, or where a link leads out of the repository's folder
   */
  async resolve(commit: string, name: string): Promise<string | undefined> {
    const base = await realpath(this.folder).catch(() => undefined);
    const target = await realpath(path.join(this.snapshot(commit), name)).catch(() => undefined);
    if (base === undefined || target === undefined) return undefined;
    return target.startsWith(base + path.sep) ? target : undefined;
  }
}

/** Make a file or a link beside its place and put it there, over what was there. */
async function replaced(place: string, make: (temporary: string) => Promise<unknown>) {
  const temporary = `${place}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await make(temporary);
    await rename(temporary, place);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // The first error is the one to report.
    throw error;
  }
}

async function writing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw cacheRefusal(file, error);
  }
}
