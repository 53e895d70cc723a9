/** What happens in the engine's run: its state, its curves, its batches, its log. */
import type { RunStatus, TrainingEvent } from "../../engine/protocol/training.ts";
import { noCurves, type Curves } from "../../engine/protocol/run-curves.ts";
import { appended } from "./curves.ts";
import type { Look, Services } from "./look.ts";
import { readRun, watchOf } from "./run-requests.ts";
import type { ShownRun } from "./train-state.ts";

/** Steps are shown this often at most, in milliseconds: nobody sees more. */
const drawMs = 200;

const longestLog = 60;

type Set = (change: Partial<Look>) => void;
type Get = () => Look;
type Kept = TrainingEvent & { kind: "checkpoint" | "snapshot" };

export function followRun(
  set: Set,
  get: Get,
  services: Services,
  askWatch: () => void,
): (event: TrainingEvent) => void {
  /** Points by student that wait to be drawn, and the status that came with the last of them. */
  const waiting = new Map<string, Record<string, number>[]>();
  let waitingStatus: RunStatus | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let folder: string | undefined;
  /** What the run kept while its record was read. */
  let unrecorded: Kept[] | undefined;

  const drawSoon = () => {
    timer ??= setTimeout(draw, drawMs);
  };

  const draw = () => {
    timer = undefined;
    const status = waitingStatus ?? get().status;
    waitingStatus = undefined;
    const { runs } = get();
    const own = runs.find((run) => run.record.folder === folder);
    if (!own || waiting.size === 0) {
      set({ status });
      return;
    }
    const curves = new Map<string, Curves>(own.curves);
    for (const [student, rows] of waiting) {
      curves.set(student, appended(curves.get(student) ?? noCurves(), rows));
    }
    waiting.clear();
    set({ status, runs: runs.map((run) => (run === own ? { ...run, curves } : run)) });
  };

  const enter = async (next: string) => {
    folder = next;
    waiting.clear();
    unrecorded = [];
    const shown = await readRun(services, next).catch(() => undefined);
    if (!shown || folder !== next) return;
    set({ runs: [shown, ...get().runs.filter((run) => run.record.folder !== next)] });
    for (const event of unrecorded) keep(set, get, event, folder);
    unrecorded = undefined;
    draw();
    set({ watch: watchOf(shown.record, get().watch) });
    askWatch();
  };

  const tellStatus = (status: RunStatus) => {
    const before = waitingStatus ?? get().status;
    const isSame = before?.folder === status.folder && before.state === status.state;
    if (isSame && status.folder === folder && status.phase === before.phase) {
      waitingStatus = status;
      drawSoon();
      return;
    }
    waitingStatus = undefined;
    set({ status });
    if (status.folder === folder) return;
    set({ notes: [], batch: undefined, assignments: undefined, watchAnswer: undefined });
    void enter(status.folder);
  };

  return (event) => {
    switch (event.kind) {
      case "status":
        tellStatus(event.status);
        return;
      case "step": {
        const rows = waiting.get(event.student) ?? [];
        waiting.set(event.student, [...rows, event.metrics]);
        drawSoon();
        return;
      }
      case "batch":
        set({ batch: { step: event.step, images: event.images } });
        forgetPictures(set, get);
        return;
      case "assignments":
        set({ assignments: event });
        return;
      case "note":
        set({ notes: [...get().notes.slice(1 - longestLog), event.text] });
        return;
      case "checkpoint":
      case "snapshot":
        unrecorded?.push(event);
        keep(set, get, event, folder);
        if (event.kind === "snapshot" && get().watch.step === "latest") {
          void learnWatched(set, get, services).then(askWatch);
        }
    }
  };
}

/** A run over millions of photographs would leave a picture of each: those of the batch and of what is watched stay. */
function forgetPictures(set: Set, get: Get): void {
  const { batch, runs, pictures } = get();
  const watched = runs.flatMap(({ record }) => record.recipe["watch"] ?? []);
  const files = new Set([...watched, ...(batch?.images ?? []).map(({ file }) => file)]);
  const kept = [...pictures].filter(([key]) => files.has(key.slice(key.indexOf(" ") + 1)));
  if (kept.length === pictures.size) return;
  const rest = new Map(kept);
  for (const [key, url] of pictures) {
    if (!rest.has(key) && url !== "") URL.revokeObjectURL(url);
  }
  set({ pictures: rest });
}

/** A checkpoint or a snapshot joins the record of the run that made it. */
function keep(set: Set, get: Get, event: Kept, folder: string | undefined): void {
  const list = event.kind === "checkpoint" ? "checkpoints" : "snapshots";
  const add = (run: ShownRun): ShownRun => ({
    ...run,
    record: {
      ...run.record,
      students: run.record.students.map((student) =>
        student.name === event.student && !student[list].includes(event.step)
          ? { ...student, [list]: [...student[list], event.step] }
          : student,
      ),
    },
  });
  set({ runs: get().runs.map((run) => (run.record.folder === folder ? add(run) : run)) });
}

/** What is watched is known with the first snapshot. */
async function learnWatched(set: Set, get: Get, services: Services): Promise<void> {
  const [run, ...others] = get().runs;
  if (!run || run.record.students.every(({ watched }) => watched.length > 0)) return;
  const fresh = await readRun(services, run.record.folder).catch(() => undefined);
  if (fresh && get().runs[0] === run) set({ runs: [{ ...run, record: fresh.record }, ...others] });
}
