/**
 * One writer to a run: the file `lock` says which process on which machine it is. The lock of a
 * process that is gone counts for nothing, so a run that was killed goes on at once.
 */
import { link, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { temporaryName } from "../files/durable.ts";
import { runRefusal } from "./disk-full.ts";

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When the lock was taken, ISO 8601. */
  startedAt: z.string(),
});
export type LockHolder = z.infer<typeof holderSchema>;

export interface RunLock {
  readonly holder: LockHolder;
  /** Give the run free. A lock that someone else holds meanwhile is left alone. */
  release(): Promise<void>;
}

/**
 * @param folder of the run
 * @throws EngineError "run.busy" naming the process that writes to it; "disk.full",
 *   "path.unwritable"
 */
export async function acquireLock(folder: string): Promise<RunLock> {
  const taken = await take(join(folder, "lock"));
  if ("free" in taken) return { holder: taken.holder, release: taken.free };
  if (taken.busy) throw busy(folder, join(folder, "lock"), taken.busy);
  throw new EngineError("run.busy", `${folder}: another process is just opening this run`, {
    hint: "Try again in a moment.",
  });
}

type Taken =
  | { readonly holder: LockHolder; free(): Promise<void> }
  /** By whom; undefined when it changed hands faster than could be read. */
  | { readonly busy: LockHolder | undefined };

/** Take a lock file, whether there is none or a dead process's. */
async function take(path: string): Promise<Taken> {
  const holder = { pid: process.pid, host: hostname(), startedAt: new Date().toISOString() };
  const text = `${JSON.stringify(holder)}\n`;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await createWhole(path, text)) return { holder, free: () => release(path, text) };
    const found = await readLock(path);
    if (found === undefined) continue; // Released meanwhile.
    if (found.holder && isAlive(found.holder)) return { busy: found.holder };
    await removeDead(path, found.text);
  }
  return { busy: undefined };
}

/**
 * Take a dead lock away, under a lock of its own: of two that found it dead, the slower would
 * otherwise remove the new lock of the faster. Whoever holds that second lock is the only one who
 * removes, so what it reads then is what it removes. A process killed in between leaves a dead
 * second lock, which the next one takes over in the same way.
 */
async function removeDead(path: string, text: string): Promise<void> {
  const turn = await take(`${path}~`);
  if (!("free" in turn)) return setTimeout(20); // Another one is at it.
  try {
    if ((await readFile(path, "utf8").catch(() => undefined)) === text) await unlink(path);
  } catch (error) {
    throw runRefusal(path, error);
  } finally {
    await turn.free();
  }
}

/** Who writes to the run now, or undefined when nobody does. */
export async function lockHolder(folder: string): Promise<LockHolder | undefined> {
  const found = await readLock(join(folder, "lock"));
  return found?.holder && isAlive(found.holder) ? found.holder : undefined;
}

function busy(folder: string, path: string, { pid, host, startedAt }: LockHolder): EngineError {
  return new EngineError(
    "run.busy",
    `${folder}: expected a run that nobody writes to; process ${pid} on ${host} has been writing to it since ${startedAt}`,
    {
      hint: `Stop that process, or wait for it. If it is not Gramscope, or that machine is gone, remove ${path}.`,
    },
  );
}

/** @returns undefined when there is no lock; without a holder when nobody can be read from it */
async function readLock(path: string): Promise<{ text: string; holder?: LockHolder } | undefined> {
  for (let attempt = 0; ; attempt++) {
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new EngineError("path.unreadable", `${path}: cannot be read: ${String(error)}`);
    });
    if (text === undefined) return undefined;
    const holder = parseHolder(text);
    if (holder) return { text, holder };
    // Without links a lock is empty between being created and being filled; one that stays so was
    // left by a process killed just then.
    if (attempt === 3) return { text };
    await setTimeout(50);
  }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host, startedAt }: LockHolder): boolean {
  // Of another machine nothing can be known.
  if (host !== hostname()) return true;
  if (pid === process.pid) {
    // In a container every start has the same number: a lock older than this process is of its
    // forerunner. One second, because the two clocks differ a little.
    const processStart = Date.now() - process.uptime() * 1000;
    return Date.parse(startedAt) > processStart - 1000;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Create a file that has its whole text from the first moment: one that is still empty would look
 * like that of a process killed while writing, and be taken away from its living owner.
 *
 * @returns whether it was created; false when there is one already
 */
async function createWhole(path: string, text: string): Promise<boolean> {
  const written = temporaryName(path);
  try {
    await writeFile(written, text, { flag: "wx" });
    // Not every disk has links; there, a text of 100 bytes written at once has to do.
    await link(written, path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
      return writeFile(path, text, { flag: "wx" });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw runRefusal(path, error);
    return false;
  } finally {
    await rm(written, { force: true });
  }
}

async function release(path: string, text: string): Promise<void> {
  const isOurs = (await readFile(path, "utf8").catch(() => undefined)) === text;
  if (isOurs) await unlink(path).catch(() => {}); // A folder that was removed has no lock either.
}
