/** Keeps paths from day to day, and over a reload what was filled in and what was being worked on. */
import { z } from "zod";
import { labelledProbeNames } from "../../engine/protocol/probe-report.ts";
import type { LookStore } from "./look.ts";
import { interruption } from "./measure-slice.ts";
import { pathKinds, type MeasureJob, type RecentPaths } from "./measure-state.ts";
import { exportTabs } from "./verify-state.ts";

const pathsKey = "gramscope paths";
const formsKey = "gramscope measuring";

type Kept = Pick<Storage, "getItem" | "setItem">;

/** What another version of the page wrote, or a person spoilt, is as if it were not there. */
const forms = z.object({
  compareForm: z.object({
    of: z.enum(["run", "models"]),
    run: z.string(),
    models: z.array(z.string()),
    images: z.enum(["scenes", "samples", "folder"]),
    folder: z.string(),
    limit: z.string(),
    size: z.string(),
    seed: z.string(),
    reference: z.string(),
  }),
  probeForm: z.object({
    probe: z.enum(labelledProbeNames),
    model: z.string(),
    data: z.enum(["scenes", "folder"]),
    folder: z.string(),
    layout: z.string(),
    pairs: z.enum(["views", "instances"]),
    preset: z.string(),
    size: z.string(),
    train: z.string(),
    test: z.string(),
    seed: z.string(),
  }),
  job: z
    .object({ tab: z.enum(["compare", "probes", ...exportTabs]), title: z.string() })
    .nullable(),
});

/**
 * @param local  over days; either may refuse, as browsers do in private windows
 * @param session as long as this window: what another one was at was not interrupted here
 */
export function rememberMeasuring(store: LookStore, local: Kept, session: Kept): () => void {
  const { compareForm, probeForm, job } = forms.safeParse(read(session, formsKey)).data ?? {};
  store.setState({
    recentPaths: readPaths(read(local, pathsKey)),
    ...(compareForm && { compareForm }),
    ...(probeForm && { probeForm }),
    ...(job && { jobEnds: { [job.tab]: interruption(job.tab, job.title) } }),
  });
  return store.subscribe((state, before) => {
    if (state.recentPaths !== before.recentPaths) write(local, pathsKey, state.recentPaths);
    const isSame =
      state.compareForm === before.compareForm &&
      state.probeForm === before.probeForm &&
      state.job?.title === before.job?.title;
    if (isSame) return;
    write(session, formsKey, {
      compareForm: state.compareForm,
      probeForm: state.probeForm,
      job: briefly(state.job),
    });
  });
}

const briefly = (job: MeasureJob | undefined) => (job ? { tab: job.tab, title: job.title } : null);

function read(storage: Kept, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return undefined;
  }
}

function write(storage: Kept, key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // A window that forgets is still a window.
  }
}

function readPaths(kept: unknown): RecentPaths {
  const record = z.record(z.string(), z.array(z.string())).safeParse(kept).data ?? {};
  const lists = pathKinds.map((kind) => [kind, record[kind] ?? []] as const);
  return Object.fromEntries(lists) as unknown as RecentPaths;
}
