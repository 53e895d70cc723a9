/**
 * training_metrics.json of the official code of DINOv3: one object a line, with the NaN and Infinity
 * of Python's json, the same iterations again after a resumption, and a last line that may be cut.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { pathError } from "./byte-range.ts";

/** NaN and infinities stand as they are. */
export type TrainingMetrics = { readonly iteration: number } & Readonly<Record<string, number>>;

/** A line holds two dozen numbers; a longer one is something else. */
const maxLine = 100_000;

/**
 * Every iteration that was logged, in order; of one that came twice the last.
 * @returns empty where there is no such file
 * @throws EngineError "path.unreadable"
 */
export async function readTrainingMetrics(path: string): Promise<TrainingMetrics[]> {
  const byIteration = new Map<number, TrainingMetrics>();
  const input = createReadStream(path, "utf8");
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const metrics = line.length > maxLine ? undefined : parseLine(line);
      if (metrics) byIteration.set(metrics.iteration, metrics);
    }
  } catch (error) {
    const refusal = pathError(path, error);
    if (refusal.code === "path.missing") return [];
    throw refusal;
  } finally {
    input.destroy();
  }
  return [...byIteration.values()].sort((a, b) => a.iteration - b.iteration);
}

/** What was logged at an iteration, or at the last one before it. @param metrics in order */
export function metricsAt(
  metrics: readonly TrainingMetrics[],
  iteration: number,
): TrainingMetrics | undefined {
  let [low, high] = [0, metrics.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (metrics[middle]!.iteration <= iteration) low = middle + 1;
    else high = middle;
  }
  return metrics[low - 1];
}

/** Numbers that JSON does not know, written as texts that it does. */
const bareNumbers = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

function parseLine(line: string): TrainingMetrics | undefined {
  let value: unknown;
  try {
    value = JSON.parse(
      line.replace(bareNumbers, (text) => (text.startsWith('"') ? text : `"${text}"`)),
    );
  } catch {
    return undefined; // Cut short, or not ours.
  }
  if (typeof value !== "object" || value === null) return undefined;
  const numbers = Object.entries(value).flatMap(([key, entry]): [string, number][] => {
    if (typeof entry === "number") return [[key, entry]];
    const isBare = entry === "NaN" || entry === "Infinity" || entry === "-Infinity";
    return isBare ? [[key, Number(entry)]] : [];
  });
  const metrics = Object.fromEntries(numbers);
  const { iteration } = metrics;
  return iteration !== undefined && Number.isSafeInteger(iteration)
    ? { ...metrics, iteration }
    : undefined;
}
