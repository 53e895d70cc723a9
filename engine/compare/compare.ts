/** Models against each other on the same images, without labels: scores, peak, decline, advice. */
import { freeze } from "../evaluation/frozen-backbone.ts";
import type { Executor } from "../executors/executor.ts";
import type { RopePrecision } from "../model/rope.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import { aggregateScores } from "../scores/aggregate.ts";
import type { ImageScores } from "../scores/catalog.ts";
import { defaultSettings, findDegradation } from "../scores/degradation.ts";
import { ImageScorer } from "../scores/score-image.ts";
import type { ViewTokens } from "../scores/views.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import { openCandidates, type Candidates } from "./candidates.ts";
import { checkSeries } from "./check-series.ts";
import { compareVersion, type ComparedModel, type CompareReport } from "./compare-report.ts";
import type { ImageSet } from "./image-set.ts";
import type { ScoreCache } from "./score-cache.ts";
import {
  baseTokens,
  planImages,
  scoreModel,
  type PlannedImage,
  type ScoreSettings,
} from "./score-model.ts";

export interface CompareOptions extends ScoreSettings {
  readonly executor: Executor;
  readonly cache: ScoreCache;
  readonly rope?: RopePrecision | undefined;
  /** A model whose Gram matrices the others' are measured from. */
  readonly reference?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @param fraction from 0 to 1, never less than before */
  readonly progress?: ((fraction: number, label: string) => void) | undefined;
  /** As soon as a model is scored. */
  readonly onModel?: ((model: ComparedModel) => void) | undefined;
}

/**
 * @throws EngineError of candidates and images that cannot be read, before anything is computed;
 *   "option.invalid" where a run has one trained checkpoint, "weights.shape" where one of its
 *   checkpoints is of another architecture; "cancelled"
 */
export async function compare(
  { kind, description, candidates }: Candidates,
  set: ImageSet,
  options: CompareOptions,
): Promise<CompareReport> {
  const started = performance.now();
  const opened = await openCandidates(candidates);
  if (kind === "run") checkSeries(description, opened);
  const comparing = new Comparing(set, opened[0]!.files.config.patch, options);
  const models: ComparedModel[] = [];
  try {
    const reference = options.reference ? await openModelFiles(options.reference) : undefined;
    for (const [i, { candidate, files }] of opened.entries()) {
      throwIfAborted(options.signal, "Comparing");
      const begun = performance.now();
      const within = (fraction: number) =>
        options.progress?.((i + fraction) / opened.length, candidate.name);
      within(0);
      const scored = await comparing.score(files, reference, within);
      const model: ComparedModel = {
        ...candidate,
        fingerprint: scored.fingerprint,
        isCached: scored.isCached,
        elapsedSeconds: (performance.now() - begun) / 1000,
        scores: aggregateScores(scored.images, options.seed),
        images: scored.images,
      };
      models.push(model);
      options.onModel?.(model);
    }
    options.progress?.(1, "Done");
  } finally {
    await comparing.dispose();
  }
  return {
    version: compareVersion,
    kind,
    description,
    data: {
      description: set.description,
      fingerprint: set.fingerprint,
      images: set.count,
      skipped: set.skipped,
    },
    settings: { side: options.side, seed: options.seed, reference: options.reference ?? null },
    models,
    degradation:
      models.length > 1
        ? findDegradation(models, { ...defaultSettings, seed: options.seed })
        : undefined,
    elapsedSeconds: (performance.now() - started) / 1000,
  };
}

/** What the models of one comparison share. */
class Comparing {
  private readonly scorer: ImageScorer;
  private planned: Promise<PlannedImage[]> | undefined;
  private referenceTokens: Promise<ViewTokens[]> | undefined;

  constructor(
    private readonly set: ImageSet,
    private readonly patch: number,
    private readonly options: CompareOptions,
  ) {
    this.scorer = new ImageScorer(options.executor);
  }

  async score(
    files: ModelFiles,
    reference: ModelFiles | undefined,
    progress: (fraction: number) => void,
  ): Promise<{ images: readonly ImageScores[]; isCached: boolean; fingerprint: string }> {
    const { executor, rope, cache, side, seed, signal } = this.options;
    const backbone = await freeze(files, executor, { rope, hasBefore: true });
    try {
      const { fingerprint } = backbone;
      const made = [
        fingerprint,
        reference ? await this.fingerprintOf(reference) : null,
        this.set.fingerprint,
        side,
        seed,
        executor.name,
      ];
      const known = await cache.read(made, this.set.count);
      if (known) return { images: known, isCached: true, fingerprint };
      const images = await scoreModel({
        backbone,
        scorer: this.scorer,
        images: await this.images(),
        reference: reference ? await this.tokensOf(reference) : undefined,
        signal,
        progress: (done, total) => progress(done / total),
      });
      await cache.write(made, images);
      return { images, isCached: false, fingerprint };
    } finally {
      await backbone.dispose();
    }
  }

  async dispose(): Promise<void> {
    await this.scorer.dispose();
  }

  /** Decoded when the first model needs them: a comparison that is known needs none. */
  private images(): Promise<PlannedImage[]> {
    this.planned ??= planImages(this.set, this.options, this.patch, this.options.signal);
    return this.planned;
  }

  private async fingerprintOf(files: ModelFiles): Promise<string> {
    const backbone = await freeze(files, this.options.executor, { rope: this.options.rope });
    return backbone.fingerprint;
  }

  private tokensOf(files: ModelFiles): Promise<ViewTokens[]> {
    this.referenceTokens ??= (async () => {
      const { executor, rope, signal } = this.options;
      const backbone = await freeze(files, executor, { rope });
      try {
        return await baseTokens(backbone, await this.images(), signal);
      } finally {
        await backbone.dispose();
      }
    })();
    return this.referenceTokens;
  }
}
