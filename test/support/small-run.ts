/** The folder of a run as training leaves it, of a few small checkpoints: enough for what shows runs. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { checkpointName } from "../../engine/runs/checkpoint-layout.ts";
import { createRun } from "../../engine/runs/run-directory.ts";
import { fixtures } from "../weights/broken-models.ts";

/** @param steps of its checkpoints, which are all the same model */
export async function writeSmallRun(run: string, steps: readonly number[]): Promise<void> {
  await createRun(run, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
  for (const step of steps) {
    const place = path.join(run, "checkpoints", checkpointName(step));
    await mkdir(place, { recursive: true });
    await cp(path.join(fixtures, "mlp"), path.join(place, "teacher"), { recursive: true });
    await writeFile(path.join(place, "state.json"), "{}");
  }
  const lines = Array.from({ length: steps.at(-1)! }, (_, i) =>
    JSON.stringify({ step: i + 1, loss: 5 - i / 10, ibot: 2 - i / 20, lr: 5e-4 }),
  );
  await writeFile(path.join(run, "metrics.jsonl"), `${lines.join("\n")}\n`);
}
