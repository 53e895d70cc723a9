/** A probe's report read from a file, and which items it shows. Its shape is the protocol's. */
import { EngineError } from "../protocol/errors.ts";
import {
  probeReport,
  reportVersion,
  type Place,
  type ProbeReport,
} from "../protocol/probe-report.ts";

export {
  labelledProbeNames as probeNames,
  probeReport,
  reportVersion,
  type LabelledProbeName as ProbeName,
  type Place,
  type ProbeReport,
  type ReportedCase,
  type ReportedNumber,
  type ReportSettings,
} from "../protocol/probe-report.ts";

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
