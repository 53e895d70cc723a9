/** The run on the timeline: its checkpoints, which one is looked at, what is known of each. */
import type { ModelCard } from "../../engine/protocol/messages.ts";
import type { Curves } from "../../engine/protocol/run-curves.ts";
import type {
  KeptComparison,
  TimelineCheckpoint,
  TimelineMark,
} from "../../engine/protocol/timeline.ts";

export interface Problem {
  readonly message: string;
  readonly hint: string | undefined;
}

export interface Timeline {
  /** As it was asked for. */
  readonly folder: string;
  readonly made: "gramscope" | "official";
  /** By step. */
  readonly checkpoints: readonly TimelineCheckpoint[];
  readonly isGrowing: boolean;
  /** Why the run cannot be read, or not any more. */
  readonly problem: Problem | undefined;
  /** The step that is wanted; what is drawn may be another, until it is ready. */
  readonly at: number | undefined;
  /** The step whose features fix the basis of every PCA. */
  readonly hold: number | undefined;
  /** Of the checkpoints that were opened, by step. */
  readonly cards: ReadonlyMap<number, ModelCard>;
  /** Why a checkpoint cannot be shown, by step. */
  readonly broken: ReadonlyMap<number, Problem>;
  /** Steps of which everything that is on the stage is on the page. */
  readonly kept: ReadonlySet<number>;
  readonly isPlaying: boolean;
  /** Checkpoints a second. */
  readonly pace: number;
  /** The last wish: when, on the clock of performance.now(), and whether it was kept already. */
  readonly asked: { readonly startedAt: number; readonly wasKept: boolean } | undefined;
  readonly curves: Curves;
  /** Phases and events, by step. */
  readonly marks: readonly TimelineMark[];
  readonly scores: KeptComparison | undefined;
}

export const paces = [1, 2, 5, 10, 25] as const;

/** Where to begin: what an address says. */
export interface TimelinePlace {
  readonly at?: number | undefined;
  readonly hold?: number | undefined;
}

export interface TimelineState {
  readonly timeline: Timeline | undefined;
  /** Look at a run; its last checkpoint first, unless the place says another. */
  openTimeline(folder: string, place?: TimelinePlace): Promise<void>;
  closeTimeline(): void;
  /** Ask for the run anew, over a new connection. @returns when it has answered first */
  followTimeline(): Promise<void>;
  /** @param startedAt timestamp of the event that asked */
  goTo(step: number, startedAt?: number): void;
  /** Go on by some checkpoints, back where negative; the ends hold. */
  goBy(count: number, startedAt?: number): void;
  goToEnd(end: "first" | "last", startedAt?: number): void;
  play(): void;
  pause(): void;
  setPace(pace: number): void;
  /** Fit the PCA's basis on the checkpoint that is looked at. */
  holdHere(): void;
  /** Of the checkpoint at this step, wherever the timeline is. */
  holdBasis(step: number): void;
  /** What is looked at changed: which steps are kept for it, and what comes next. */
  lookAround(): void;
  /** Ask again what a comparison has found. */
  readScores(): Promise<void>;
}
