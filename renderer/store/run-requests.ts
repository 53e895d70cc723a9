/** What the page asks of runs: their curves, and maps of the photographs that they watch. */
import type { Geometry, PatchPosition } from "../../engine/protocol/geometry.ts";
import { toWireError } from "../../engine/protocol/errors.ts";
import type { PayloadInput } from "../../engine/protocol/messages.ts";
import type { RunRecord } from "../../engine/protocol/training.ts";
import { curvesOf, type Curves } from "../../engine/protocol/run-curves.ts";
import type { Look, Services } from "./look.ts";
import type { ShownRun, WatchProbe, WatchView } from "./train-state.ts";

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

/** What is watched of a run that comes into view; how it is looked at stays. */
export function watchOf({ students }: RunRecord, before: WatchView): WatchView {
  const student = students[0]?.name ?? "";
  return { ...before, student, image: 0, step: "latest", patch: undefined };
}

/**
 * @returns asks for the picture of the watched photograph as it is wished for. One request at a time:
 * a run may keep features faster than a busy engine draws them, and a request that is overtaken by
 * the next one would never be answered.
 */
export function makeWatcher(
  set: (change: Partial<Look>) => void,
  get: () => Look,
  { engine }: Services,
): () => void {
  let isAsking = false;
  let isWanted = false;

  const ask = async () => {
    const { runs, watch, watchAnswer } = get();
    const run = runs[0];
    const student = run?.record.students.find(({ name }) => name === watch.student);
    const step = watch.step === "latest" ? student?.snapshots.at(-1) : watch.step;
    if (!run || !student || step === undefined) return;
    const { folder } = run.record;
    const snapshot = { folder, student: student.name, step, image: watch.image };
    const first = student.snapshots[0];
    const basis = watch.isBasisHeld && first !== undefined ? { basis: first } : {};
    const of = JSON.stringify([folder, student.name, watch.image]);
    const middle = watchAnswer?.of === of ? middleOf(watchAnswer.geometry.grid) : undefined;
    const patch = watch.patch ?? middle ?? { row: 0, col: 0 };
    const call = callOf(watch.probe, patch);
    const reply = await engine.call("run.probe", { snapshot, call, ...basis });
    if (get().runs[0]?.record.folder !== folder) return;
    set({ watchAnswer: { ...reply, of, step, patch } });
    // Where its middle is was not known before.
    isWanted ||= watch.probe === "cosine" && watch.patch === undefined && middle === undefined;
  };

  return () => {
    isWanted = true;
    if (isAsking) return;
    isAsking = true;
    void (async () => {
      while (isWanted) {
        isWanted = false;
        await ask().catch((thrown: unknown) => {
          const { code, message, hint } = toWireError(thrown);
          if (code !== "cancelled" && code !== "connection.lost") {
            get().notify("error", message, hint);
          }
        });
      }
      isAsking = false;
    })();
  };
}

function callOf(probe: WatchProbe, query: PatchPosition): PayloadInput<"run.probe">["call"] {
  switch (probe) {
    case "pca":
      return { probe, options: {} };
    case "gram":
      return { probe, options: { side: 256 } };
    case "cosine":
      return { probe, options: { queries: [query], matches: 0 } };
  }
}

const middleOf = ({ rows, cols }: Geometry["grid"]): PatchPosition => ({
  row: rows >> 1,
  col: cols >> 1,
});
