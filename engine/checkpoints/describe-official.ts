/** What the folder of an official run holds, as plain data and as text. */
import { readOfficialRun } from "./official-run.ts";
import type { TrainingMetrics } from "./training-metrics.ts";

export interface OfficialInspection {
  readonly kind: "official run";
  /** Absolute. */
  readonly path: string;
  /** Of its student, where config.yaml says it: "vit_large, patch 16". */
  readonly trains: string | undefined;
  /** In the order of training. NaN and infinities are null, as JSON has none. */
  readonly checkpoints: readonly {
    readonly iteration: number;
    readonly path: string;
    readonly metrics: Readonly<Record<string, number | null>> | undefined;
  }[];
  /** How many iterations were logged, each counted once. */
  readonly logged: number;
  readonly last: Readonly<Record<string, number | null>> | undefined;
}

/** @throws EngineError "path.missing", "path.unreadable" */
export async function inspectOfficialRun(path: string): Promise<OfficialInspection> {
  const { folder, checkpoints, metrics, config } = await readOfficialRun(path);
  const told = (key: string) => {
    const value = config.get(key);
    return typeof value === "string" ? value : undefined;
  };
  const [arch, patch] = [told("student.arch"), told("student.patch_size")];
  const trains = [arch, patch === undefined ? undefined : `patch ${patch}`].filter(
    (part) => part !== undefined,
  );
  return {
    kind: "official run",
    path: folder,
    trains: trains.length > 0 ? trains.join(", ") : undefined,
    checkpoints: checkpoints.map((checkpoint) => ({
      ...checkpoint,
      metrics: checkpoint.metrics && finite(checkpoint.metrics),
    })),
    logged: metrics.length,
    last: metrics.length > 0 ? finite(metrics.at(-1)!) : undefined,
  };
}

/** For people. @returns lines, without one at the end */
export function formatOfficialRun(run: OfficialInspection): string {
  const lines: [label: string, text: string][] = [
    ["path", run.path],
    ["kind", "run of the official code of DINOv3"],
  ];
  if (run.trains !== undefined) lines.push(["trains", run.trains]);
  lines.push(["logged", `${run.logged} iterations`]);
  if (run.last) lines.push(["last", shown(run.last)]);
  if (run.checkpoints.length === 0) lines.push(["checkpoints", "none"]);
  for (const { iteration, path, metrics } of run.checkpoints) {
    const loss = metrics?.["total_loss"];
    const told =
      loss === undefined ? "" : `total_loss ${loss === null ? "not finite" : short(loss)}  `;
    lines.push([`iteration ${iteration}`, told + path]);
  }
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  return lines.map(([label, text]) => label.padEnd(width) + text).join("\n");
}

function finite(metrics: TrainingMetrics): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).map(([key, value]) => [key, Number.isFinite(value) ? value : null]),
  );
}

function shown(metrics: Readonly<Record<string, number | null>>): string {
  return Object.entries(metrics)
    .map(([key, value]) => `${key} ${value === null ? "not finite" : short(value)}`)
    .join("  ");
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
