/** The last comparison of every run, kept beside its scores, so that a timeline can show what it found. */
import { createHash } from "node:crypto";
import { mkdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { CompareReport } from "../protocol/comparison.ts";
import { keptComparison, type KeptComparison } from "../protocol/timeline.ts";
import { writeText } from "../files/durable.ts";
import { cacheFolder } from "./score-cache.ts";

/** Raised when the shape changes; what was kept before is computed again. */
const keptVersion = 1;

const entry = z.object({
  version: z.literal(keptVersion),
  /** What tells this run from an earlier one in the same folder. */
  run: z.string(),
  /** By step, when each checkpoint was last written, in milliseconds. */
  written: z.record(z.string(), z.number()),
  comparison: keptComparison,
});

export class ReportCache {
  constructor(private readonly folder = join(cacheFolder(), "reports")) {}

  /** A cache that cannot be written to costs time, and nothing else. @param run its folder */
  async write(run: string, report: CompareReport): Promise<void> {
    try {
      const written: Record<string, number> = {};
      for (const { step, path } of report.models) written[step] = await changedAt(path);
      const kept = { version: keptVersion, run: await identityOf(run), written };
      await mkdir(this.folder, { recursive: true });
      const text = JSON.stringify({ ...kept, comparison: withoutImages(report) });
      await writeText(await this.file(run), `${text}\n`);
    } catch (error) {
      console.error(`The comparison could not be kept in ${this.folder}: ${String(error)}`);
    }
  }

  /**
   * @param checkpoints those that the run has now; one that was written anew has lost its scores, and
   *   with them the verdict
   * @returns undefined where this run was not compared
   */
  async read(
    run: string,
    checkpoints: readonly { readonly step: number; readonly path: string }[],
  ): Promise<KeptComparison | undefined> {
    try {
      const text = await readFile(await this.file(run), "utf8");
      const kept = entry.parse(JSON.parse(text));
      if (kept.run !== (await identityOf(run))) return undefined;
      const changed = new Set<number>();
      for (const { step, path } of checkpoints) {
        const then = kept.written[step];
        if (then !== undefined && then !== (await changedAt(path))) changed.add(step);
      }
      if (changed.size === 0) return kept.comparison;
      const { degradation: _, models, ...rest } = kept.comparison;
      return { ...rest, models: models.filter(({ step }) => !changed.has(step)) };
    } catch {
      return undefined; // Absent, damaged, or of a run that is gone.
    }
  }

  private async file(run: string): Promise<string> {
    const key = createHash("sha256").update(await realpath(run));
    return join(this.folder, `${key.digest("hex").slice(0, 32)}.json`);
  }
}

function withoutImages({ description, data, models, degradation }: CompareReport): KeptComparison {
  return {
    kind: "run",
    description,
    data: data.description,
    models: models.map(({ name, step, scores }) => ({
      name,
      step,
      scores: Object.fromEntries(
        Object.entries(scores).map(([key, { mean, low, high }]) => [key, { mean, low, high }]),
      ),
    })),
    ...(degradation ? { degradation } : {}),
  };
}

/** When the file of a run was written that stays as it is while the run goes on. */
async function identityOf(run: string): Promise<string> {
  for (const name of ["run.json", "config.yaml"]) {
    const info = await stat(join(run, name)).catch(() => undefined);
    if (info) return `${name} ${info.mtimeMs}`;
  }
  throw new Error(`${run}: no run`);
}

const changedAt = async (path: string) => (await stat(path)).mtimeMs;
