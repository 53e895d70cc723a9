/** `gramscope get`: a repository of the Hub into its usual cache. */
import { hubAccess } from "../hub/access.ts";
import { formatBytes } from "../hub/file-sizes.ts";
import { getModel } from "../hub/get-model.ts";
import { parseRepository } from "../hub/repository.ts";
import { terminalProgress } from "./terminal-progress.ts";

export interface GetVerbOptions {
  readonly token?: string;
  readonly endpoint?: string;
  readonly json?: true;
}

export async function runGet(name: string, options: GetVerbOptions): Promise<void> {
  const repository = parseRepository(name);
  const access = await hubAccess(options);
  const got = await getModel(repository, access, terminalProgress());
  const { path, commit, files, sizeBytes, downloadedBytes, note } = got;
  const { id, revision } = repository;
  if (options.json) {
    const result = { path, repository: id, revision, commit, files, sizeBytes, downloadedBytes };
    console.log(JSON.stringify({ ...result, ...(note === undefined ? {} : { note }) }));
    return;
  }
  const came = downloadedBytes > 0 ? `${formatBytes(downloadedBytes)} downloaded` : "nothing to do";
  if (note !== undefined) console.error(note);
  console.log(`${id}, ${revision} at ${commit.slice(0, 7)}: ${formatBytes(sizeBytes)}, ${came}`);
  console.log(path);
}
