/** What to do about a run's dense quality, in words that give the reason. */
import { quantile, sorted } from "../probes/statistics.ts";
import type { Estimate } from "./aggregate.ts";
import { scores, type ScoreName } from "./catalog.ts";

export type Recommendation =
  /** Take this checkpoint as the Gram teacher of a refinement. */
  | { readonly kind: "teacher"; readonly step: number; readonly reason: string }
  /** There is no degradation to repair. */
  | { readonly kind: "none"; readonly reason: string }
  /** Too little was measured to tell. */
  | { readonly kind: "unclear"; readonly reason: string };

/** From the peak to the last checkpoint, positive when quality falls; in deviations between images. */
export interface Decline extends Estimate {
  /** The whole of {@link Estimate}'s interval is above 0. */
  readonly isBeyondImages: boolean;
  /** It is larger than what single checkpoints jump up and down by; unknown with fewer than five. */
  readonly isBeyondJitter: boolean | undefined;
  /** Deviation of a single checkpoint from its neighbours' line; of fewer than five, undefined. */
  readonly jitter: number | undefined;
}

export interface QualityPoint extends Estimate {
  readonly step: number;
  /** Means over images of what the recommendation speaks of, where it was measured. */
  readonly clsPatchCosine: number | undefined;
  readonly effectiveRank: number | undefined;
}

/** What was found in a run. */
export interface Findings {
  /** By step. Untrained weights, step 0, are shown and take no part in the search for a peak. */
  readonly quality: readonly QualityPoint[];
  /** Scores that make it up, with weights that sum to 1. */
  readonly weights: Readonly<Partial<Record<ScoreName, number>>>;
  readonly images: number;
  readonly peak: number;
  readonly last: number;
  /** 0 with no width where the last checkpoint is the peak. */
  readonly decline: Decline;
  /** Trained checkpoints whose quality is within the noise of the peak's, the peak among them. */
  readonly asGood: readonly number[];
}

/** From when on a decline is worth words. */
export interface Thresholds {
  /** Fewer images tell nothing. */
  readonly leastImages: number;
  /** A smaller decline, in deviations between images, is not worth a repair. */
  readonly leastDecline: number;
}

/** Fewer trained checkpoints have no shape. */
const leastCheckpoints = 3;

export function recommend(findings: Findings, settings: Thresholds): Recommendation {
  const { quality, images, peak, last, decline } = findings;
  const trained = quality.filter(({ step }) => step > 0);
  if (trained.length < leastCheckpoints) {
    return unclear(
      `too few checkpoints to tell: ${trained.length} trained ones, and a peak needs at least ${leastCheckpoints}`,
    );
  }
  if (images < settings.leastImages) {
    return unclear(
      `too few images to tell: ${images}, and noise is known from ${settings.leastImages} on`,
    );
  }
  if (peak === last) {
    return none(
      `there is no degradation to repair: dense quality is highest at the last checkpoint, step ${last}`,
    );
  }
  const fall = `from its peak at step ${peak} to step ${last} dense quality falls by ${amount(decline.mean)} deviations between images`;
  if (!decline.isBeyondImages) {
    return none(
      `there is no degradation to repair: ${fall}, which is within the noise of ${images} images (95 % bound ${amount(decline.low)}, for the best of ${trained.length} checkpoints)`,
    );
  }
  if (decline.isBeyondJitter === false) {
    return none(
      `there is no degradation to repair: ${fall}, no more than single checkpoints jump up and down by (deviation ${amount(decline.jitter!)})`,
    );
  }
  if (decline.mean < settings.leastDecline) {
    return none(
      `there is no degradation to repair: ${fall}, which is real but less than ${settings.leastDecline}`,
    );
  }
  return {
    kind: "teacher",
    step: peak,
    reason: [
      `${fall} (95 % sure of at least ${amount(decline.low)}, for the best of ${trained.length} checkpoints, on ${images} images)`,
      othersOf(findings),
      ...symptoms(findings),
      ...(decline.isBeyondJitter === undefined
        ? ["with fewer than five checkpoints it is not known how much single ones jump"]
        : []),
      ...cautions(findings),
    ].join("; "),
  };
}

function othersOf({ asGood, peak }: Findings): string {
  const others = asGood.filter((step) => step !== peak);
  return others.length === 0
    ? `no other checkpoint comes as near as noise`
    : `as good within noise: step ${others.join(", ")}`;
}

/** What the paper sees beside the decline: patches come to look like the CLS token. */
function symptoms({ quality, peak, last }: Findings): string[] {
  const [from, to] = [peak, last].map((step) => pointAt(quality, step).clsPatchCosine);
  if (from === undefined || to === undefined) return [];
  const course = `from ${amount(from)} to ${amount(to)}`;
  return [
    to - from > scores.clsPatchCosine.resolution
      ? `meanwhile the CLS-patch cosine rises ${course}, as in the paper's decay`
      : `the CLS-patch cosine does not rise (${course}), unlike in the paper's decay`,
  ];
}

/** What speaks against believing it. */
function cautions({ quality, peak }: Findings): string[] {
  const untrained = quality.find(({ step }) => step <= 0);
  const best = pointAt(quality, peak);
  const trained = quality.filter(({ step }) => step > 0);
  const ranks = trained.map(({ effectiveRank }) => effectiveRank ?? NaN);
  const usual = quantile(sorted(ranks), 0.5);
  return [
    ...(untrained && untrained.mean > best.mean
      ? [
          "but the untrained weights of step 0 score higher still, so these scores tell little about this model: check with labels",
        ]
      : []),
    ...(trained[0]!.step === peak
      ? ["but the peak is the first trained checkpoint: an earlier one may be better, or too young"]
      : []),
    ...(best.effectiveRank !== undefined && best.effectiveRank < usual / 2
      ? [
          `but its patches use only ${best.effectiveRank.toFixed(0)} directions, where ${usual.toFixed(0)} are usual in this run: it may be smooth because it is collapsing`,
        ]
      : []),
  ];
}

function pointAt(quality: Findings["quality"], step: number): QualityPoint {
  return quality.find((point) => point.step === step)!;
}

function unclear(reason: string): Recommendation {
  return { kind: "unclear", reason };
}

function none(reason: string): Recommendation {
  return { kind: "none", reason };
}

function amount(value: number): string {
  return value.toFixed(2);
}
