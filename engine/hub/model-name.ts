/** Names of the Hub where a path of a model is expected: `hf:org/name@revision#network`. */
import { stat } from "node:fs/promises";
import { EngineError } from "../protocol/errors.ts";
import { hubAccess, type HubAccess } from "./access.ts";
import { findCached, getModel, type GetOptions } from "./get-model.ts";
import { hubPrefix, isRepositoryId, parseRepository } from "./repository.ts";

/** Whether it can mean nothing but a repository. */
export function isHubName(text: string): boolean {
  return text.startsWith(hubPrefix);
}

/**
 * A path to open; what is not in the cache is downloaded.
 * @param text any path, which stays as it is, or a name with "hf:" before it
 * @throws EngineError as parseRepository, hubAccess and getModel
 */
export async function modelPath(
  text: string,
  options: () => GetOptions,
  access: () => Promise<HubAccess> = hubAccess,
): Promise<string> {
  if (!isHubName(text)) return cachedModelPath(text, access);
  const { name, network } = splitNetwork(text);
  const got = await getModel(parseRepository(name), await access(), options());
  return got.path + network;
}

/**
 * A path to open, without a download: of "hf:org/name", and of "org/name" where no such path exists,
 * what is in the cache.
 * @throws EngineError "path.missing" where a name with "hf:" is not in the cache
 */
export async function cachedModelPath(
  text: string,
  access: () => Promise<HubAccess> = hubAccess,
): Promise<string> {
  if (isHubName(text)) {
    const { found, network } = await findNamed(text, access);
    return found.path + network;
  }
  const { name, network } = splitNetwork(text);
  if (!(await mayBeRepository(name))) return text;
  const found = await findCached(parseRepository(name), (await access()).cacheFolder);
  // A path with a typing error looks the same; what opens models has the words for that.
  return found ? found.path + network : text;
}

/**
 * The same name with the commit that it stands for now: what is trained from it stays the same when
 * the repository changes.
 * @param text "hf:org/name@revision#network"
 * @returns "hf:org/name@COMMIT#network"
 * @throws EngineError "path.missing" where it is not in the cache
 */
export async function nameWithCommit(
  text: string,
  access: () => Promise<HubAccess> = hubAccess,
): Promise<string> {
  const { found, network } = await findNamed(text, access);
  return `${hubPrefix}${found.repository.id}@${found.commit}${network}`;
}

async function findNamed(text: string, access: () => Promise<HubAccess>) {
  const { name, network } = splitNetwork(text);
  const found = await findCached(parseRepository(name), (await access()).cacheFolder);
  if (found) return { found, network };
  throw new EngineError("path.missing", `${name}: it is not in the Hub's cache on this machine`, {
    hint: `Get it first: beneath the model's card on the page, or with gramscope get ${name.slice(hubPrefix.length)}`,
  });
}

async function mayBeRepository(text: string): Promise<boolean> {
  const [id = ""] = text.split("@");
  if (!id.includes("/") || !isRepositoryId(id)) return false;
  return (await stat(text).catch(() => undefined)) === undefined;
}

function splitNetwork(text: string): { name: string; network: string } {
  const mark = text.lastIndexOf("#");
  return mark <= 0
    ? { name: text, network: "" }
    : { name: text.slice(0, mark), network: text.slice(mark) };
}
