/** A repository of the Hub to a model directory on this disk: what is missing is downloaded, and checked. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import type { HubAccess } from "./access.ts";
import { downloadBlob, incompleteBytes } from "./blob-download.ts";
import { RepositoryCache } from "./cache.ts";
import { chooseFiles, mostBytesOf, mostBytesOfText } from "./choose-files.ts";
import { checkRoom } from "./disk.ts";
import { formatBytes } from "./file-sizes.ts";
import { describeFile, listRepository, type RemoteFile } from "./listing.ts";
import type { Repository } from "./repository.ts";
import { HubRequests, usualLimits, type RequestLimits } from "./requests.ts";

export interface GetOptions {
  readonly signal: AbortSignal;
  /** @param fraction 0..1 of the bytes to come; remainingMs once it can be told */
  readonly progress: (fraction: number, label: string, remainingMs?: number) => void;
  readonly limits?: RequestLimits | undefined;
}

export interface GotModel {
  /** What to open: the snapshot's folder, or a file in it. */
  readonly path: string;
  readonly repository: Repository;
  readonly commit: string;
  readonly files: readonly string[];
  /** Of all files together. */
  readonly sizeBytes: number;
  /** Of that, what came over the network now. */
  readonly downloadedBytes: number;
  /** Why the Hub was not asked, or could not be. */
  readonly note?: string | undefined;
}

/** Questions about files at once. */
const questionsAtOnce = 4;

/**
 * A download that is cancelled or lost keeps what came, and the next goes on from there.
 * @throws EngineError "hub.denied", "hub.missing", "hub.unreachable", "hub.damaged"; "model.unknown"
 *   where it holds no weights that are read; "disk.full", "path.unwritable"; "cancelled"
 */
export async function getModel(
  repository: Repository,
  access: HubAccess,
  options: GetOptions,
): Promise<GotModel> {
  const cache = new RepositoryCache(access.cacheFolder, repository);
  if (access.isOffline) {
    const found = await findCached(repository, access.cacheFolder);
    if (found) return { ...found, note: "Offline: the Hub was not asked." };
    throw new EngineError("hub.unreachable", `${repository.id}: it is not in ${cache.folder}`, {
      hint: "HF_HUB_OFFLINE forbids asking the Hub: unset it, or bring the folder from another machine.",
    });
  }
  const limits = options.limits ?? usualLimits;
  const requests = new HubRequests(access, repository, options.signal, limits);
  options.progress(0, `Asking about ${repository.id}`);
  const listing = await listRepository(requests).catch(async (error: unknown) => {
    const isAway = error instanceof EngineError && error.code === "hub.unreachable";
    const found = isAway ? await findCached(repository, access.cacheFolder) : undefined;
    if (!found) throw error;
    return { ...found, note: `${(error as EngineError).message}; what was there is used.` };
  });
  if ("path" in listing) return listing;
  const { commit } = listing;
  const chosen = chooseFiles(listing.files, repository);
  const names = [...chosen.others, ...chosen.weights];
  const files = await describeAll(requests, commit, names);
  await cache.prepare(commit);
  const downloadedBytes = await downloadMissing(requests, cache, { commit, files }, options);
  await cache.setCommit(repository.revision, commit);
  return {
    path: path.join(cache.snapshot(commit), chosen.entry),
    repository,
    commit,
    files: names,
    sizeBytes: total(files),
    downloadedBytes,
  };
}

/** A model that is in the cache already, as far as can be told without the Hub. */
export async function findCached(
  repository: Repository,
  cacheFolder: string,
): Promise<GotModel | undefined> {
  const cache = new RepositoryCache(cacheFolder, repository);
  const commit = await cache.commitOf(repository.revision);
  if (commit === undefined) return undefined;
  const names = await readdir(cache.snapshot(commit)).catch(() => []);
  let sizeBytes = 0;
  const whole: string[] = [];
  for (const name of names) {
    const file = await cache.resolve(commit, name);
    const info = file === undefined ? undefined : await stat(file).catch(() => undefined);
    if (info?.isFile() !== true) continue;
    sizeBytes += info.size;
    whole.push(name);
  }
  const chosen = tryChoosing(whole, repository);
  if (!chosen || !(await areShardsThere(cache, commit, chosen.weights))) return undefined;
  const entry = path.join(cache.snapshot(commit), chosen.entry);
  return { path: entry, repository, commit, files: whole, sizeBytes, downloadedBytes: 0 };
}

function tryChoosing(names: readonly string[], repository: Repository) {
  try {
    return chooseFiles(names, repository);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

const shardIndex = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Whether an index, where the weights have one, names only files that are there. */
async function areShardsThere(cache: RepositoryCache, commit: string, weights: readonly string[]) {
  const index = weights.find((name) => name.endsWith(".index.json"));
  if (index === undefined) return true;
  const file = path.join(cache.snapshot(commit), index);
  const info = await stat(file);
  if (info.size > mostBytesOfText) return false;
  try {
    const { weight_map } = shardIndex.parse(JSON.parse(await readFile(file, "utf8")));
    return Object.values(weight_map).every((shard) => weights.includes(shard));
  } catch {
    return false; // What is damaged here is asked of the Hub again.
  }
}

async function describeAll(
  requests: HubRequests,
  commit: string,
  names: readonly string[],
): Promise<RemoteFile[]> {
  const files = new Array<RemoteFile>(names.length);
  let next = 0;
  const worker = async () => {
    while (next < names.length) {
      const i = next++;
      files[i] = await describeFile(requests, commit, names[i]!, mostBytesOf(names[i]!));
    }
  };
  await Promise.all(Array.from({ length: questionsAtOnce }, worker));
  return files;
}

/** @returns how many bytes came */
async function downloadMissing(
  requests: HubRequests,
  cache: RepositoryCache,
  { commit, files }: { commit: string; files: readonly RemoteFile[] },
  { signal, progress, limits = usualLimits }: GetOptions,
): Promise<number> {
  const missing: RemoteFile[] = [];
  let kept = 0;
  for (const file of files) {
    if (await cache.has(commit, file)) continue;
    if (await cache.hasBlob(file)) {
      await cache.place(commit, file, false);
      continue;
    }
    missing.push(file);
    kept += Math.min(file.sizeBytes, await incompleteBytes(cache.blob(file)));
  }
  const toCome = total(missing);
  await checkRoom(cache.folder, toCome - kept);
  const started = performance.now();
  let before = 0;
  let latest = 0;
  for (const file of missing) {
    const onBytes = (bytes: number) => {
      const done = before + bytes;
      latest = done;
      const elapsedMs = performance.now() - started;
      const isKnown = elapsedMs > 2000 && done > kept;
      const remainingMs = isKnown ? ((toCome - done) * elapsedMs) / (done - kept) : undefined;
      const label = `${file.name}: ${formatBytes(bytes)} of ${formatBytes(file.sizeBytes)}`;
      progress(toCome === 0 ? 1 : done / toCome, label, remainingMs);
    };
    const { retryMs } = limits;
    const blob = cache.blob(file);
    // Two names of the same bytes are one download.
    const isNew = !(await cache.hasBlob(file));
    if (isNew) await downloadBlob(requests, { commit, file, blob, signal, onBytes, retryMs });
    await cache.place(commit, file, isNew);
    before += file.sizeBytes;
  }
  return Math.max(0, latest - kept);
}

function total(files: readonly RemoteFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
