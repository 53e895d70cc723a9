/** What a comparison of models without labels finds: scores, where quality peaks, and the advice. */
import { z } from "zod";

export const scoreNames = [
  "clsPatchCosine",
  "locality",
  "reach",
  "mapRoughness",
  "isolatedPeaks",
  "shiftMatching",
  "shiftContrast",
  "cropMatching",
  "cropContrast",
  "resolutionMatching",
  "resolutionContrast",
  "neighbourOrder",
  "cycleConsistency",
  "effectiveRank",
  "normOutliers",
  "normRatio",
  "gramToFine",
  "gramToReference",
] as const;
export type ScoreName = (typeof scoreNames)[number];
export const scoreName = z.enum(scoreNames);

/** A mean over images with its 95 % interval. */
const estimateParts = { mean: z.number(), low: z.number(), high: z.number() };
export const estimate = z.object(estimateParts);

export const aggregate = z.object({
  ...estimateParts,
  /** One an image, in their order: pairs with those of another model. */
  values: z.array(z.number()).readonly(),
});

/** A score is absent where what it needs was not given. */
export const imageScores = z.partialRecord(scoreName, z.number());

const candidateParts = {
  name: z.string(),
  /** Its place on the timeline: the step of a checkpoint, or 1, 2, 3 .. of models that are listed. */
  step: z.number(),
  path: z.string(),
};

/** A model with its scores, but for those of single images. */
export const scoredModel = z.object({
  ...candidateParts,
  /** Of the weights and of how they are used. */
  fingerprint: z.string(),
  /** Its scores were known from before. */
  isCached: z.boolean(),
  elapsedSeconds: z.number(),
  scores: z.partialRecord(scoreName, aggregate),
});
export type ScoredModel = z.infer<typeof scoredModel>;

export const comparedModel = z.object({
  ...scoredModel.shape,
  /** One entry an image, in the order of the set. */
  images: z.array(imageScores).readonly(),
});
export type ComparedModel = z.infer<typeof comparedModel>;

/** What to do about a run's dense quality, with the reason in words. */
export const recommendation = z.discriminatedUnion("kind", [
  /** Take this checkpoint as the Gram teacher of a refinement. */
  z.object({ kind: z.literal("teacher"), step: z.number(), reason: z.string() }),
  /** There is no degradation to repair. */
  z.object({ kind: z.literal("none"), reason: z.string() }),
  /** Too little was measured to tell. */
  z.object({ kind: z.literal("unclear"), reason: z.string() }),
]);

/** Where dense quality peaks and whether it declines from there; engine/scores/degradation.ts finds it. */
export const degradation = z.object({
  /** By step, in deviations between images; 0 is the median checkpoint. */
  quality: z
    .array(
      z.object({
        ...estimateParts,
        step: z.number(),
        clsPatchCosine: z.number().optional(),
        effectiveRank: z.number().optional(),
      }),
    )
    .readonly(),
  /** Scores that make it up, with weights that sum to 1. */
  weights: z.partialRecord(scoreName, z.number()),
  images: z.int(),
  peak: z.number(),
  last: z.number(),
  /** From the peak to the last checkpoint, positive when quality falls. */
  decline: z.object({
    ...estimateParts,
    isBeyondImages: z.boolean(),
    /** Unknown with fewer than five trained checkpoints, as is the jitter. */
    isBeyondJitter: z.boolean().optional(),
    jitter: z.number().optional(),
  }),
  /** Steps of trained checkpoints whose quality is within the noise of the peak's. */
  asGood: z.array(z.number()).readonly(),
  recommendation,
});

/** Raised when a reader of the older shape would misread a report. */
export const compareVersion = 1;

export const compareReport = z.object({
  version: z.literal(compareVersion),
  /** A run's checkpoints are a timeline; of models that are listed, their order is taken for one. */
  kind: z.enum(["run", "models"]),
  description: z.string(),
  data: z.object({
    description: z.string(),
    fingerprint: z.string(),
    images: z.int(),
    /** Files that could not be read. */
    skipped: z
      .array(z.object({ file: z.string(), reason: z.string() }))
      .readonly()
      .optional(),
  }),
  settings: z.object({ side: z.int(), seed: z.int(), reference: z.string().nullable() }),
  models: z.array(comparedModel).readonly(),
  /** Absent where there is one model. */
  degradation: degradation.optional(),
  elapsedSeconds: z.number(),
});
export type CompareReport = z.infer<typeof compareReport>;
