/** What a repository holds at a revision, and of its files the size and the checksum. */
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { formatBytes } from "./file-sizes.ts";
import { commitPattern } from "./repository.ts";
import type { HubRequests } from "./requests.ts";

export interface Listing {
  /** The commit that the revision stands for now. */
  readonly commit: string;
  /** Paths inside the repository, checked to lead nowhere else. */
  readonly files: readonly string[];
}

/** A file as the Hub stores it. */
export interface RemoteFile {
  readonly name: string;
  readonly sizeBytes: number;
  /**
   * Its name among the cache's blobs, and its checksum: the SHA-256 of the bytes for files in LFS, 64
   * digits; git's SHA-1 of the blob for others, 40 digits.
   */
  readonly etag: string;
}

const answer = z.object({
  sha: z.string().regex(commitPattern),
  siblings: z.array(z.object({ rfilename: z.string().max(4096) })),
});

/** @throws EngineError "hub.denied", "hub.missing", "hub.unreachable", "hub.damaged" */
export async function listRepository(requests: HubRequests): Promise<Listing> {
  const { id, revision } = requests.repository;
  const json = await requests.json(`/api/models/${id}/revision/${encodeURIComponent(revision)}`);
  const parsed = answer.safeParse(json);
  if (!parsed.success) throw requests.nonsense("a listing without its commit or its files");
  const { sha, siblings } = parsed.data;
  if (commitPattern.test(revision) && sha !== revision) {
    throw requests.nonsense(`the files of ${sha} for ${revision}`);
  }
  const files = siblings.map(({ rfilename }) => rfilename);
  const escaping = files.find((name) => !isInside(name));
  if (escaping !== undefined) {
    throw new EngineError(
      "hub.damaged",
      `${id}: its list of files names ${JSON.stringify(escaping.slice(0, 200))}, which leads out of the repository`,
      { hint: "Nothing was written. No repository has such a file unless it was made to deceive." },
    );
  }
  return { commit: sha, files };
}

/** Relative, by plain names, on every system. */
function isInside(name: string): boolean {
  // Of Windows: other separators, drives and streams.
  if (/[\\:\0]/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/**
 * @param mostBytes that such a file may have
 * @throws EngineError as listRepository; "hub.damaged" for a checksum of no known kind
 */
export async function describeFile(
  requests: HubRequests,
  commit: string,
  name: string,
  mostBytes: number,
): Promise<RemoteFile> {
  const { id } = requests.repository;
  const headers = await requests.head(filePath(id, commit, name));
  const said = headers.get("x-repo-commit");
  if (said !== undefined && said !== commit) {
    throw requests.nonsense(`${name} of ${said.slice(0, 60)} for ${commit}`);
  }
  const etag = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "")
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(etag)) {
    throw requests.nonsense(`${name} without a checksum that could be compared`);
  }
  const length = headers.get("x-linked-size") ?? headers.get("content-length") ?? "";
  const sizeBytes = /^\d{1,15}$/.test(length) ? Number(length) : NaN;
  if (Number.isNaN(sizeBytes)) throw requests.nonsense(`${name} without its size`);
  if (sizeBytes > mostBytes) {
    throw requests.nonsense(
      `a ${name} of ${formatBytes(sizeBytes)}, where ${formatBytes(mostBytes)} is much`,
    );
  }
  return { name, sizeBytes, etag };
}

/** Below the endpoint. */
export function filePath(id: string, commit: string, name: string): string {
  return `/${id}/resolve/${commit}/${name.split("/").map(encodeURIComponent).join("/")}`;
}
