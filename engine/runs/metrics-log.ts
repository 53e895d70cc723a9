/**
 * metrics.jsonl: one JSON object a step, for charts and for everybody's own tools. It is cut back to
 * what a checkpoint recorded before a run goes on, so no step is in it twice.
 */
import { open, readFile, type FileHandle } from "node:fs/promises";
import { pathError } from "../weights/safetensors.ts";
import { runRefusal } from "./disk-full.ts";

/** The order of the keys in a line (design.md, section 4). Others follow as they are given. */
export const metricKeys = [
  "step",
  "loss",
  "dino_global",
  "dino_local",
  "ibot",
  "koleo",
  "gram",
  "lr",
  "weight_decay",
  "momentum",
  "teacher_temp",
  "grad_norm",
  "images_per_s",
  "elapsed_s",
] as const;
export type MetricKey = (typeof metricKeys)[number];

/** What one step is told by. Loss terms are unweighted; `loss` is the weighted sum. */
export type StepMetrics = { readonly step: number } & Readonly<Record<string, number>>;

export interface MetricsLog {
  /** What a checkpoint records. */
  readonly byteLength: number;
  /**
   * One line. A key without a finite value is left out: JSON has no NaN.
   * @throws EngineError "disk.full", "path.unwritable"; no part of the line is left behind then
   */
  append(
    metrics: { readonly step: number } & Readonly<Record<string, number | undefined>>,
  ): Promise<void>;
  /**
   * Forget everything past this length. A file that is shorter, or has no line's end there, was
   * edited since; it is cut to whole lines rather than refused, as nothing is computed from it.
   */
  cutBack(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Open for appending; a missing file is made, a torn last line is cut off.
 * @throws EngineError "path.unwritable", "disk.full"
 */
export async function openMetricsLog(path: string): Promise<MetricsLog> {
  const handle = await open(path, "a+").catch((error: unknown) => {
    throw runRefusal(path, error);
  });
  let byteLength = 0;
  const cutBack = async (bytes: number) => {
    byteLength = await endOfLine(handle, Math.min(bytes, (await handle.stat()).size));
    await handle.truncate(byteLength);
  };
  try {
    if ((await handle.stat()).isFile()) await cutBack(Infinity);
  } catch (error) {
    await handle.close();
    throw runRefusal(path, error);
  }
  return {
    get byteLength() {
      return byteLength;
    },
    async append(metrics) {
      const line = Buffer.from(encodeLine(metrics));
      try {
        await handle.appendFile(line);
        byteLength += line.length;
      } catch (error) {
        await handle.truncate(byteLength).catch(() => {}); // The first error is the one to report.
        throw runRefusal(path, error);
      }
    },
    cutBack: (bytes) =>
      cutBack(bytes).catch((error: unknown) => {
        throw runRefusal(path, error);
      }),
    async close() {
      await handle.sync().catch(() => {}); // Not every file system can.
      await handle.close();
    },
  };
}

/**
 * Every step of a log by its number; of a step that was computed twice the last. Lines that are cut
 * short are passed over, so a log can be read while it is written. No file, no steps.
 * @throws EngineError "path.unreadable"
 */
export async function readMetrics(path: string): Promise<StepMetrics[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const refusal = pathError(path, error);
    if (refusal.code === "path.missing") return [];
    throw refusal;
  }
  const bySteps = new Map<number, StepMetrics>();
  for (const line of text.split("\n")) {
    const metrics = parseLine(line);
    if (metrics) bySteps.set(metrics.step, metrics);
  }
  return [...bySteps.values()].sort((a, b) => a.step - b.step);
}

function encodeLine(metrics: Readonly<Record<string, number | undefined>>): string {
  const keys = new Set<string>([...metricKeys, ...Object.keys(metrics)]);
  const finite = [...keys].flatMap((key) => {
    const value = metrics[key];
    return value !== undefined && Number.isFinite(value) ? [[key, value] as const] : [];
  });
  return `${JSON.stringify(Object.fromEntries(finite))}\n`;
}

function parseLine(line: string): StepMetrics | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const numbers = Object.entries(value).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  const metrics = Object.fromEntries(numbers);
  const { step } = metrics;
  return step !== undefined && Number.isInteger(step) ? { ...metrics, step } : undefined;
}

/** The end of the last whole line within the first `bytes`; 0 when there is none. */
async function endOfLine(handle: FileHandle, bytes: number): Promise<number> {
  const buffer = Buffer.alloc(64 * 1024);
  for (let end = bytes; end > 0;) {
    const start = Math.max(0, end - buffer.length);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
