/** A run on a timeline: what its folder holds now, and what changes in it while somebody looks. */
import { realpath, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  isOfficialRun,
  listOfficialCheckpoints,
  readOfficialConfig,
} from "../checkpoints/official-run.ts";
import type { YamlScalars } from "../checkpoints/yaml-scalars.ts";
import { EngineError, toWireError } from "../protocol/errors.ts";
import type { RunTimeline, TimelineEvent } from "../protocol/timeline.ts";
import { lockHolder } from "../runs/lock.ts";
import { listCheckpoints } from "../runs/read-checkpoint.ts";
import { isRun, openRun, runPaths } from "../runs/run-directory.ts";

/** How often a folder is looked at. Watching by events does not work over network drives. */
export const lookMs = 2000;
/** Every so many looks whatever the dates of its folders say: a file may come into an old folder. */
const wholeLook = 8;
/** The official code does not say that it goes on; it logs, at the latest after so long. */
const quietMs = 5 * 60_000;
const mostMarks = 500;

/**
 * @throws EngineError "run.missing" where there is no run, or one whose students are runs of their
 *   own; as openRun
 */
export async function timelineOf(folder: string): Promise<RunTimeline> {
  if (await isRun(folder)) return ownTimeline(resolve(folder));
  if (await isOfficialRun(folder)) return officialTimeline(await realpath(folder));
  const [code, message] = await openRun(folder).then(
    () => ["run.missing", `${folder}: no run`] as const,
    (error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
      return [error.code, error.message] as const;
    },
  );
  throw new EngineError(code, message, {
    hint: "A run of Gramscope has run.json and checkpoints/, one of the official code of DINOv3 config.yaml beside ckpt/ or eval/.",
  });
}

async function ownTimeline(folder: string): Promise<RunTimeline> {
  const { recipe } = await openRun(folder);
  const checkpoints = await listCheckpoints({ folder });
  const [student] = recipe.students;
  if (student && checkpoints.length === 0) {
    throw new EngineError(
      "run.missing",
      `${folder}: expected one student, ${basename(folder)} trains ${recipe.students.length}`,
      { hint: `Open one of them: ${join(folder, student.name)}.` },
    );
  }
  return {
    kind: "run",
    folder,
    made: "gramscope",
    checkpoints: checkpoints.map((place) => ({ step: place.step, path: place.folder })),
    isGrowing: (await lockHolder(folder)) !== undefined,
    logBytes: (await stat(runPaths({ folder }).metrics).catch(() => undefined))?.size ?? 0,
    marks: [],
  };
}

async function officialTimeline(folder: string): Promise<RunTimeline> {
  const checkpoints = await listOfficialCheckpoints(folder);
  const log = await stat(join(folder, officialLog)).catch(() => undefined);
  const last = checkpoints.at(-1)?.iteration ?? 0;
  return {
    kind: "run",
    folder,
    made: "official",
    checkpoints: checkpoints.map(({ iteration, path }) => ({ step: iteration, path })),
    isGrowing: log !== undefined && Date.now() - log.mtimeMs < quietMs,
    logBytes: log?.size ?? 0,
    marks: gramUpdates((await readOfficialConfig(folder)) ?? new Map(), last),
  };
}

export const officialLog = "training_metrics.json";

/** When the Gram teacher is replaced by the EMA teacher, up to an iteration (dinov3.md, gram.*). */
export function gramUpdates(config: YamlScalars, last: number): RunTimeline["marks"] {
  const text = (key: string) => config.get(`gram.${key}`);
  const whole = (key: string) => {
    const value = text(key);
    return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const every = whole("update_frequency");
  if (text("use_loss") !== "true" || text("rep_update") !== "true" || !every) return [];
  const first = whole("it_first_update") ?? 0;
  const most = Math.min(whole("max_updates") ?? mostMarks, mostMarks);
  const marks: { step: number; label: string }[] = [];
  for (let done = Math.max(1, Math.ceil(first / every)) * every; done - 1 <= last; done += every) {
    if (marks.length >= most) break;
    marks.push({ step: done - 1, label: "Gram teacher update" });
  }
  return marks;
}

/**
 * Tells of the run at once, and again when it is another: a checkpoint more, a longer log, a folder
 * that is gone or came back. Ends when the signal fires.
 */
export async function followTimeline(
  folder: string,
  signal: AbortSignal,
  emit: (event: TimelineEvent) => void,
  everyMs = lookMs,
): Promise<void> {
  let told = "";
  let dates = "";
  for (let look = 0; !signal.aborted; look++) {
    const now = await datesOf(folder);
    if (now !== dates || look % wholeLook === 0) {
      dates = now;
      const event = await timelineOf(folder).catch((error: unknown): TimelineEvent => {
        if (!(error instanceof EngineError)) throw error;
        return { kind: "refused", error: toWireError(error) };
      });
      const text = JSON.stringify(event);
      if (text !== told) emit(event);
      told = text;
    }
    // A page that looks does not keep an engine alive. What throws is the signal.
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** What changes when a checkpoint comes or goes, or a step is logged. */
async function datesOf(folder: string): Promise<string> {
  const parts = ["", "checkpoints", "ckpt", "eval", "metrics.jsonl", officialLog, "lock"];
  const found = await Promise.all(
    parts.map((part) => stat(join(folder, part)).catch(() => undefined)),
  );
  return found.map((info) => (info ? `${info.mtimeMs} ${info.size}` : "-")).join(" ");
}
