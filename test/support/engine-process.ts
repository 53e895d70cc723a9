/** The real engine as a process of its own: the built `gramscope serve`. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

export interface EngineProcess {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const repository = path.join(import.meta.dirname, "../..");
const address = z.object({ url: z.string(), port: z.number() });

/**
 * @param options further options of `serve`
 * @param env     variables beside those of this process
 */
export async function startEngine(
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<EngineProcess> {
  const main = path.join(repository, "dist/engine/main.js");
  const port = options.includes("--port") ? [] : ["--port", "0"];
  const child = spawn(process.execPath, [main, "serve", "--json", ...port, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true) throw new Error(`The engine did not start: ${errors}`);
  return {
    ...address.parse(JSON.parse(first.value)),
    process: child,
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill(signal);
      await gone;
    },
  };
}
