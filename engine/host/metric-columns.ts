/** The log of a run's steps as columns of numbers, by our names, whoever wrote it. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { readTrainingMetrics } from "../checkpoints/training-metrics.ts";
import { toWireTensor } from "../protocol/tensor.ts";

type Row = Readonly<Record<string, unknown>>;

/**
 * Line by line, so that a log of a hundred thousand steps does not hold the server up. Of a step
 * that was computed twice the last counts; a torn last line is passed over.
 */
export async function readColumns(file: string) {
  const rows = new Map<number, Row>();
  const isThere = (await stat(file).catch(() => undefined))?.isFile() === true;
  if (isThere) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const row = parsed(line);
      if (typeof row?.["step"] === "number") rows.set(row["step"], row);
    }
  }
  return columnsOf(rows);
}

/** Names of dinov3.md H.3 that are spelt otherwise here. */
const ownNames: Readonly<Record<string, string>> = {
  total_loss: "loss",
  dino_global_crops_loss: "dino_global",
  dino_local_crops_loss: "dino_local",
  ibot_loss: "ibot",
  koleo_loss: "koleo",
  gram_loss: "gram",
  wd: "weight_decay",
  mom: "momentum",
};

/** @throws EngineError as readTrainingMetrics */
export async function readOfficialColumns(file: string) {
  const rows = new Map<number, Row>();
  for (const { iteration, ...values } of await readTrainingMetrics(file)) {
    const own = Object.entries(values).map(([key, value]) => [ownNames[key] ?? key, value]);
    rows.set(iteration, Object.fromEntries(own) as Row);
  }
  return columnsOf(rows);
}

function columnsOf(rows: ReadonlyMap<number, Row>) {
  const keys = new Set<string>();
  for (const row of rows.values()) for (const key of Object.keys(row)) keys.add(key);
  keys.delete("step");
  const steps = [...rows.keys()].sort((a, b) => a - b);
  const column = (key: string) =>
    Float32Array.from(steps, (step) => {
      const value = rows.get(step)![key];
      return typeof value === "number" ? value : NaN;
    });
  return {
    steps: toWireTensor(Int32Array.from(steps), [steps.length]),
    columns: Object.fromEntries(
      [...keys].map((key) => [key, toWireTensor(column(key), [steps.length])]),
    ),
  };
}

function parsed(line: string): Row | undefined {
  try {
    return JSON.parse(line) as Row;
  } catch {
    return undefined;
  }
}
