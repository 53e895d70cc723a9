/** Work in progress and what went wrong: the one place where an error becomes a notice. */
import { toWireError } from "../../engine/protocol/errors.ts";
import type { Activity, ActivityState } from "./activity-state.ts";
import type { Slice } from "./look.ts";

/** Work shorter than this comes and goes unsaid, in milliseconds: nothing should flicker. */
export const patienceMs = 350;

const longestLog = 200;

/** Paths and names of files say who a person is and what they look at. */
function withoutNames(message: string): string {
  return message
    .replace(/"[^"]*"/g, '"…"')
    .replace(/([A-Za-z]:)?[\\/][^\s:,;]*/g, "…")
    .replace(/[^\s…]+\.(jpe?g|png|webp|avif|gif|tiff?|heic|bmp|txt|safetensors)\b/gi, "…");
}

const silent = new Set(["cancelled", "connection.lost"]);

export const activitySlice: Slice<ActivityState> = (set, get) => {
  let nextId = 1;
  const byView = new Map<string, AbortController>();

  const change = (id: number, edit: (activity: Activity) => Activity) =>
    set({ activities: get().activities.map((one) => (one.id === id ? edit(one) : one)) });

  return {
    activities: [],
    notices: [],
    log: [],
    async run(label, work, view) {
      const id = nextId++;
      const abort = new AbortController();
      if (view !== undefined) {
        byView.get(view)?.abort();
        byView.set(view, abort);
      }
      const activity: Activity = {
        id,
        label,
        fraction: undefined,
        remainingMs: undefined,
        startedAt: Date.now(),
        cancel: () => abort.abort(),
      };
      set({ activities: [...get().activities, activity] });
      try {
        const result = await work({
          signal: abort.signal,
          view,
          onProgress: ({ fraction, label, remainingMs }) =>
            change(id, (one) => ({
              ...one,
              label,
              fraction: Math.max(one.fraction ?? 0, fraction),
              remainingMs,
            })),
        });
        return abort.signal.aborted ? undefined : result;
      } catch (thrown) {
        const error = toWireError(thrown);
        if (!silent.has(error.code) && !abort.signal.aborted) {
          get().notify("error", error.message, error.hint);
        }
        return undefined;
      } finally {
        if (view !== undefined && byView.get(view) === abort) byView.delete(view);
        set({ activities: get().activities.filter((one) => one.id !== id) });
      }
    },
    overtake(view) {
      byView.get(view)?.abort();
    },
    notify(tone, message, hint) {
      // The same sentence twice is one notice, moved to the end.
      const entry = { at: new Date().toISOString(), tone, message: withoutNames(message) };
      set({ log: [...get().log.slice(1 - longestLog), entry] });
      const others = get().notices.filter((notice) => notice.message !== message);
      set({ notices: [...others.slice(-3), { id: nextId++, tone, message, hint }] });
    },
    dismiss(id) {
      set({ notices: get().notices.filter((notice) => notice.id !== id) });
    },
    cancelNewest() {
      const now = Date.now();
      const newest = get().activities.findLast(({ startedAt }) => now - startedAt >= patienceMs);
      newest?.cancel();
      return newest !== undefined;
    },
  };
};
