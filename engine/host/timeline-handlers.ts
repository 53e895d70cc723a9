/** Requests about the run on the timeline: nothing is computed for them. */
import { join, resolve } from "node:path";
import { ReportCache } from "../compare/report-cache.ts";
import type { Handlers } from "../protocol/connection.ts";
import type { timelineRequests } from "../protocol/timeline.ts";
import { isRun, runPaths } from "../runs/run-directory.ts";
import { readColumns, readOfficialColumns } from "./metric-columns.ts";
import { followTimeline, officialLog, timelineOf } from "./run-timeline.ts";

export function timelineHandlers(): Handlers<typeof timelineRequests> {
  return {
    "timeline.follow": async ({ folder }, { signal, emit }) => {
      await followTimeline(folder, signal, emit);
      return {};
    },
    "timeline.metrics": async ({ folder }) => {
      const whole = resolve(folder);
      return (await isRun(whole))
        ? readColumns(runPaths({ folder: whole }).metrics)
        : readOfficialColumns(join(whole, officialLog));
    },
    "timeline.scores": async ({ folder }) => {
      const { checkpoints } = await timelineOf(folder);
      const found = await new ReportCache().read(folder, checkpoints);
      return found ? { found } : {};
    },
  };
}
