/** Whole commands as a user runs them: wall-clock time and peak memory of a fresh process. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { summarise, timed, type Summary } from "./statistics.ts";

const run = promisify(execFile);

/** Milliseconds of `node main ARGS`, start of Node included. */
export async function timeCommand(
  main: string,
  args: readonly string[],
  runs: number,
): Promise<Summary> {
  const times = [];
  for (let i = 0; i < runs; i++) {
    times.push(await timed(() => run(process.execPath, [main, ...args])));
  }
  return summarise(times);
}

const output = z.object({ peakMemoryBytes: z.number() });

/** Peak resident bytes of `features` over one image at one size. */
export async function featuresMemory(
  main: string,
  model: string,
  image: string,
  size: string,
  out: string,
): Promise<number> {
  const args = ["features", "--json", "--device", "cpu"];
  const files = ["--model", model, "--image", image, "--size", size, "--out", out];
  const { stdout } = await run(process.execPath, [main, ...args, ...files]);
  return output.parse(JSON.parse(stdout)).peakMemoryBytes;
}
