/** The built command line in a process of its own, in a folder of its own. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { built } from "./running-engine.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run `gramscope` with these arguments until it ends. */
export async function gramscope(
  args: readonly string[],
  {
    cwd,
    interruptAfterMs,
    env,
  }: { cwd?: string; interruptAfterMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [built("main.js"), ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGINT"), interruptAfterMs ?? 2 ** 30);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** @param use is handed an empty folder, and a look at what lies in it; gone afterwards */
export async function inFolder<T>(
  use: (folder: string, names: () => Promise<string[]>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "gramscope-cli-"));
  try {
    return await use(folder, async () => (await readdir(folder)).sort());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
