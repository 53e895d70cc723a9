/** Measuring: its tabs, what the engine offers, the one piece of long work, and paths lately used. */
import { toWireError } from "../../engine/protocol/errors.ts";
import type { Slice } from "./look.ts";
import type { JobEnd, JobTab, MeasureJob, MeasureState } from "./measure-state.ts";

const mostPaths = 8;

/** What becomes of work that is cut short. */
const kept: Readonly<Record<JobTab, string>> = {
  compare: "Models that were scored are remembered: Start goes on from there.",
  probes: "Nothing of it is kept.",
  export: "Nothing of it was written.",
  verify: "The folder is as it was.",
};

export const measureSlice: Slice<MeasureState> = (set, get, { engine }) => {
  let abort: AbortController | undefined;

  const end = (tab: JobTab, how: JobEnd | undefined) => {
    const { [tab]: _before, ...others } = get().jobEnds;
    set({ jobEnds: how ? { ...others, [tab]: how } : others });
  };

  const endOf = (tab: JobTab, thrown: unknown): JobEnd => {
    const { code, message, hint } = toWireError(thrown);
    switch (code) {
      case "cancelled":
        return { kind: "cancelled", message: "Cancelled.", hint: kept[tab] };
      case "connection.lost":
        return {
          kind: "interrupted",
          message: "The connection to the engine was lost, and with it this work.",
          hint: kept[tab],
        };
      default:
        return { kind: "refused", message, hint };
    }
  };

  const change = (edit: Partial<MeasureJob>) => {
    const { job } = get();
    if (job) set({ job: { ...job, ...edit } });
  };

  return {
    measureTab: "compare",
    measuring: undefined,
    job: undefined,
    jobEnds: {},
    recentPaths: { run: [], model: [], images: [], labels: [], export: [] },
    setMeasureTab(measureTab) {
      set({ measureTab });
    },
    async describeMeasuring() {
      const measuring = await get().run("Asking what can be measured", (options) =>
        engine.call("measure.describe", {}, options),
      );
      if (measuring) set({ measuring });
    },
    async runJob({ tab, title }, work) {
      if (get().job) return undefined;
      const own = new AbortController();
      abort = own;
      end(tab, undefined);
      set({ job: { tab, title, label: "Starting", fraction: undefined, remainingMs: undefined } });
      try {
        // The status bar tells of it too, and can cancel it.
        return await get().run(title, async (options) => {
          try {
            return await work({
              ...options,
              signal: AbortSignal.any([options.signal, own.signal]),
              onProgress(progress) {
                options.onProgress?.(progress);
                const { label, fraction, remainingMs } = progress;
                const furthest = Math.max(get().job?.fraction ?? 0, fraction);
                change({ label, fraction: furthest, remainingMs });
              },
            });
          } catch (thrown) {
            end(tab, endOf(tab, thrown));
            return undefined;
          }
        });
      } finally {
        set({ job: undefined });
      }
    },
    cancelJob() {
      abort?.abort();
    },
    rememberPath(kind, path) {
      const { recentPaths } = get();
      const others = recentPaths[kind].filter((one) => one !== path);
      const paths = [path, ...others].slice(0, mostPaths);
      set({ recentPaths: { ...recentPaths, [kind]: paths } });
    },
  };
};

/** What the page was at when it was reloaded, in words. @param title of the job that went */
export function interruption(tab: JobTab, title: string): JobEnd {
  const message = `${title} was cancelled when this page was reloaded.`;
  return { kind: "interrupted", message, hint: kept[tab] };
}
