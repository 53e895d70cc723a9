/** What every labelled probe reports, as JSON: numbers with their intervals, and how they were got. */
import { z } from "zod";

export const labelledProbeNames = [
  "knn",
  "linear",
  "segmentation",
  "depth",
  "correspondence",
  "discovery",
  "tracking",
  "few-shot",
] as const;
export type LabelledProbeName = (typeof labelledProbeNames)[number];

/** A fraction lies in 0..1 and is shown as a percentage; "log metres" is natural logarithms. */
export const units = ["fraction", "metres", "log metres", "pixels", "none"] as const;

/** JSON has no NaN and no infinity: what has no value is left out of the numbers. */
const reportedNumber = z.object({
  /** As papers write it: "mIoU", "RMSE", "top-1, k = 10". */
  name: z.string().min(1),
  value: z.number(),
  /** The ends of the 95 % interval; absent where none was computed. */
  low: z.number().optional(),
  high: z.number().optional(),
  unit: z.enum(units),
  isBetterHigher: z.boolean(),
});
export type ReportedNumber = z.infer<typeof reportedNumber>;

const reportedCase = z.object({
  /** Of the item: a path, or "scene 12". */
  name: z.string(),
  /** Of this item alone, in the unit of the first number. */
  score: z.number(),
  place: z.enum(["best", "median", "worst"]),
  /** Of the item in the set's test split, or in its items where it has no splits. */
  index: z.int().nonnegative(),
  /** A picture of it, by its path from the report's folder; absent where none was written. */
  picture: z.string().min(1).optional(),
  /** What that picture shows, in words. */
  caption: z.string().optional(),
});
export type ReportedCase = z.infer<typeof reportedCase>;
export type Place = ReportedCase["place"];

const setting = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.union([z.string(), z.number()])),
]);

/** Raised when a reader of the older shape would misread a report. */
export const reportVersion = 1;

export const probeReport = z.object({
  version: z.literal(reportVersion),
  probe: z.enum(labelledProbeNames),
  model: z.object({ name: z.string(), fingerprint: z.string() }),
  /** `description` and `fingerprint` of the labelled set. */
  data: z.object({ description: z.string(), fingerprint: z.string() }),
  /** "paper", or another name that the probe documents. */
  preset: z.string(),
  /** Everything that changes the numbers, every default written out, what a sweep chose too. */
  settings: z.record(z.string(), setting),
  seed: z.int().nonnegative(),
  /** The first is the one that stands for the probe. */
  numbers: z.array(reportedNumber).min(1),
  /** The first number class by class; null where no item has the class. */
  perClass: z.array(z.object({ name: z.string(), value: z.number().nullable() })).optional(),
  cases: z.array(reportedCase),
  elapsedSeconds: z.number().nonnegative(),
});
export type ProbeReport = z.infer<typeof probeReport>;
export type ReportSettings = ProbeReport["settings"];
