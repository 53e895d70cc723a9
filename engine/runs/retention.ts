/** Which checkpoints of a run are kept, and the removal of the others. */
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkpointName } from "./checkpoint-layout.ts";
import { temporaryName } from "../files/durable.ts";
import { runPaths, type Run } from "./run-directory.ts";
import { runRefusal } from "./disk-full.ts";

export interface Retention {
  /** The newest so many; at least 1 is kept. */
  readonly keepLast: number;
  /** And every multiple of this, for ever; 0 for none. */
  readonly keepEvery: number;
}

/** @returns the steps to remove, oldest first */
export function stepsToRemove(
  present: readonly number[],
  { keepLast, keepEvery }: Retention,
): number[] {
  const ordered = [...present].sort((a, b) => a - b);
  return ordered
    .slice(0, -Math.max(1, keepLast))
    .filter((step) => keepEvery === 0 || step % keepEvery !== 0);
}

/**
 * Remove checkpoints. Each leaves its name first, so one that was half removed is never taken for
 * whole.
 * @throws EngineError "path.unwritable"
 */
export async function removeCheckpoints(
  run: Pick<Run, "folder">,
  steps: readonly number[],
): Promise<void> {
  for (const step of steps) {
    const folder = join(runPaths(run).checkpoints, checkpointName(step));
    const aside = temporaryName(folder);
    try {
      await rename(folder, aside);
      await rm(aside, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw runRefusal(folder, error);
    }
  }
}
