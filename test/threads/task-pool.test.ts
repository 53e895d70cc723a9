/** A pool is disposed of when its threads have ended, those as well whose task was cancelled. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TaskPool } from "../../engine/threads/task-pool.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-threads-"));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * Opens a pipe that nobody writes into: the system holds the thread there, cancelled or not. Calls to
 * the system begin in their order, so once the mark is there, the pipe is being opened.
 */
const thread = `
import { open, writeFile } from "node:fs/promises";
export async function openPipe(path) {
  const opened = open(path);
  await writeFile(path + ".begun", "");
  await (await opened).close();
  return { value: true };
}
`;

it.skipIf(process.platform === "win32")(
  "waits for a thread that is still in a file when its task was cancelled (skipped on Windows: no named pipes in folders)",
  async () => {
    const threadFile = join(folder, "thread.mjs");
    const pipe = join(folder, "pipe");
    await writeFile(threadFile, thread);
    await promisify(execFile)("mkfifo", [pipe]);
    const pool = new TaskPool("thread.mjs", { threadFile, threads: 1 });
    const abort = new AbortController();
    const task = pool.run({ name: "openPipe", data: pipe, what: "Opening" }, abort.signal);
    await expect.poll(() => existsSync(`${pipe}.begun`)).toBe(true);
    abort.abort();
    await expect(task).rejects.toMatchObject({ code: "cancelled" });
    let isDisposed = false;
    const disposed = pool.dispose().then(() => (isDisposed = true));
    await wait(300);
    expect(isDisposed).toBe(false);
    await (await open(pipe, "w")).close();
    await disposed;
    expect(isDisposed).toBe(true);
  },
);
