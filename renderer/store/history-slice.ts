/** Undo and redo over what is looked at: the view, the zoom and the panes. */
import type { HistoryState, Moment } from "./history-state.ts";
import type { Slice } from "./look.ts";
import { writeView } from "./view-address.ts";
import { formatZoom } from "./zoom.ts";

/** Changes of one subject that are nearer than this belong together, in milliseconds. */
export const togetherMs = 800;
const longest = 200;

export const historySlice: Slice<HistoryState> = (set, get) => {
  let last = { subject: "", at: -Infinity };

  const now = (): Moment => {
    const { view, zoom, pinGrid, panes, columns } = get();
    return { view, zoom, pinGrid, panes, columns };
  };
  /** A step that changes nothing that can be seen is no step. */
  const findOther = (moments: readonly Moment[]) => {
    const shown = written(now());
    return moments.findIndex((moment) => written(moment) !== shown);
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
    undo() {
      const { past, future } = get();
      const back = past.toReversed();
      const index = findOther(back);
      const moment = back[index];
      if (!moment) return;
      last = { subject: "", at: -Infinity };
      set({ ...moment, past: past.slice(0, -1 - index), future: [now(), ...future] });
    },
    redo() {
      const { past, future } = get();
      const index = findOther(future);
      const moment = future[index];
      if (!moment) return;
      last = { subject: "", at: -Infinity };
      set({ ...moment, past: [...past, now()], future: future.slice(index + 1) });
    },
  };
};

const written = ({ view, zoom, panes, columns }: Moment) =>
  JSON.stringify([writeView("", view), formatZoom(zoom), panes, columns]);
