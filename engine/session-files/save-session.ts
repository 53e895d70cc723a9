/** A session from what is open: the files that it needs described, related to its own place, written whole. */
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { stat } from "node:fs/promises";
import { writeText } from "../files/durable.ts";
import { cachedModelPath } from "../hub/model-name.ts";
import { EngineError, toWireError } from "../protocol/errors.ts";
import {
  embeddedLimits,
  sessionEnding,
  sessionVersion,
  type Contents,
  type SessionDraft,
  type SessionFile,
  type SessionLabels,
  type SessionPhotograph,
} from "../protocol/session-file.ts";
import { contentsOf, fingerprintModel } from "./fingerprint.ts";
import { boxPrefix, photographBytes, type Box } from "./find-session.ts";
import { written } from "./session-paths.ts";

export interface SaveContext {
  readonly box: Box;
  /** Of the program. */
  readonly version: string;
  /** Bytes of an open photograph. @throws EngineError "option.invalid" for an id nobody knows */
  bytesOf(image: string): Uint8Array;
}

/** A path with the ending of sessions, absolute. */
export function sessionPathOf(path: string): string {
  const whole = resolve(path);
  return whole.endsWith(sessionEnding) ? whole : `${whole.replace(/\.json$/, "")}${sessionEnding}`;
}

/**
 * @param path of the session; undefined for one that the page keeps: then every path is absolute
 * @returns the session, and a sentence for each thing that it cannot bring back
 */
export async function describeSession(
  draft: SessionDraft,
  path: string | undefined,
  context: SaveContext,
  signal?: AbortSignal,
): Promise<{ session: SessionFile; notes: string[] }> {
  const notes: string[] = [];
  const folder = path === undefined ? undefined : dirname(path);
  const place = (told: string) => {
    const inBox = [...context.box.models].find(([, one]) => one === told)?.[0];
    if (inBox !== undefined) return `${boxPrefix}${inBox}`;
    const whole = told.startsWith("hf:") || isAbsolute(told) ? told : resolve(told);
    return folder === undefined ? whole : written(folder, whole);
  };
  const describe = async (told: string, name: string): Promise<{ contents?: Contents }> => {
    try {
      return { contents: await fingerprintModel(await cachedModelPath(told), signal) };
    } catch (error) {
      const { code, message } = toWireError(error);
      if (code === "cancelled" || code === "internal") throw error;
      notes.push(`${name} could not be read, so a change of it will stay unseen: ${message}.`);
      return {};
    }
  };

  let embedded = 0;
  /** By its path where one is known, else inside, else by its name alone. */
  const ownFile = async (name: string, known: string | undefined, bytes: Uint8Array) => {
    const contents = contentsOf(bytes);
    const found = await placeOf(known, name, folder, contents);
    if (found !== undefined) return { ...contents, path: place(found) };
    const { byteLength } = bytes;
    if (byteLength <= embeddedLimits.one && embedded + byteLength <= embeddedLimits.together) {
      embedded += byteLength;
      return { ...contents, base64: Buffer.from(bytes).toString("base64") };
    }
    const megabytes = (byteLength / 2 ** 20).toFixed(1);
    notes.push(
      `${name} (${megabytes} MB) is named in the session and not inside: put it beside the session ` +
        "and save again, or say where it is when the session is opened.",
    );
    return contents;
  };
  const photographs: SessionPhotograph[] = [];
  for (const photograph of draft.photographs) {
    if (photograph.kind === "sample") {
      photographs.push(photograph);
      continue;
    }
    const { id, name, path: known, image } = photograph;
    const own = await ownFile(name, known, context.bytesOf(image));
    photographs.push({ id, kind: "own", name, ...own });
  }
  const labels: SessionLabels[] = [];
  for (const { id, of, name, path: known, bytes, classes } of draft.labels ?? []) {
    const file = await ownFile(name, known, bytes.data);
    labels.push({ id, of, name, ...(classes && { classes }), ...file });
  }
  const models: SessionFile["models"] = [];
  for (const { id, path: told, name } of draft.models) {
    models.push({ id, path: place(told), name, ...(await describe(told, name)) });
  }
  const { run } = draft;
  const session: SessionFile = {
    gramscope: "session",
    version: sessionVersion,
    program: context.version,
    written: new Date().toISOString(),
    view: draft.view,
    layout: draft.layout,
    photographs,
    ...(labels.length > 0 && { labels }),
    models,
  };
  if (!run) return { session, notes };
  const inside = run.checkpoint === undefined ? undefined : relative(run.path, run.checkpoint);
  const isInside = inside !== undefined && !inside.startsWith("..") && !isAbsolute(inside);
  session.run = {
    path: place(run.path),
    ...(isInside ? { checkpoint: inside.split(sep).join("/") } : {}),
    ...(await describe(run.checkpoint ?? run.path, basename(run.path))),
  };
  return { session, notes };
}

/** @throws EngineError "path.unwritable", "disk.full"; nothing half-written is left */
export async function writeSession(path: string, session: SessionFile): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() === true) {
    throw new EngineError("path.unwritable", `${path}: expected a file name, this is a folder`);
  }
  await writeText(path, sessionText(session));
}

export const sessionText = (session: SessionFile): string =>
  `${JSON.stringify(session, undefined, 2)}\n`;

/** Where the very bytes lie: at the path that is known, or under their name beside the session. */
async function placeOf(
  known: string | undefined,
  name: string,
  folder: string | undefined,
  { sha256 }: Contents,
): Promise<string | undefined> {
  const isName = name === basename(name) && !/[\\/]/.test(name) && !name.startsWith(".");
  const beside = folder !== undefined && isName ? join(folder, name) : undefined;
  for (const path of [known, beside]) {
    if (path === undefined) continue;
    const bytes = await photographBytes(path).catch(() => undefined);
    if (bytes && contentsOf(bytes).sha256 === sha256) return path;
  }
  return undefined;
}
