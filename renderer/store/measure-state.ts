/** Measuring as the page knows it: which tab is open, what can be measured, and the work that goes on. */
import type { CallOptions } from "../../engine/protocol/connection.ts";
import type { MeasuringDescription } from "../../engine/protocol/measuring.ts";
import type { ExportTab } from "./verify-state.ts";

export const measureTabs = ["compare", "probes", "scenes"] as const;
export type MeasureTab = (typeof measureTabs)[number];

/** Places whose work takes minutes: the engine does one such piece at a time. */
export type JobTab = Exclude<MeasureTab, "scenes"> | ExportTab;

export interface MeasureJob {
  readonly tab: JobTab;
  /** In words: "Comparing sample-pretrain". */
  readonly title: string;
  /** What the engine is at. */
  readonly label: string;
  /** 0..1, never back; undefined until the engine has said. */
  readonly fraction: number | undefined;
  readonly remainingMs: number | undefined;
}

/** How work ended that found nothing, or not everything. */
export interface JobEnd {
  readonly kind: "refused" | "cancelled" | "interrupted";
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Places on the engine's machine by what lies there. */
export const pathKinds = ["run", "model", "images", "labels", "export"] as const;
export type PathKind = (typeof pathKinds)[number];
/** Newest first. */
export type RecentPaths = Readonly<Record<PathKind, readonly string[]>>;

export interface MeasureState {
  readonly measureTab: MeasureTab;
  /** Undefined until the engine has said. */
  readonly measuring: MeasuringDescription | undefined;
  readonly job: MeasureJob | undefined;
  readonly jobEnds: Readonly<Partial<Record<JobTab, JobEnd>>>;
  readonly recentPaths: RecentPaths;

  setMeasureTab(tab: MeasureTab): void;
  /** Ask what can be measured; after every connection. */
  describeMeasuring(): Promise<void>;
  /**
   * Do work that takes minutes, with progress and cancel. What goes wrong stays beside the button
   * that was pressed, and is no notice.
   *
   * @returns undefined when there is no result
   */
  runJob<T>(
    job: Pick<MeasureJob, "tab" | "title">,
    work: (options: CallOptions & { signal: AbortSignal }) => Promise<T>,
  ): Promise<T | undefined>;
  cancelJob(): void;
  rememberPath(kind: PathKind, path: string): void;
}
