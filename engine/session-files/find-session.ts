/** Everything that a session refers to, looked for: found, changed since, or gone. */
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathError } from "../checkpoints/byte-range.ts";
import { cachedModelPath } from "../hub/model-name.ts";
import { EngineError, throwIfAborted, toWireError } from "../protocol/errors.ts";
import type { Contents, SessionFile, SessionLabels } from "../protocol/session-file.ts";
import type { MovedItem, SessionItem } from "../protocol/sessions.ts";
import { contentsOf, fingerprintModel } from "./fingerprint.ts";
import { guessed, isShare, resolved } from "./session-paths.ts";

/** What comes with the program. */
export interface Box {
  /** Names of photographs. */
  readonly samples: readonly string[];
  /** Absolute paths of model folders, by the name of each. */
  readonly models: ReadonlyMap<string, string>;
}

/** No photograph of 100 megapixels is larger. */
export const largestPhotograph = 2 ** 30;

/** The name of a model that comes with the program. */
export const boxPrefix = "box:";

/** One thing that is looked for. */
interface Wanted {
  readonly id: string;
  readonly kind: SessionItem["kind"];
  readonly name: string;
  readonly told: string;
  readonly contents: Contents | undefined;
  /** @throws EngineError where nothing of the kind is there */
  read(path: string): Promise<Contents>;
}

/** A photograph of a person's own, or a picture of labels. */
type OwnFile = Pick<SessionLabels, "path" | "base64" | keyof Contents>;

type Outcome = Pick<SessionItem, "state" | "path" | "why">;

/**
 * @param folder where the session lies, absolute; relative paths count from it. Undefined for a text.
 * @param moved  where a person says that something is now; what lay beside it is looked for there too
 * @returns what is inside or comes with the program, then photographs, pictures of labels, models and the run
 */
export async function findItems(
  session: SessionFile,
  folder: string | undefined,
  box: Box,
  moved: readonly MovedItem[],
  signal?: AbortSignal,
): Promise<SessionItem[]> {
  const items: SessionItem[] = [];
  const wanted: Wanted[] = [];
  const addOwn = (one: Pick<Wanted, "id" | "kind" | "name">, file: OwnFile) => {
    const { base64, path, sha256, sizeBytes } = file;
    if (base64 !== undefined) items.push({ ...one, ...inside(base64, file) });
    else {
      const contents = { sha256, sizeBytes };
      wanted.push({ ...one, told: path ?? "", contents, read: readPhotograph });
    }
  };
  for (const photograph of session.photographs) {
    const { id, name } = photograph;
    const one = { id, kind: "photograph", name } as const;
    if (photograph.kind === "sample") {
      const isHere = box.samples.includes(name);
      const why = "It is none of the samples that come with this program.";
      items.push(
        isHere ? { ...one, state: "found", path: name } : { ...one, state: "missing", why },
      );
    } else addOwn(one, photograph);
  }
  for (const { id, name, ...file } of session.labels ?? []) {
    addOwn({ id, kind: "labels", name }, file);
  }
  for (const { id, name, path, contents } of session.models) {
    const read = (file: string) => fingerprintModel(file, signal);
    wanted.push({ id, kind: "model", name, told: path, contents, read });
  }
  if (session.run) wanted.push(wantedRun(session.run, signal));

  const where = (told: string) => (told === "" ? undefined : whereTold(told, folder, box));
  const places = moved.flatMap(({ id, path }) => {
    const told = wanted.find((one) => one.id === id)?.told ?? "";
    return [{ id, path, told: where(told) ?? told }];
  });
  for (const one of wanted) {
    throwIfAborted(signal, "Looking for what the session needs");
    const place = where(one.told);
    const given = places.find(({ id }) => id === one.id);
    const beside = places.flatMap(({ told, path }) => guessed(told, path, place ?? one.told));
    const told = one.told === "" ? {} : { told: one.told };
    const { id, kind, name } = one;
    const outcome = await look(one, place, given?.path, beside);
    items.push({ id, kind, name, ...told, ...outcome });
  }
  return items;
}

/** The first place where it is; a place that a person gave comes before all others. */
async function look(
  wanted: Wanted,
  place: string | undefined,
  given: string | undefined,
  beside: readonly string[],
): Promise<Outcome> {
  if (given !== undefined) return lookAt(wanted, given);
  if (wanted.told === "") {
    return {
      state: "missing",
      why: "It had no path when the session was saved, and was too large to go inside.",
    };
  }
  if (place !== undefined && isShare(place)) {
    const why = "It lies on another machine; give its path to have it looked for there.";
    const outcomes = beside.length > 0 ? await firstFound(wanted, beside) : undefined;
    return outcomes ?? { state: "missing", why };
  }
  const usual: Outcome =
    place === undefined
      ? { state: "missing", why: "Its path is one of another system." }
      : await lookAt(wanted, place);
  if (usual.state !== "missing") return usual;
  return (await firstFound(wanted, beside)) ?? usual;
}

async function firstFound(wanted: Wanted, paths: readonly string[]): Promise<Outcome | undefined> {
  for (const path of paths) {
    const outcome = await lookAt(wanted, path);
    if (outcome.state !== "missing") return outcome;
  }
  return undefined;
}

async function lookAt({ contents, kind, read }: Wanted, path: string): Promise<Outcome> {
  try {
    const file = kind === "photograph" || kind === "labels" ? path : await cachedModelPath(path);
    const now = await read(file);
    if (contents === undefined || now.sha256 === contents.sha256) return { state: "found", path };
    const sizes = `${contents.sizeBytes} bytes then, ${now.sizeBytes} now`;
    const why =
      now.sizeBytes === contents.sizeBytes
        ? "Its content is another one than when the session was saved."
        : `Its content is another one than when the session was saved: ${sizes}.`;
    return { state: "changed", path, why };
  } catch (error) {
    const { code, message } = toWireError(error);
    if (code === "cancelled" || code === "internal") throw error;
    return { state: "missing", why: message };
  }
}

/** @returns undefined for what cannot be here */
function whereTold(told: string, folder: string | undefined, box: Box): string | undefined {
  if (told.startsWith(boxPrefix)) {
    return box.models.get(told.slice(boxPrefix.length)) ?? told;
  }
  // A text that came without its folder can only mean absolute paths.
  return resolved(folder ?? "/", told);
}

function inside(base64: string, told: Contents): Outcome {
  const { sha256 } = contentsOf(Buffer.from(base64, "base64"));
  if (sha256 === told.sha256) return { state: "found" };
  return { state: "changed", why: "Somebody changed it inside the session's file." };
}

async function readPhotograph(path: string): Promise<Contents> {
  return contentsOf(await photographBytes(path));
}

/** @throws EngineError "path.missing", "path.unreadable" */
export async function photographBytes(path: string): Promise<Buffer> {
  const info = await stat(path).catch((error: unknown) => {
    throw pathError(path, error);
  });
  if (!info.isFile() || info.size > largestPhotograph) {
    const received = info.isFile() ? `one of ${info.size} bytes` : "a folder or a device";
    throw new EngineError(
      "path.unreadable",
      `${path}: expected a photograph's file, at most 1 GB; received ${received}`,
    );
  }
  return readFile(path).catch((error: unknown) => {
    throw pathError(path, error);
  });
}

/** A run is known by the checkpoint that is looked at: everything else in it may have grown since. */
function wantedRun(run: NonNullable<SessionFile["run"]>, signal: AbortSignal | undefined): Wanted {
  const { path, checkpoint, contents } = run;
  return {
    id: "run",
    kind: "run",
    name: basename(path.replaceAll("\\", "/")),
    told: path,
    contents,
    async read(folder) {
      if (checkpoint !== undefined && contents !== undefined) {
        const at = join(folder, ...checkpoint.split("/"));
        const isHere = await stat(at).catch(() => undefined);
        if (isHere) return fingerprintModel(at, signal);
        // The folder is there, or it is missing as such; a checkpoint that went is a change.
        await stat(folder).catch((error: unknown) => {
          throw pathError(folder, error);
        });
        return { sha256: "", sizeBytes: 0 };
      }
      return fingerprintModel(folder, signal);
    },
  };
}
