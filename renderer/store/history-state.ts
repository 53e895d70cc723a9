/** Undo and redo, page by page: their shape. */
import type { CompareForm } from "./measure-compare-state.ts";
import type { ExportForm } from "./export-state.ts";
import type { Photograph } from "./image-state.ts";
import type { Layout } from "./layout-state.ts";
import type { ProbeForm } from "./measure-probes-state.ts";
import type { OtherPane } from "./panes-state.ts";
import type { Grid } from "./patch-set.ts";
import type { TimelinePlace } from "./timeline-state.ts";
import type { TrainState } from "./train-state.ts";
import type { VerifyForm } from "./verify-state.ts";
import type { View } from "./view-state.ts";
import type { Zoom } from "./zoom.ts";

/** All that is looked at, and how the window is arranged for it. */
export interface LookMoment {
  readonly view: View;
  readonly zoom: Zoom;
  /** The grid that the view's patches are of. */
  readonly pinGrid: Grid | undefined;
  readonly panes: readonly OtherPane[];
  readonly columns: number | undefined;
  readonly photographs: readonly Photograph[];
  readonly active: string | undefined;
  /** Undefined while a run is open: its timeline says which checkpoint is meant. */
  readonly modelPath: string | undefined;
  readonly run: TimelinePlace & { readonly folder: string | undefined };
  /** How wide the panes are drawn is not among it. */
  readonly layout: Omit<Layout, "sizes">;
}

/** What one step brings back, by the page that it was taken on. */
export interface Moments {
  readonly look: LookMoment;
  readonly train: Pick<TrainState, "recipe" | "runFolder">;
  readonly measure: { readonly compareForm: CompareForm; readonly probeForm: ProbeForm };
  readonly export: { readonly exportForm: ExportForm; readonly verifyForm: VerifyForm };
}
export type UndoPage = keyof Moments;

export interface Track<M> {
  /** Oldest first. */
  readonly past: readonly M[];
  /** Nearest first. */
  readonly future: readonly M[];
}

export interface HistoryState {
  readonly tracks: { readonly [P in UndoPage]: Track<Moments[P]> };
  /**
   * Remember what a page is now, before a person changes it. Changes of one subject that follow each
   * other closely are one step: a slider's way, not each of its stops.
   */
  record(subject: string, page?: UndoPage): void;
  /** Call what records by itself, for a change that is no step of its own; only what is called at once counts. */
  quietly<T>(work: () => T): T;
  /** On the page that is open. */
  undo(): void;
  redo(): void;
}
