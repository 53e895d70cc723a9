/** What every labelled probe reports, as JSON: numbers with their intervals, and how they were got. */
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";

/** Raised when a reader of the older shape would misread a report. */
export const reportVersion = 1;

export const probeNames = [
  "knn",
  "linear",
  "segmentation",
  "depth",
  "correspondence",
  "discovery",
  "tracking",
  "few-shot",
] as const;
export type ProbeName = (typeof probeNames)[number];

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

export const probeReport = z.object({
  version: z.literal(reportVersion),
  probe: z.enum(probeNames),
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

/**
 * @param source what the text was read from, for the message
 * @throws EngineError "config.invalid" that names the first field that is wrong
 */
export function parseProbeReport(text: string, source: string): ProbeReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("config.invalid", `${source}: expected a probe's report: ${reason}`);
  }
  const parsed = probeReport.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  const place = path === "" ? "the whole" : path;
  throw new EngineError(
    "config.invalid",
    `${source}: expected a probe's report of version ${reportVersion}; ${place}: ${issue?.message ?? "is wrong"}`,
    { hint: "Write it again with `gramscope probe`." },
  );
}

/**
 * The items to draw: the best, those around the median and the worst, each place from its extreme
 * inward. An item is in one place only; with few items there are fewer of each, the median last.
 * @param scores of every item; NaN where an item has none, which leaves it out
 * @param each   most items a place
 * @returns best first, then median, then worst; equal scores in the order of the items
 */
export function pickCases(
  scores: ArrayLike<number>,
  isBetterHigher: boolean,
  each = 3,
): { readonly place: Place; readonly index: number; readonly score: number }[] {
  const sign = isBetterHigher ? -1 : 1;
  const order = Array.from({ length: scores.length }, (_, i) => i)
    .filter((i) => !Number.isNaN(scores[i]!))
    .sort((a, b) => sign * (scores[a]! - scores[b]!) || a - b);
  const count = order.length;
  const ends = Math.min(each, Math.ceil(count / 3));
  const worst = Math.min(ends, count - Math.min(ends, count));
  const middle = Math.min(each, Math.max(0, count - ends - worst), Math.ceil(count / 3));
  // At most what lies between the ends, so that no item is taken twice.
  const start = Math.min(
    Math.max(ends, Math.floor((count - middle) / 2)),
    Math.max(ends, count - worst - middle),
  );
  const taken = (place: Place, indices: readonly number[]) =>
    indices.map((index) => ({ place, index, score: scores[index]! }));
  return [
    ...taken("best", order.slice(0, ends)),
    ...taken("median", order.slice(start, start + middle)),
    ...taken("worst", order.slice(count - worst).reverse()),
  ];
}
