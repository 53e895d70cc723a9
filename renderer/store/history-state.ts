/** Undo and redo: their shape. */
import type { Grid } from "./patch-set.ts";
import type { OtherPane } from "./panes-state.ts";
import type { View } from "./view-state.ts";
import type { Zoom } from "./zoom.ts";

/** What one step brings back. */
export interface Moment {
  readonly view: View;
  readonly zoom: Zoom;
  /** The grid that the view's patches are of. */
  readonly pinGrid: Grid | undefined;
  readonly panes: readonly OtherPane[];
  readonly columns: number | undefined;
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
  undo(): void;
  redo(): void;
}
