/** What a person writes to mean a repository of the Hub: `org/name`, `hf:org/name@revision`, an address. */
import { EngineError } from "../protocol/errors.ts";

export interface Repository {
  /** "facebook/dinov2-small"; old ones have no organisation. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

export const hubPrefix = "hf:";
export const usualRevision = "main";

/** A commit as the Hub names it. */
export const commitPattern = /^[0-9a-f]{40}$/;

/**
 * @param text `org/name`, with "hf:" before it or "@revision" behind it, or the address of its page
 * @throws EngineError "option.invalid"
 */
export function parseRepository(text: string): Repository {
  const plain = text.startsWith(hubPrefix) ? text.slice(hubPrefix.length) : withoutAddress(text);
  const at = plain.indexOf("@");
  const id = at < 0 ? plain : plain.slice(0, at);
  const revision = at < 0 ? usualRevision : plain.slice(at + 1);
  if (!isRepositoryId(id)) {
    throw new EngineError(
      "option.invalid",
      `repository: expected ORGANISATION/NAME such as facebook/dinov2-small, received "${text.slice(0, 200)}"`,
      { hint: "The name stands at the top of the model's page; a revision follows after @." },
    );
  }
  if (!isRevision(revision)) {
    throw new EngineError(
      "option.invalid",
      `revision: expected a branch, a tag or a commit, received "${revision.slice(0, 200)}"`,
    );
  }
  return { id, revision };
}

/** As the Hub allows them: no more than 96 characters a part, no "--", no "..". */
export function isRepositoryId(id: string): boolean {
  const parts = id.split("/");
  return (
    parts.length <= 2 &&
    parts.every((part) => /^[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/.test(part)) &&
    !/--|\.\.|\.git$/.test(id)
  );
}

/** As git allows them, without what has a meaning in a path or in an address. */
function isRevision(text: string): boolean {
  return (
    text.length <= 255 &&
    text.split("/").every((part) => /^[\w-][\w.-]*$/.test(part) && !part.endsWith(".lock")) &&
    !text.includes("..")
  );
}

/** `https://huggingface.co/org/name/tree/v1` to `org/name@v1`; anything else stays as it is. */
function withoutAddress(text: string): string {
  const match = /^https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/(.+?)\/*$/.exec(text);
  if (!match) return text;
  const [id, revision] = match[1]!.split(/\/(?:tree|blob|resolve)\//);
  return revision === undefined ? id! : `${id}@${revision.split("/")[0]}`;
}
