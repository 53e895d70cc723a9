/** Scores of many images in one number each, with what the choice of images may change about it. */
import { quantile, sorted, mean } from "../probes/statistics.ts";
import { EngineError } from "../protocol/errors.ts";
import { Draws } from "../random/draws.ts";
import { scoreNames, type ImageScores, type ScoreName } from "./catalog.ts";

/** A mean over images with its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface Aggregate extends Estimate {
  /** One an image, in their order: pairs with those of another checkpoint. */
  readonly values: readonly number[];
}

export type AggregatedScores = Readonly<Partial<Record<ScoreName, Aggregate>>>;

export interface PairedDifference extends Estimate {
  /** The interval does not hold 0. */
  readonly isBeyondNoise: boolean;
}

const times = 2000;
/** Keys the draws of the bootstrap. */
const purpose = 0x5c07e;

/**
 * Mean over images, and the percentile bootstrap's interval (Efron 1979): 2000 times as many images
 * as there are, drawn with replacement. A score is in it when all images have it.
 *
 * @throws EngineError "data.empty" without an image
 */
export function aggregateScores(images: readonly ImageScores[], seed: number): AggregatedScores {
  if (images.length === 0) throw new EngineError("data.empty", "Scores of no image have no mean");
  const found = scoreNames.flatMap((name) => {
    const values = images.map((image) => image[name]);
    return values.every((value) => value !== undefined) ? [{ name, values }] : [];
  });
  const drawn = resampledMeans(
    found.map(({ values }) => values),
    seed,
  );
  return Object.fromEntries(
    found.map(({ name, values }, k) => [name, { ...estimate(mean(values), drawn[k]!), values }]),
  );
}

/**
 * Mean of a - b over the images, paired: what the images themselves differ in drops out. The same
 * bootstrap as {@link aggregateScores}.
 *
 * @throws EngineError "option.invalid" when the two are not of the same images, or of fewer than two
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  seed: number,
): PairedDifference {
  if (a.length !== b.length || a.length < 2) {
    throw new EngineError(
      "option.invalid",
      `A paired difference needs the same images twice, at least two: received ${a.length} and ${b.length}`,
    );
  }
  const differences = a.map((value, i) => value - b[i]!);
  const [drawn] = resampledMeans([differences], seed);
  const found = estimate(mean(differences), drawn!);
  return { ...found, isBeyondNoise: found.low > 0 || found.high < 0 };
}

/**
 * Means of each column over images drawn anew; every column sees the same draws.
 * @param columns one value an image, all of one length
 * @returns [columns][2000]
 */
export function resampledMeans(
  columns: readonly (readonly number[])[],
  seed: number,
): Float64Array[] {
  const count = columns[0]?.length ?? 0;
  const means = columns.map(() => new Float64Array(times));
  const drawn = new Int32Array(count);
  for (let t = 0; t < times; t++) {
    const draws = new Draws(seed, purpose, t);
    for (let i = 0; i < count; i++) drawn[i] = draws.below(count);
    columns.forEach((column, k) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += column[drawn[i]!]!;
      means[k]![t] = sum / count;
    });
  }
  return means;
}

export function estimate(centre: number, drawn: Float64Array): Estimate {
  const ascending = sorted(drawn);
  return { mean: centre, low: quantile(ascending, 0.025), high: quantile(ascending, 0.975) };
}
