/** A session from its text or its file, checked before anything is believed of it. */
import { readFile, stat } from "node:fs/promises";
import { pathError } from "../checkpoints/byte-range.ts";
import { EngineError } from "../protocol/errors.ts";
import {
  largestSession,
  sessionEnding,
  sessionFile,
  sessionVersion,
  type SessionFile,
} from "../protocol/session-file.ts";

const hint = "It may be damaged, or be something else; save the session again where it was made.";

/** @throws EngineError "path.missing", "path.unreadable", and as {@link parseSession} */
export async function readSession(path: string): Promise<SessionFile> {
  const info = await stat(path).catch((error: unknown) => {
    throw pathError(path, error);
  });
  if (!info.isFile()) {
    throw refuse(path, `a file that ends in ${sessionEnding}, received a folder or a device`);
  }
  if (info.size > largestSession) {
    throw refuse(path, `a session, at most ${largestSession / 2 ** 20} MB, received a larger file`);
  }
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw pathError(path, error);
  });
  return parseSession(text, path);
}

/**
 * @param name of the file, for messages
 * @throws EngineError "option.invalid"
 */
export function parseSession(text: string, name: string): SessionFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(name, "a session of Gramscope, which is JSON; received something else");
  }
  const { gramscope, version } = (value ?? {}) as { gramscope?: unknown; version?: unknown };
  if (gramscope !== "session") {
    throw refuse(name, 'a session of Gramscope, which says "gramscope": "session" of itself');
  }
  if (typeof version === "number" && version > sessionVersion) {
    throw new EngineError(
      "option.invalid",
      `${name}: expected a session of version ${sessionVersion}, received version ${version}`,
      { hint: "A newer Gramscope wrote it; open it with that." },
    );
  }
  const parsed = sessionFile.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(name, `a whole session; ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  const { photographs, labels = [], models } = parsed.data;
  const ids = [...photographs, ...labels, ...models].map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw refuse(name, "every id once");
  const lost = labels.find(({ of }) => !photographs.some(({ id }) => id === of));
  if (lost) throw refuse(name, `labels of a photograph that it has; ${lost.id} are of ${lost.of}`);
  return parsed.data;
}

const refuse = (name: string, expected: string) =>
  new EngineError("option.invalid", `${name}: expected ${expected}`, { hint });
