/** Requests about sessions: their files, and what they refer to on this machine. */
import { basename, dirname, resolve } from "node:path";
import type { Handlers } from "../protocol/connection.ts";
import { EngineError } from "../protocol/errors.ts";
import type { sessionRequests } from "../protocol/sessions.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import { findItems, photographBytes, type Box } from "../session-files/find-session.ts";
import { parseSession, readSession } from "../session-files/read-session.ts";
import {
  describeSession,
  sessionPathOf,
  sessionText,
  writeSession,
} from "../session-files/save-session.ts";
import { bundledModels, samples } from "./bundled.ts";

export interface SessionContext {
  /** The assets folder. */
  readonly assets: string;
  readonly version: string;
  readonly images: { bytesOf(id: string): Uint8Array };
}

/** What comes with the program, as sessions name it. @param assets the assets folder */
export async function boxAt(assets: string): Promise<Box> {
  const [models, photographs] = await Promise.all([bundledModels(assets), samples(assets)]);
  return {
    samples: photographs.map(({ name }) => name),
    models: new Map(models.map(({ path }) => [basename(path), path])),
  };
}

export function sessionHandlers(context: SessionContext): Handlers<typeof sessionRequests> {
  const { assets, version, images } = context;
  return {
    "session.save": async ({ draft, path: given }, { signal }) => {
      const path = given === undefined ? undefined : sessionPathOf(given);
      const bytesOf = (image: string) => images.bytesOf(image);
      const saving = { box: await boxAt(assets), version, bytesOf };
      const { session, notes } = await describeSession(draft, path, saving, signal);
      if (path === undefined) return { text: sessionText(session), notes };
      await writeSession(path, session);
      return { path, notes };
    },
    "session.open": async ({ path: given, text, name = "the session", moved }, { signal }) => {
      if ((given === undefined) === (text === undefined)) {
        throw new EngineError("option.invalid", "session.open: expected either a path or a text");
      }
      const path = given === undefined ? undefined : resolve(given);
      const session = path === undefined ? parseSession(text!, name) : await readSession(path);
      const folder = path === undefined ? undefined : dirname(path);
      const items = await findItems(session, folder, await boxAt(assets), moved, signal);
      return { ...(path === undefined ? {} : { path }), session, items };
    },
    "session.photograph": async ({ path }) => {
      const bytes = await photographBytes(path);
      return { name: basename(path), bytes: toWireTensor(bytes, [bytes.byteLength]) };
    },
  };
}
