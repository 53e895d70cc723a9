/** Undo and redo over what is looked at: the view, the zoom and the panes. */
import type { HistoryState, Moment, Subject } from "./history-state.ts";
import type { Slice } from "./look.ts";
import { blankTimeline } from "./timeline-slice.ts";
import { writeView } from "./view-address.ts";
import { formatZoom } from "./zoom.ts";

/** Changes of one subject that are nearer than this belong together, in milliseconds. */
export const togetherMs = 800;
const longest = 200;

export const historySlice: Slice<HistoryState> = (set, get) => {
  let last = { subject: "", at: -Infinity };

  const now = (isAll = false): Moment => {
    const { view, zoom, pinGrid, panes, columns } = get();
    return { view, zoom, pinGrid, panes, columns, ...(isAll ? { subject: subjectNow() } : {}) };
  };
  const subjectNow = (): Subject => {
    const { active, modelPath, timeline, layout } = get();
    const { folder, at, hold } = timeline ?? {};
    // Of a run the timeline says which checkpoint is meant.
    return {
      active,
      modelPath: timeline ? undefined : modelPath,
      run: { folder, at, hold },
      layout,
    };
  };
  /** A step that changes nothing that can be seen is no step. */
  const findOther = (moments: readonly Moment[]) =>
    moments.findIndex((moment) => written(moment) !== written(now(moment.subject !== undefined)));

  const goTo = ({ subject, ...moment }: Moment) => {
    if (subject) void restore(subject, moment);
    else set(moment);
  };

  const restore = async ({ active, modelPath, run, layout }: Subject, moment: Moment) => {
    const before = subjectNow();
    const isOtherRun = JSON.stringify(run) !== JSON.stringify(before.run);
    if (isOtherRun) get().closeTimeline();
    const { folder, ...place } = run;
    if (isOtherRun && folder !== undefined) {
      set({ timeline: { ...blankTimeline(folder), ...place } });
    }
    set({ ...moment, layout, active });
    await Promise.all([
      isOtherRun && folder !== undefined ? get().followTimeline() : undefined,
      active === undefined ? undefined : get().choose(active),
      modelPath === undefined || modelPath === before.modelPath
        ? undefined
        : get().openModel(modelPath),
    ]);
  };

  return {
    past: [],
    future: [],
    record(subject) {
      const at = Date.now();
      const isTogether = subject === last.subject && at - last.at < togetherMs;
      last = { subject, at };
      if (isTogether) return;
      set({ past: [...get().past.slice(1 - longest), now()], future: [] });
    },
    recordAll() {
      last = { subject: "", at: -Infinity };
      set({ past: [...get().past.slice(1 - longest), now(true)], future: [] });
    },
    undo() {
      const { past, future } = get();
      const back = past.toReversed();
      const index = findOther(back);
      const moment = back[index];
      if (!moment) return;
      last = { subject: "", at: -Infinity };
      const here = now(moment.subject !== undefined);
      set({ past: past.slice(0, -1 - index), future: [here, ...future] });
      goTo(moment);
    },
    redo() {
      const { past, future } = get();
      const index = findOther(future);
      const moment = future[index];
      if (!moment) return;
      last = { subject: "", at: -Infinity };
      const here = now(moment.subject !== undefined);
      set({ past: [...past, here], future: future.slice(index + 1) });
      goTo(moment);
    },
  };
};

const written = ({ view, zoom, panes, columns, subject }: Moment) =>
  JSON.stringify([writeView("", view), formatZoom(zoom), panes, columns, subject]);
