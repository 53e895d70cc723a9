/** Undo and redo over whatever a person changes on a page. */
import { keepers } from "./history-pages.ts";
import type { HistoryState, Moments, Track, UndoPage } from "./history-state.ts";
import type { Look, Slice } from "./look.ts";

/** Changes of one subject that are nearer than this belong together, in milliseconds. */
export const togetherMs = 800;
const longest = 200;

const blank = { past: [], future: [] };
const nothing = { subject: "", at: -Infinity };

export const historySlice: Slice<HistoryState> = (set, get) => {
  let last = nothing;
  let quiet = 0;

  const put = (page: UndoPage, track: Track<Moments[UndoPage]>) =>
    set({ tracks: { ...get().tracks, [page]: track } });

  const quietly = <T>(work: () => T): T => {
    quiet++;
    try {
      return work();
    } finally {
      quiet--;
    }
  };

  /** Go to the nearest moment that differs from what is; those on the way are no steps. */
  const move = <P extends UndoPage>(
    page: P,
    { past, future }: Track<Moments[P]>,
    isBack: boolean,
  ) => {
    const keeper = keepers[page];
    const here = keeper.now(get());
    const way = isBack ? past.toReversed() : future;
    const index = way.findIndex((moment) => keeper.written(moment) !== keeper.written(here));
    const moment = way[index];
    if (!moment) return;
    last = nothing;
    put(
      page,
      isBack
        ? { past: past.slice(0, -1 - index), future: [here, ...future] }
        : { past: [...past, here], future: future.slice(index + 1) },
    );
    quietly(() => keeper.restore(get, set, moment));
  };

  return {
    tracks: { look: blank, train: blank, measure: blank, export: blank },
    quietly,
    record(subject, page = "look") {
      if (quiet > 0) return;
      const at = Date.now();
      const isTogether = subject === last.subject && at - last.at < togetherMs;
      last = { subject, at };
      if (isTogether) return;
      const { past } = get().tracks[page];
      put(page, { past: [...past.slice(1 - longest), keepers[page].now(get())], future: [] });
    },
    undo() {
      const page = undoPage(get());
      if (page) move(page, get().tracks[page], true);
    },
    redo() {
      const page = undoPage(get());
      if (page) move(page, get().tracks[page], false);
    },
  };
};

/** @returns undefined where there is nothing to change */
const undoPage = ({ page }: Pick<Look, "page">): UndoPage | undefined =>
  page === "learn" ? undefined : page;

export const canUndo = (state: Look): boolean => isAnything(state, "past");
export const canRedo = (state: Look): boolean => isAnything(state, "future");

function isAnything(state: Look, where: "past" | "future"): boolean {
  const page = undoPage(state);
  return page !== undefined && state.tracks[page][where].length > 0;
}
