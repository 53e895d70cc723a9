/** A session as a file: a view, and what it needs by path and content. The schema is the format. */
import { z } from "zod";
import { wireTensor } from "./tensor.ts";

/** The end of a session's name. */
export const sessionEnding = ".gramscope.json";

/** Raised by any change that an older program would misread. */
export const sessionVersion = 1;

/** Bytes of one photograph inside a session, and of all of them together. */
export const embeddedLimits = { one: 8 * 2 ** 20, together: 24 * 2 ** 20 } as const;

/** Bytes of a whole session: photographs as base64, and the longest view. */
export const largestSession = 64 * 2 ** 20;

/** Text without control characters, which no path and no name needs. */
const plain = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\u0000-\u001f]*$/, "expected no control characters");

/** From the session's folder, with forward slashes; or absolute, as the system writes it that saved it. */
const sessionPath = plain(4096);

/** How the view calls a photograph, a model or a picture of labels. */
const referenceId = z.string().regex(/^[pml]\d{1,4}$/, "expected p1, m1, l1 and the like");

const contents = z.object({
  /** Hex. Of a photograph, of all its bytes; of a model, engine/session-files/fingerprint.ts. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"),
  sizeBytes: z.int().nonnegative(),
});
export type Contents = z.infer<typeof contents>;

const samplePhotograph = z.object({
  id: referenceId,
  kind: z.literal("sample"),
  name: plain(128),
});

const ownFile = contents.extend({
  id: referenceId,
  name: plain(512),
  path: sessionPath.optional(),
  /** The file itself, where it has no path and is small. */
  base64: z
    .string()
    .max(Math.ceil(embeddedLimits.one / 3) * 4)
    .regex(/^[A-Za-z0-9+/]*={0,2}$/, "expected base64")
    .optional(),
});

const ownPhotograph = ownFile.extend({ kind: z.literal("own") });

/** By class. */
const classNames = z.array(plain(128)).max(1000).optional();

/** The class of every pixel of a photograph, as a PNG. */
const sessionLabels = ownFile.extend({ of: referenceId, classes: classNames });

const sessionModel = z.object({
  id: referenceId,
  /** A folder or a file; `hf:ORG/NAME`; `box:NAME` of a model that comes with the program. */
  path: sessionPath,
  name: plain(512),
  /** Absent where it could not be read when the session was saved. */
  contents: contents.optional(),
});

const sessionRun = z.object({
  path: sessionPath,
  /** The checkpoint that is looked at, from the run's folder, with forward slashes. */
  checkpoint: sessionPath.optional(),
  contents: contents.optional(),
});

export const sessionLayout = z.object({
  direction: z.enum(["across", "down"]),
  isSwapped: z.boolean(),
  left: z.boolean(),
  right: z.boolean(),
  gram: z.boolean(),
});
export type SessionLayout = z.infer<typeof sessionLayout>;

/** The written form of the page's address, with ids of the lists below in place of names and paths. */
const view = z.string().max(8 * 2 ** 20);

export const sessionFile = z.object({
  gramscope: z.literal("session"),
  version: z.literal(sessionVersion),
  /** Of the program that wrote it, and when, ISO 8601. */
  program: plain(64),
  written: plain(40),
  view,
  layout: sessionLayout,
  photographs: z.array(z.discriminatedUnion("kind", [samplePhotograph, ownPhotograph])).max(300),
  /** Of photographs in the list before; absent where none has any. */
  labels: z.array(sessionLabels).max(300).optional(),
  models: z.array(sessionModel).max(300),
  run: sessionRun.optional(),
});
export type SessionFile = z.infer<typeof sessionFile>;
export type SessionPhotograph = SessionFile["photographs"][number];
export type SessionLabels = z.infer<typeof sessionLabels>;

/** What a session says of itself before the files that it needs are described. */
export const sessionDraft = z.object({
  view,
  layout: sessionLayout,
  photographs: z
    .array(
      z.discriminatedUnion("kind", [
        samplePhotograph,
        z.object({
          id: referenceId,
          kind: z.literal("own"),
          name: plain(512),
          /** Where it lies on the engine's machine, where somebody knows. */
          path: sessionPath.optional(),
          /** The engine's own, of the photograph as it is open. */
          image: z.string().min(1).max(64),
        }),
      ]),
    )
    .max(300),
  labels: z
    .array(
      z.object({
        id: referenceId,
        of: referenceId,
        name: plain(512),
        /** As that of a photograph. */
        path: sessionPath.optional(),
        /** The file. */
        bytes: wireTensor,
        classes: classNames,
      }),
    )
    .max(300)
    .optional(),
  /** As model.open takes them. */
  models: z.array(z.object({ id: referenceId, path: sessionPath, name: plain(512) })).max(300),
  /** Both as they are opened. */
  run: z.object({ path: sessionPath, checkpoint: sessionPath.optional() }).optional(),
});
export type SessionDraft = z.infer<typeof sessionDraft>;
