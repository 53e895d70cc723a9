/** What is kept of a step whose loss or gradient was not finite, so that it can be run again. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedBatch } from "../data/batch.ts";
import { writeRecorded } from "../data/recorded.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Run } from "../runs/run-directory.ts";

/**
 * Write the batch as one can be trained on again.
 * @param done steps before the broken one
 * @returns the error, with what is kept where
 */
export async function divergedAt(
  error: EngineError,
  run: Run,
  done: number,
  batches: readonly LoadedBatch[],
): Promise<EngineError> {
  const step = done + 1;
  const folder = join(run.folder, "diverged", `step-${String(step).padStart(6, "0")}`);
  await mkdir(folder, { recursive: true });
  const batch = join(folder, "batch.safetensors");
  await writeRecorded(batch, batches);
  return new EngineError("train.diverged", `step ${step}: ${error.message}`, {
    hint: `${error.hint ?? ""} The batch is kept in ${batch}; the weights on disk are those of step ${done}.`,
    cause: error,
  });
}
