/**
 * One writer to a run: the file `lock` says which process on which machine it is. The lock of a
 * process that is gone counts for nothing, so a run that was killed goes on at once.
 */
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { diskRefusal, temporaryName } from "./durable.ts";

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
  const path = join(folder, "lock");
  const startedAt = new Date().toISOString();
  const holder = { pid: process.pid, host: hostname(), startedAt };
  const text = `${JSON.stringify(holder)}\n`;
  // Several attempts, because a dead lock is moved away by one of those who want it.
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      await writeFile(path, text, { flag: "wx" });
      return { holder, release: () => release(path, text) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw diskRefusal(path, error);
    }
    const found = await readLock(path);
    if (found === undefined) continue; // Released meanwhile.
    if (found.holder && isAlive(found.holder)) throw busy(folder, path, found.holder);
    await removeDead(path, found.text);
  }
  throw new EngineError("run.busy", `${folder}: another process is just opening this run`, {
    hint: "Try again in a moment.",
  });
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
    // Between being created and being filled a lock is empty for a moment; one that stays so was
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
 * Take a dead lock away. Moved first, then compared: of two that found it dead, the slower may have
 * got the new lock of the faster into its hands, and puts that back.
 */
async function removeDead(path: string, text: string): Promise<void> {
  const moved = temporaryName(path);
  try {
    await rename(path, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw diskRefusal(path, error);
  }
  const isDead = (await readFile(moved, "utf8").catch(() => text)) === text;
  if (!isDead) await link(moved, path).catch(() => {});
  await rm(moved, { force: true });
}

async function release(path: string, text: string): Promise<void> {
  const isOurs = (await readFile(path, "utf8").catch(() => undefined)) === text;
  if (isOurs) await unlink(path).catch(() => {}); // A folder that was removed has no lock either.
}
