/** Electron's utility process in the shape that engine-process.ts knows. */
import { constants } from "node:os";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { UtilityProcess } from "electron";
import type { EngineChild } from "./engine-process.ts";

/** Milliseconds that output may come after the end of the process that wrote it. */
const lateOutputMs = 300;

/** The part of Electron's class that is used here. */
export type Utility = Pick<UtilityProcess, "pid" | "stdout" | "stderr" | "kill"> & {
  once(event: "exit", listener: (code: number) => void): unknown;
};

/** @param child forked with its output in pipes */
export function adaptUtilityProcess(
  child: Utility,
  platform: NodeJS.Platform = process.platform,
): EngineChild {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error("internal: the engine's output is not in pipes");
  const relays = [relay(stdout), relay(stderr)] as const;
  const end = (signal: "SIGTERM" | "SIGKILL") => {
    // Electron's own kill() waits for the end on POSIX, and the window would stand still meanwhile.
    if (platform === "win32" || child.pid === undefined) child.kill();
    else {
      try {
        process.kill(child.pid, signal);
      } catch {
        // It ended at the same moment.
      }
    }
  };
  return {
    stdout: relays[0].output,
    stderr: relays[1].output,
    onExit: (listener) =>
      void child.once("exit", (code) => {
        const signal = platform === "win32" ? undefined : signalOf(code);
        void Promise.all(relays.map((one) => one.drain())).then(() => {
          if (signal === undefined) listener(code);
          else listener(undefined, signal);
        });
      }),
    terminate: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

/**
 * Electron takes every listener off the output when it reports the end, and the last words may come
 * after that: so they are listened for once more.
 */
function relay(source: NodeJS.ReadableStream) {
  const output = new PassThrough();
  const pass = (chunk: Buffer) => void output.write(chunk);
  const finish = () => void output.end();
  source.on("data", pass).once("end", finish);
  return {
    output,
    async drain(): Promise<void> {
      setImmediate(() => {
        if (!source.listeners("data").includes(pass)) source.on("data", pass).once("end", finish);
      });
      const limit = setTimeout(finish, lateOutputMs);
      // Nor may output that nobody reads hold up the news.
      await Promise.race([finished(output), delay(2 * lateOutputMs)]).catch(() => {});
      clearTimeout(limit);
      source.removeListener("data", pass);
    },
  };
}

/** Electron reports a signal as its number or, as a shell does, as 128 more. Ours are 0, 1 and 2. */
function signalOf(code: number): string | undefined {
  const number = code > 128 ? code - 128 : code;
  if (code < 3) return undefined;
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}
