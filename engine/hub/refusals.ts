/** What the Hub refuses with, in words for whoever asked. No text of an answer is repeated. */
import { EngineError } from "../protocol/errors.ts";
import type { HubAccess } from "./access.ts";
import { usualRevision, type Repository } from "./repository.ts";

/** @throws nothing: returns the error for an answer other than success */
export function refusal(
  { status, headers }: Response,
  repository: Repository,
  access: HubAccess,
): EngineError {
  const { id, revision } = repository;
  const { endpoint, token } = access;
  const page = `${endpoint}/${id}`;
  const code = headers.get("x-error-code") ?? "";
  if (code === "GatedRepo" || status === 403) {
    return new EngineError(
      "hub.denied",
      `${id}: the Hub gives it only to those who have accepted its terms (${status})`,
      { hint: token ? waiting(page) : wanted(page) },
    );
  }
  if (status === 401) {
    const message = token
      ? `${id}: the Hub does not accept the token, or there is no such repository (401)`
      : `${id}: there is no such repository, or it is private or gated (401)`;
    return new EngineError("hub.denied", message, {
      hint: token
        ? `Check the name at ${page}, and the token at ${endpoint}/settings/tokens.`
        : wanted(page),
    });
  }
  if (status === 404) {
    const isRevision = code === "RevisionNotFound" && revision !== usualRevision;
    return new EngineError(
      "hub.missing",
      isRevision
        ? `${id}: it has no revision "${revision}"`
        : code === "EntryNotFound"
          ? `${id}: a file of its own list is not there`
          : `${id}: there is no such repository at ${endpoint}`,
      { hint: `Its page, if there is one: ${page}` },
    );
  }
  if (status === 429) {
    return new EngineError("hub.unreachable", `${id}: the Hub has had too many questions (429)`, {
      hint: "Wait a few minutes; with a token the limit is higher. What came already is kept.",
    });
  }
  const why = status >= 500 ? "the Hub is in trouble itself" : "that is no answer of a Hub";
  return new EngineError("hub.unreachable", `${id}: ${endpoint} answered ${status}: ${why}`, {
    hint: "Try again later. What came already is kept.",
  });
}

/**
 * @param timeoutMs where it was given up after so long
 * @throws nothing: returns the error for an address that could not be asked
 */
export function unreachable(
  host: string,
  cause: unknown,
  timeoutMs: number | undefined,
): EngineError {
  const reason = timeoutMs === undefined ? reasonOf(cause) : `no answer in ${timeoutMs / 1000} s`;
  return new EngineError("hub.unreachable", `${host} cannot be reached: ${reason}`, {
    hint: "Check the network, or name a mirror with HF_ENDPOINT. What is in the Hub's cache already opens without a network.",
    cause,
  });
}

function wanted(page: string): string {
  return `Sign in and accept the terms at ${page}, then give an access token: HF_TOKEN, or hf auth login, or --token.`;
}

function waiting(page: string): string {
  return `Accept the terms at ${page} with the account of this token; some owners answer only after days.`;
}

/** fetch says "fetch failed" and hides the reason in its cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (inner as { code?: unknown } | undefined)?.code;
  const known: Readonly<Record<string, string>> = {
    ENOTFOUND: "there is no such host",
    EAI_AGAIN: "its name cannot be resolved now",
    ECONNREFUSED: "it refuses the connection",
    ECONNRESET: "the connection broke",
    UND_ERR_SOCKET: "the connection broke",
    UND_ERR_CONNECT_TIMEOUT: "no answer",
    ETIMEDOUT: "no answer",
  };
  if (typeof code === "string") return known[code] ?? code;
  return inner instanceof Error ? inner.message.slice(0, 200) : "unknown";
}
