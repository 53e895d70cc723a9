/** Training as the page knows it: the recipe that is written, the run that goes on, what it shows. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import type { Reply } from "../../engine/protocol/messages.ts";
import type {
  BatchImage,
  RecipeFinding,
  RecipeJson,
  RunAction,
  RunRecord,
  RunStatus,
} from "../../engine/protocol/training.ts";
import type { WireTensor } from "../../engine/protocol/tensor.ts";
import type { Curves } from "../../engine/protocol/run-curves.ts";

export type RecipeTable = Reply<"recipe.describe">;

/** A run whose curves are shown. */
export interface ShownRun {
  readonly record: RunRecord;
  /** By student. */
  readonly curves: ReadonlyMap<string, Curves>;
}

export const watchProbes = ["pca", "cosine", "gram"] as const;
export type WatchProbe = (typeof watchProbes)[number];

/** What is shown of a watched photograph. */
export interface WatchView {
  readonly student: string;
  readonly image: number;
  /** "latest" follows the run. */
  readonly step: number | "latest";
  readonly probe: WatchProbe;
  /** Of the cosine map. */
  readonly patch: PatchPosition | undefined;
  /** Colours of every step by one basis, that of the first one. */
  readonly isBasisHeld: boolean;
}

/** A picture of a watched photograph. */
export interface WatchAnswer extends Reply<"run.probe"> {
  /** Run, student and photograph. */
  readonly of: string;
  readonly step: number;
  /** That was asked for, where the probe has a query. */
  readonly patch: PatchPosition;
}

/** Why a run could not begin. */
export interface Refusal {
  readonly of: "start" | "resume";
  readonly folder: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** May be overruled. */
  readonly isMemory: boolean;
}

/** The latest batch that was told of. */
export interface ShownBatch {
  readonly step: number;
  readonly images: readonly BatchImage[];
}

/** What the teacher gave its global crops in a step that was taken by hand. */
export interface ShownAssignments {
  readonly step: number;
  /** float32 [2 B, K]. */
  readonly probabilities: WireTensor;
}

export interface TrainState {
  readonly recipes: RecipeTable | undefined;
  readonly recipe: RecipeJson;
  readonly findings: readonly RecipeFinding[];
  /** Why the recipe cannot be run as it is written. */
  readonly recipeError: string | undefined;
  readonly runFolder: string;
  readonly status: RunStatus | undefined;
  /** Dragged to, and not yet taken by the run. */
  readonly askedGramWeight: number | undefined;
  readonly refusal: Refusal | undefined;
  /** A run is being put together, and did not answer yet. */
  readonly isBeginning: boolean;
  /** The last lines of the run's log. */
  readonly notes: readonly string[];
  /** The first one is the run of this engine, where there is one. */
  readonly runs: readonly ShownRun[];
  readonly batch: ShownBatch | undefined;
  readonly assignments: ShownAssignments | undefined;
  readonly watch: WatchView;
  readonly watchAnswer: WatchAnswer | undefined;
  /** Of the photographs of batches and watch lists, by file and size. */
  readonly pictures: ReadonlyMap<string, string>;

  /** Ask for the settings, and follow the engine's run; after every connection. */
  followTraining(): Promise<void>;
  setRecipe(recipe: RecipeJson): void;
  choosePreset(name: string | null): void;
  setRunFolder(folder: string): void;
  startRun(options: { isPaused: boolean; ignoreMemory?: boolean }): Promise<void>;
  resumeRun(folder: string): Promise<void>;
  control(action: RunAction): Promise<void>;
  /** Of the run that goes on, from its next step on; of the recipe where none does. */
  setGramWeight(weight: number): void;
  /** Lay the curves of another run over those that are shown. */
  openRun(folder: string): Promise<void>;
  closeRun(folder: string): void;
  /** Open the teacher of the newest checkpoint on the photographs. */
  lookAtRun(): Promise<void>;
  setWatch(change: Partial<WatchView>): void;
  loadPicture(file: string, side: number): void;
}
