/** What the folder of a run holds, as plain data and as text: the answer of `gramscope inspect`. */
import { join } from "node:path";
import { lockHolder, type LockHolder } from "./lock.ts";
import { readMetrics, type StepMetrics } from "./metrics-log.ts";
import { listCheckpoints } from "./read-checkpoint.ts";
import { openRun, runPaths } from "./run-directory.ts";
import { snapshotSteps } from "./snapshots.ts";

export interface StudentInspection {
  /** "" where it is the only one. */
  readonly name: string;
  readonly checkpoints: readonly number[];
  readonly snapshots: readonly number[];
  readonly last: StepMetrics | undefined;
}

export interface RunInspection {
  readonly kind: "run";
  readonly path: string;
  readonly createdAt: string;
  readonly trains: string;
  readonly steps: number;
  readonly seed: number;
  readonly students: readonly StudentInspection[];
  /** Who writes to it now. */
  readonly writer: LockHolder | undefined;
}

/** @throws EngineError as openRun */
export async function inspectRun(folder: string): Promise<RunInspection> {
  const { recipe, createdAt, folder: path } = await openRun(folder);
  const names = recipe.students.length > 0 ? recipe.students.map(({ name }) => name) : [""];
  const students: StudentInspection[] = [];
  for (const name of names) {
    const own = join(path, name);
    students.push({
      name,
      checkpoints: (await listCheckpoints({ folder: own })).map(({ step }) => step),
      snapshots: await snapshotSteps(own),
      last: (await readMetrics(runPaths({ folder: own }).metrics)).at(-1),
    });
  }
  return {
    kind: "run",
    path,
    createdAt,
    trains: recipe.kind,
    steps: recipe.headWarmupSteps + recipe.steps,
    seed: recipe.seed,
    students,
    writer: await lockHolder(path),
  };
}

/** For people. @returns lines, without one at the end */
export function formatRun(run: RunInspection): string {
  const lines: [label: string, text: string][] = [
    ["path", run.path],
    ["kind", `run, ${run.trains}, at most ${run.steps} steps, seed ${run.seed}`],
    ["begun", run.createdAt],
  ];
  if (run.writer) lines.push(["writing", `process ${run.writer.pid} on ${run.writer.host}`]);
  for (const { name, checkpoints, snapshots, last } of run.students) {
    if (name !== "") lines.push(["student", name]);
    lines.push(["checkpoints", checkpoints.join(", ") || "none"]);
    if (snapshots.length > 0) lines.push(["snapshots", snapshots.join(", ")]);
    if (last) lines.push(["last step", Object.entries(last).map(shown).join("  ")]);
  }
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  return lines.map(([label, text]) => label.padEnd(width) + text).join("\n");
}

const shown = ([key, value]: readonly [string, number]) => `${key} ${Number(value.toPrecision(5))}`;
