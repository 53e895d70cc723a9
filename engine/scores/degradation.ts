/**
 * Where dense quality peaks in a run, whether it declines from there beyond noise, and which
 * checkpoint should be the Gram teacher, with the reason in words.
 */
import { mean, quantile, sorted } from "../probes/statistics.ts";
import { EngineError } from "../protocol/errors.ts";
import { estimate, resampledMeans } from "./aggregate.ts";
import type { ImageScores, ScoreName } from "./catalog.ts";
import { denseQuality, defaultWeights, type QualityWeights } from "./quality.ts";
import {
  recommend,
  type Decline,
  type Findings,
  type Recommendation,
  type Thresholds,
} from "./recommendation.ts";

export interface ScoredCheckpoint {
  readonly step: number;
  /** The same images in the same order at every checkpoint. */
  readonly images: readonly ImageScores[];
}

export interface DegradationSettings extends Thresholds {
  readonly weights: QualityWeights;
  /** Of the bootstrap. */
  readonly seed: number;
}

export const defaultSettings: DegradationSettings = {
  weights: defaultWeights,
  seed: 0,
  leastImages: 8,
  leastDecline: 0.1,
};

export interface Degradation extends Findings {
  readonly recommendation: Recommendation;
}

/**
 * The peak is the best of many, so it is partly luck, and an interval of its own would call luck a
 * decline. The interval here holds for all checkpoints at once (a max-t bootstrap over the images,
 * paired: Westfall & Young 1993), so it also holds for the one that was picked. One side, 5 %.
 *
 * @param series at least two checkpoints, in any order
 * @throws EngineError "option.invalid" for one checkpoint, a step twice, or checkpoints of different
 *   numbers of images; as denseQuality
 */
export function findDegradation(
  series: readonly ScoredCheckpoint[],
  settings: DegradationSettings = defaultSettings,
): Degradation {
  const checkpoints = [...series].sort((a, b) => a.step - b.step);
  checkSeries(checkpoints);
  const { values, weights } = denseQuality(
    checkpoints.map(({ images }) => images),
    settings.weights,
  );
  const drawn = resampledMeans(values, settings.seed);
  const quality = checkpoints.map(({ step, images }, c) => ({
    step,
    ...estimate(mean(values[c]!), drawn[c]!),
    clsPatchCosine: meanOfScore(images, "clsPatchCosine"),
    effectiveRank: meanOfScore(images, "effectiveRank"),
  }));

  const means = quality.map((point) => point.mean);
  const trained = checkpoints.flatMap(({ step }, c) => (step > 0 ? [c] : []));
  const end = checkpoints.length - 1;
  // Of equals the later: it has learnt more besides.
  const peak = trained.reduce((best, c) => (means[c]! >= means[best]! ? c : best), trained[0]!);
  const differences = trained.filter((c) => c !== end).map((c) => against(c, end, means, drawn));
  const decline = declineOf(
    peak === end ? undefined : against(peak, end, means, drawn),
    criticalValue(differences),
    jitterOf(trained.map((c) => means[c]!)),
  );
  const toPeak = trained.filter((c) => c !== peak).map((c) => against(peak, c, means, drawn));
  const reachOfPeak = criticalValue(toPeak);
  const isAsGood = (c: number) => {
    if (c === peak) return true;
    const { difference, error } = against(peak, c, means, drawn);
    return difference <= reachOfPeak * error;
  };
  const found = {
    quality,
    weights,
    images: values[0]!.length,
    peak: checkpoints[peak]!.step,
    last: checkpoints[end]!.step,
    decline,
    asGood: trained.filter(isAsGood).map((c) => checkpoints[c]!.step),
  };
  return { ...found, recommendation: recommend(found, settings) };
}

function checkSeries(checkpoints: readonly ScoredCheckpoint[]): void {
  const [first] = checkpoints;
  const refuse = (message: string, hint: string) => {
    throw new EngineError("option.invalid", message, { hint });
  };
  if (checkpoints.filter(({ step }) => step > 0).length < 2 || !first) {
    const steps = checkpoints.map(({ step }) => step).join(", ");
    refuse(
      `A decline needs at least two trained checkpoints; received ${steps === "" ? "none" : `step ${steps}`}`,
      "Let the run go on, or keep more of its checkpoints (checkpointEvery, keepEvery).",
    );
  }
  for (const [i, { step, images }] of checkpoints.entries()) {
    if (step === checkpoints[i - 1]?.step) {
      refuse(`Step ${step} is there twice`, "Give every checkpoint once.");
    }
    if (images.length === first!.images.length && images.length > 0) continue;
    refuse(
      `Step ${step}: expected scores of ${first!.images.length} images, as at step ${first!.step}; received ${images.length}`,
      "Every checkpoint is scored on the same images, at least one.",
    );
  }
}

function meanOfScore(images: readonly ImageScores[], name: ScoreName): number | undefined {
  const values = images.flatMap((image) => image[name] ?? []);
  return values.length === images.length ? mean(values) : undefined;
}

/** How much better one checkpoint is than another on the same images. */
interface Comparison {
  readonly difference: number;
  /** Standard error, over the drawn sets of images. */
  readonly error: number;
  /** (drawn - difference) / error, one a drawn set. */
  readonly deviations: Float64Array;
}

function against(
  one: number,
  other: number,
  means: readonly number[],
  drawn: readonly Float64Array[],
): Comparison {
  const difference = means[one]! - means[other]!;
  const offsets = drawn[one]!.map((value, t) => value - drawn[other]![t]! - difference);
  const squares = offsets.reduce((sum, value) => sum + value * value, 0);
  const error = Math.sqrt(squares / offsets.length);
  // Equal on all images: nothing is drawn apart.
  const deviations = error > 0 ? offsets.map((value) => value / error) : offsets;
  return { difference, error, deviations };
}

/** What the largest of all deviations stays below in 95 % of the drawn sets; 0 of nothing. */
function criticalValue(comparisons: readonly Comparison[]): number {
  if (comparisons.length === 0) return 0;
  const largest = comparisons[0]!.deviations.map((_, t) =>
    Math.max(...comparisons.map(({ deviations }) => deviations[t]!)),
  );
  return sorted(largest)[Math.floor(0.95 * (largest.length - 1))]!;
}

function declineOf(
  fall: Comparison | undefined,
  critical: number,
  jitter: number | undefined,
): Decline {
  const { difference, error } = fall ?? { difference: 0, error: 0 };
  const low = difference - critical * error;
  return {
    mean: difference,
    low,
    high: difference + critical * error,
    isBeyondImages: low > 0,
    // Two checkpoints jump: twice the deviation of their difference.
    isBeyondJitter: jitter === undefined ? undefined : difference > 2 * Math.SQRT2 * jitter,
    jitter,
  };
}

/**
 * What a checkpoint lies off the line between its neighbours, robustly: (a - 2 b + c) has six times
 * the variance of one of them. Steady rises and falls leave nothing.
 */
function jitterOf(means: readonly number[]): number | undefined {
  if (means.length < 5) return undefined;
  const bends = means.slice(2).map((next, i) => next - 2 * means[i + 1]! + means[i]!);
  const size = quantile(sorted(bends.map(Math.abs)), 0.5);
  return (1.4826 * size) / Math.sqrt(6);
}
