/** Work in progress and what went wrong: the one place where an error becomes a notice. */
import type { CallOptions } from "../../engine/protocol/connection.ts";
import { toWireError } from "../../engine/protocol/errors.ts";
import type { Slice } from "./store.ts";

export interface Activity {
  readonly id: number;
  readonly label: string;
  /** 0..1, never back; undefined until the engine has said. */
  readonly fraction: number | undefined;
  readonly remainingMs: number | undefined;
  /** On the clock of Date.now(). */
  readonly startedAt: number;
  cancel(): void;
}

export interface Notice {
  readonly id: number;
  readonly tone: "error" | "note";
  readonly message: string;
  readonly hint: string | undefined;
}

export interface ActivityState {
  readonly activities: readonly Activity[];
  readonly notices: readonly Notice[];
  /**
   * Do work with progress and cancel. An error becomes a notice; being cancelled or overtaken and
   * a lost connection do not, the first two being wanted and the last having a line of its own.
   *
   * @param view newer work of the same view overtakes this
   * @returns undefined when there is no result
   */
  run<T>(
    label: string,
    work: (options: CallOptions & { signal: AbortSignal }) => Promise<T>,
    view?: string,
  ): Promise<T | undefined>;
  notify(tone: Notice["tone"], message: string, hint?: string): void;
  dismiss(id: number): void;
  /**
   * Cancel what was started last, of the work that goes on long enough to be shown: a key that is
   * meant for something else must not stop a thumbnail nobody saw. @returns whether there was any
   */
  cancelNewest(): boolean;
}

/** Work shorter than this comes and goes unsaid, in milliseconds: nothing should flicker. */
export const patienceMs = 350;

const silent = new Set(["cancelled", "connection.lost"]);

export const activitySlice: Slice<ActivityState> = (set, get) => {
  let nextId = 1;
  const byView = new Map<string, AbortController>();

  const change = (id: number, edit: (activity: Activity) => Activity) =>
    set({ activities: get().activities.map((one) => (one.id === id ? edit(one) : one)) });

  return {
    activities: [],
    notices: [],
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
    notify(tone, message, hint) {
      // The same sentence twice is one notice, moved to the end.
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
