/** Undo and redo: their shape. */
import type { Layout } from "./layout-state.ts";
import type { Grid } from "./patch-set.ts";
import type { OtherPane } from "./panes-state.ts";
import type { TimelinePlace } from "./timeline-state.ts";
import type { View } from "./view-state.ts";
import type { Zoom } from "./zoom.ts";

/** What is looked at besides the view: changed together with it by a session alone. */
export interface Subject {
  readonly active: string | undefined;
  readonly modelPath: string | undefined;
  /** Of the run on the timeline, where one is open. */
  readonly run: TimelinePlace & { readonly folder: string | undefined };
  readonly layout: Layout;
}

/** What one step brings back. */
export interface Moment {
  readonly view: View;
  readonly zoom: Zoom;
  /** The grid that the view's patches are of. */
  readonly pinGrid: Grid | undefined;
  readonly panes: readonly OtherPane[];
  readonly columns: number | undefined;
  /** Absent in steps that leave it as it is. */
  readonly subject?: Subject;
}

export interface HistoryState {
  /** Oldest first. */
  readonly past: readonly Moment[];
  /** Nearest first. */
  readonly future: readonly Moment[];
  /**
   * Remember what is now, before it changes. Changes of one subject that follow each other closely
   * are one step: a slider's way, not each of its stops.
   */
  record(subject: string): void;
  /** The same before everything changes: photograph, model, run and layout come back as well. */
  recordAll(): void;
  undo(): void;
  redo(): void;
}
