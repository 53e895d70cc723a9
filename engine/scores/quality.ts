/** One number for dense quality where there are no labels: a weighted, robust mean of the scores. */
import { median, medianDeviation, sorted } from "../probes/statistics.ts";
import { EngineError } from "../protocol/errors.ts";
import { scoreNames, scores, type ImageScores, type ScoreName } from "./catalog.ts";

/** Not negative; a score that is left out does not count. */
export type QualityWeights = Readonly<Partial<Record<ScoreName, number>>>;

/**
 * Two questions of equal weight. Are the maps clean: they lose that when dense features decay
 * (DINOv3, section 4.1), but features without content may be clean too. Is a patch found again among
 * the others of its image, seen anew: noise loses that, and so do collapse and features that hold
 * nothing but the place.
 *
 * No weight: the CLS-patch cosine, which rises with decay, but also when the CLS token first learns;
 * the effective rank and the way there and back, which are highest for random weights; the Gram
 * distances, which a collapse takes to 0. docs/scores.md has the figures.
 */
export const defaultWeights: QualityWeights = {
  locality: 1 / 3,
  mapRoughness: 1 / 3,
  isolatedPeaks: 1 / 3,

  shiftMatching: 1 / 7,
  shiftContrast: 1 / 7,
  cropMatching: 1 / 7,
  cropContrast: 1 / 7,
  resolutionMatching: 1 / 7,
  resolutionContrast: 1 / 7,
  neighbourOrder: 1 / 7,
};

export interface Quality {
  /** [checkpoints][images], in robust deviations between images; 0 is the median checkpoint. */
  readonly values: readonly (readonly number[])[];
  /** Scores that took part, with the weights they had, which sum to 1. */
  readonly weights: QualityWeights;
}

/** No single score moves the mean by more than this, in deviations; on the way there it bends. */
const most = 3;

/**
 * Every score is turned so that more is better, measured from the image's median over the
 * checkpoints in units of the deviation between images (1.4826 MAD, the median checkpoint's), bent
 * towards +-3 (3 tanh(z / 3)), and averaged with the weights. The unit does not grow or shrink with how far the
 * checkpoints lie apart, so a score that hardly moves hardly counts.
 *
 * @param checkpoints scores of the same images, in the same order
 * @throws EngineError "option.invalid" for a weight that cannot be used, or when no weighed score
 *   is there for all
 */
export function denseQuality(
  checkpoints: readonly (readonly ImageScores[])[],
  weights: QualityWeights = defaultWeights,
): Quality {
  const used = scoreNames.filter((name) => {
    const weight = weights[name] ?? 0;
    checkWeight(name, weight);
    return weight > 0 && checkpoints.every((images) => images.every((s) => s[name] !== undefined));
  });
  if (used.length === 0) {
    throw new EngineError(
      "option.invalid",
      `Dense quality: none of the weighed scores is there for every image of every checkpoint`,
      { hint: `Weigh at least one of: ${scoreNames.join(", ")}.` },
    );
  }
  const total = used.reduce((sum, name) => sum + weights[name]!, 0);
  const values = checkpoints.map((images) => images.map(() => 0));
  for (const name of used) {
    const part = weights[name]! / total;
    standardised(name, checkpoints).forEach((images, c) =>
      images.forEach((value, i) => (values[c]![i]! += part * value)),
    );
  }
  return {
    values,
    weights: Object.fromEntries(used.map((name) => [name, weights[name]! / total])),
  };
}

function checkWeight(name: ScoreName, weight: number): void {
  const isDirected = scores[name].isBetter !== "neither";
  if (weight >= 0 && weight < Infinity && (isDirected || weight === 0)) return;
  throw new EngineError(
    "option.invalid",
    isDirected
      ? `weight of ${name}: expected a number from 0 on; received ${weight}`
      : `weight of ${name}: expected none, because neither way is better; received ${weight}`,
  );
}

/** [checkpoints][images] of one score. */
function standardised(
  name: ScoreName,
  checkpoints: readonly (readonly ImageScores[])[],
): number[][] {
  const { isBetter, resolution } = scores[name];
  const values = checkpoints.map((images) => images.map((image) => image[name]!));
  const spreads = values.map((column) => 1.4826 * medianDeviation(sorted(column)));
  const unit = Math.max(resolution, median(spreads));
  const sign = isBetter === "lower" ? -1 : 1;
  const centres = values[0]!.map((_, i) => median(values.map((column) => column[i]!)));
  return values.map((column) =>
    column.map((value, i) => most * Math.tanh((sign * (value - centres[i]!)) / unit / most)),
  );
}
