/** `gramscope scenes`: a set of the built-in world as a folder of labelled data. */
import { availableParallelism } from "node:os";
import type { Task } from "../labels/labelled.ts";
import { exportScenes } from "../scene-files/export-scenes.ts";
import type { ImageFormat } from "../scene-files/folder-writer.ts";
import { terminalProgress } from "./terminal-progress.ts";

export const sceneTasks = [
  "segmentation",
  "depth",
  "classification",
  "discovery",
  "tracking",
  "correspondence",
] as const satisfies readonly Task[];

export interface ScenesVerbOptions {
  readonly task: (typeof sceneTasks)[number];
  readonly out: string;
  readonly train: number;
  readonly test: number;
  readonly size: number;
  readonly seed: number;
  readonly pairs?: "views" | "instances";
  readonly frames?: number;
  readonly format: ImageFormat;
  readonly threads?: number;
  readonly json?: true;
}

export async function runScenes(options: ScenesVerbOptions): Promise<void> {
  const { task, out, train, test, size, seed, pairs, frames, format, threads } = options;
  const { signal, progress } = terminalProgress();
  const started = performance.now();
  const written = await exportScenes(task, out, {
    set: { seed, side: size, train, test, pairs, frames },
    format,
    threads: threads ?? availableParallelism(),
    signal,
    progress: (done, total) => {
      const each = (performance.now() - started) / done;
      progress(done / total, `Scene ${done} of ${total}`, each * (total - done));
    },
  });
  const elapsedSeconds = Math.round(performance.now() - started) / 1000;
  if (options.json) {
    console.log(JSON.stringify({ out, ...written, elapsedSeconds }));
    return;
  }
  const { layout, leftOut, description } = written;
  const without = leftOut === 0 ? "" : `; ${leftOut} without a label left out`;
  console.log(`${description}${without}\n${out}: layout ${layout}, in ${elapsedSeconds} s`);
}
