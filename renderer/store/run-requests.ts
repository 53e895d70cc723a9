/** What the page asks of runs: their curves, and maps of the photographs that they watch. */
import type { Geometry, PatchPosition } from "../../engine/protocol/geometry.ts";
import { toWireError } from "../../engine/protocol/errors.ts";
import type { PayloadInput } from "../../engine/protocol/messages.ts";
import { curvesOf, type Curves } from "./curves.ts";
import type { Look, Services } from "./look.ts";
import type { ShownRun, WatchView } from "./train-state.ts";

/** @throws EngineError of the engine */
export async function readRun({ engine }: Services, folder: string): Promise<ShownRun> {
  const record = await engine.call("run.open", { folder });
  const curves = new Map<string, Curves>();
  for (const { name } of record.students) {
    const { steps, columns } = await engine.call("run.metrics", { folder, student: name });
    curves.set(name, curvesOf(steps, columns));
  }
  return { record, curves };
}

/** The picture of the watched photograph as it is wished for. */
export async function askWatch(
  set: (change: Partial<Look>) => void,
  get: () => Look,
  { engine }: Services,
): Promise<void> {
  const { runs, watch } = get();
  const run = runs[0];
  const student = run?.record.students.find(({ name }) => name === watch.student);
  const step = watch.step === "latest" ? student?.snapshots.at(-1) : watch.step;
  if (!run || !student || step === undefined) return;
  const { folder } = run.record;
  const snapshot = { folder, student: student.name, step, image: watch.image };
  const first = student.snapshots[0];
  const basis = watch.isBasisHeld && first !== undefined ? { basis: first } : {};
  const call = callOf(watch, get().watchAnswer?.geometry.grid);
  const answer = await engine
    .call("run.probe", { snapshot, call, ...basis }, { view: "watch" })
    .catch((thrown: unknown) => {
      const { code, message, hint } = toWireError(thrown);
      if (code !== "cancelled" && code !== "connection.lost") get().notify("error", message, hint);
      return undefined;
    });
  if (answer) set({ watchAnswer: { ...answer, step } });
}

/** @param grid of the picture before, in whose middle the first query lies */
function callOf(
  { probe, patch }: WatchView,
  grid: Geometry["grid"] | undefined,
): PayloadInput<"run.probe">["call"] {
  switch (probe) {
    case "pca":
      return { probe, options: {} };
    case "gram":
      return { probe, options: { side: 256 } };
    case "cosine":
      return { probe, options: { queries: [patch ?? middleOf(grid)], matches: 0 } };
  }
}

export function middleOf(grid: Geometry["grid"] | undefined): PatchPosition {
  return { row: (grid?.rows ?? 0) >> 1, col: (grid?.cols ?? 0) >> 1 };
}
