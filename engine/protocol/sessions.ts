/** Requests about sessions: files of the engine's machine, or texts that the page keeps itself. */
import { z } from "zod";
import { largestSession, sessionDraft, sessionFile } from "./session-file.ts";
import { wireTensor } from "./tensor.ts";

/** On the engine's machine. */
const path = z.string().min(1).max(4096);

export const sessionItem = z.object({
  /** Of the session's own lists; "run" for its run. */
  id: z.string().max(64),
  kind: z.enum(["photograph", "labels", "model", "run"]),
  name: z.string(),
  /** As the session has it; absent where the photograph is inside, or never had a path. */
  told: z.string().optional(),
  state: z.enum(["found", "changed", "missing"]),
  /** What opens it now: a path, or a sample's name. Absent where it is missing or inside. */
  path: z.string().optional(),
  /** Why it is not as it was, one sentence. */
  why: z.string().optional(),
});
export type SessionItem = z.infer<typeof sessionItem>;

/** Where a person says that something is now. */
export const movedItem = z.object({ id: z.string().max(64), path });
export type MovedItem = z.infer<typeof movedItem>;

/** Requests about sessions, a part of those in messages.ts. */
export const sessionRequests = {
  /** Write a session whole or not at all; without a path, answer its text. */
  "session.save": {
    payload: z.object({ draft: sessionDraft, path: path.optional() }),
    reply: z.object({
      /** Absolute, with the ending that sessions have. */
      path: z.string().optional(),
      text: z.string().optional(),
      /** What will not come back, one sentence each. */
      notes: z.array(z.string()),
    }),
  },
  /** Read a session by path or as text, and look for everything that it refers to; nothing is opened. */
  "session.open": {
    payload: z.object({
      path: path.optional(),
      text: z.string().max(largestSession).optional(),
      /** Of the file that the text came from, for messages. */
      name: z.string().max(1000).optional(),
      moved: z.array(movedItem).max(600).default([]),
    }),
    reply: z.object({
      path: z.string().optional(),
      session: sessionFile,
      items: z.array(sessionItem).readonly(),
    }),
  },
  /** The bytes of a photograph on the engine's machine, or of its picture of labels. */
  "session.photograph": {
    payload: z.object({ path }),
    reply: z.object({ name: z.string(), bytes: wireTensor }),
  },
} as const;
