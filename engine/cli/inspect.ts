/** `gramscope inspect`: what a checkpoint holds, and whether it would open. */
import { formatInspection, inspectPath } from "../weights/inspect.ts";

export async function runInspect(path: string, { json }: { json?: true }): Promise<void> {
  const inspection = await inspectPath(path);
  console.log(json ? JSON.stringify(inspection) : formatInspection(inspection));
}
