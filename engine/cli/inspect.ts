/** `gramscope inspect`: what a checkpoint or a run holds, and whether it would open. */
import { formatOfficialRun, inspectOfficialRun } from "../checkpoints/describe-official.ts";
import { isOfficialRun } from "../checkpoints/official-run.ts";
import { formatRun, inspectRun } from "../runs/describe-run.ts";
import { isRun } from "../runs/run-directory.ts";
import { formatInspection, inspectPath } from "../weights/inspect.ts";

export async function runInspect(path: string, { json }: { json?: true }): Promise<void> {
  if (await isRun(path)) {
    const run = await inspectRun(path);
    console.log(json ? JSON.stringify(run) : formatRun(run));
    return;
  }
  if (await isOfficialRun(path)) {
    const run = await inspectOfficialRun(path);
    console.log(json ? JSON.stringify(run) : formatOfficialRun(run));
    return;
  }
  const inspection = await inspectPath(path);
  console.log(json ? JSON.stringify(inspection) : formatInspection(inspection));
}
