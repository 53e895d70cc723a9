/** A comparison from what was asked for to its report, for the command line and for pages. */
import { listCandidates } from "../compare/candidates.ts";
import { compare } from "../compare/compare.ts";
import type { ComparedModel, CompareReport } from "../compare/compare-report.ts";
import { openImageSet, type ImageSet } from "../compare/image-set.ts";
import { ReportCache } from "../compare/report-cache.ts";
import { ScoreCache } from "../compare/score-cache.ts";
import type { Executor } from "../executors/executor.ts";
import { cachedModelPath } from "../hub/model-name.ts";
import type { RopePrecision } from "../model/rope.ts";
import type { CompareWish } from "../protocol/measuring.ts";
import { defaultSettings, findDegradation } from "../scores/degradation.ts";
import type { Findings } from "../scores/recommendation.ts";
import type { Control } from "../session/control.ts";
import { ModelsAhead } from "./remaining-time.ts";

export interface CompareJob extends Control {
  /** Asked for when everything that can be refused without it is known. */
  readonly executor: () => Promise<Executor>;
  readonly rope: RopePrecision;
  readonly cache?: ScoreCache | undefined;
  /** The images are known, and which files are left out. */
  readonly onImages?: ((set: ImageSet) => void) | undefined;
  /**
   * As soon as a model is scored.
   * @param quality of the models so far, from the second trained one on; it shifts with each
   */
  readonly onModel?: ((model: ComparedModel, quality?: Findings["quality"]) => void) | undefined;
}

/** @throws EngineError as cachedModelPath, listCandidates, openImageSet and compare */
export async function runCompareJob(wish: CompareWish, job: CompareJob): Promise<CompareReport> {
  const { images, limit, size, seed } = wish;
  const { signal } = job;
  const paths: string[] = [];
  for (const place of wish.paths) paths.push(await cachedModelPath(place));
  const reference = wish.reference && (await cachedModelPath(wish.reference));
  const candidates = await listCandidates(paths);
  const set = await openImageSet({ images, limit, signal });
  job.onImages?.(set);
  const scored: ComparedModel[] = [];
  const ahead = new ModelsAhead(candidates.candidates.length);
  const report = await compare(candidates, set, {
    executor: await job.executor(),
    cache: job.cache ?? new ScoreCache(),
    rope: job.rope,
    reference,
    side: size,
    seed,
    signal,
    progress: (fraction, label) => job.progress(fraction, label, ahead.remainingMs(fraction)),
    onModel: (model) => {
      ahead.done(model.isCached, 1000 * model.elapsedSeconds);
      scored.push(model);
      job.onModel?.(model, qualityOf(scored, seed));
    },
  });
  // For the timeline of the run.
  if (candidates.kind === "run") await new ReportCache().write(paths[0]!, report);
  return report;
}

function qualityOf(
  models: readonly ComparedModel[],
  seed: number,
): Findings["quality"] | undefined {
  if (models.filter(({ step }) => step > 0).length < 2) return undefined;
  return findDegradation(models, { ...defaultSettings, seed }).quality;
}
