/** Work in progress and notices: their shape. */
import type { CallOptions } from "../../engine/protocol/connection.ts";

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
  /** Every notice there was, oldest first, for bug reports. File names and paths are left out. */
  readonly log: readonly { readonly at: string; readonly tone: string; readonly message: string }[];
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
  /** What goes on for this view is not wanted any more: its result is there without it. */
  overtake(view: string): void;
  notify(tone: Notice["tone"], message: string, hint?: string): void;
  dismiss(id: number): void;
  /**
   * Cancel what was started last, of the work that goes on long enough to be shown: a key that is
   * meant for something else must not stop a thumbnail nobody saw. @returns whether there was any
   */
  cancelNewest(): boolean;
}
