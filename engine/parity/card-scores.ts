/** Reports of probes for a model card: of the very model that is exported, or refused. */
import { EngineError } from "../protocol/errors.ts";
import { probeReport, type ProbeReport } from "../protocol/probe-report.ts";
import { readJson } from "../weights/model-tensors.ts";

/**
 * @param paths of reports that `gramscope probe --out` wrote
 * @param fingerprint of the exported model
 * @throws EngineError "path.missing", "config.invalid" for another file, "config.contradicts" for a
 *   report about another model
 */
export async function readScores(
  paths: readonly string[],
  fingerprint: string,
): Promise<ProbeReport[]> {
  const reports: ProbeReport[] = [];
  for (const path of paths) {
    const json = await readJson(path);
    if (json === undefined) throw new EngineError("path.missing", `${path}: no such file`);
    const parsed = probeReport.safeParse(json);
    if (!parsed.success) {
      throw new EngineError("config.invalid", `${path}: expected the report of a probe`, {
        hint: "gramscope probe ... --out writes one.",
      });
    }
    const { model } = parsed.data;
    if (model.fingerprint !== fingerprint) {
      throw new EngineError(
        "config.contradicts",
        `${path}: expected scores of the exported model (${fingerprint}), received those of ${model.name} (${model.fingerprint})`,
        { hint: "Measure the model that is exported, or leave the scores out." },
      );
    }
    reports.push(parsed.data);
  }
  return reports;
}
