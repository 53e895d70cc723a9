/** Features on the stage and the cosine map of a query: their shape. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { Features } from "../../engine/protocol/messages.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Match } from "../compute/similarity.ts";
import type { PatchSet } from "./patch-set.ts";
import type { Cursor, Pane, TokenName } from "./view-state.ts";

/** A feature map without its numbers: those are in the worker. */
export interface HeldFeatures extends Omit<Features, "patches" | "cls" | "registers"> {
  readonly ref: FeatureRef;
  /** Values per patch. */
  readonly width: number;
}

export interface CosineOver {
  readonly geometry: Geometry;
  /** [rows * cols]. */
  readonly values: Float32Array;
  /** CLS, then the registers. */
  readonly tokens: Float32Array;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** Best first. */
  readonly matches: readonly Match[];
}

/** Cosine of the query with every patch, on one or two photographs. */
export interface CosineMap {
  /** Whose features they are of, on the main photograph. */
  readonly model: string;
  /** The patches whose mean was asked for; none where another token was. */
  readonly query: PatchSet;
  readonly token: TokenName;
  readonly main: CosineOver;
  readonly second: CosineOver | undefined;
  /** Timestamp of the pointer event that asked for it. */
  readonly startedAt: number | undefined;
}

export interface FeatureState {
  readonly features: HeldFeatures | undefined;
  readonly secondFeatures: HeldFeatures | undefined;
  readonly cosine: CosineMap | undefined;
  loadFeatures(pane: Pane): Promise<void>;
  dropSecond(): void;
  /** Show the map of these patches. @param hover what asked, when that was the pointer */
  ask(
    patches: PatchSet,
    hover?: { startedAt: number; cursorNow: () => Cursor | undefined },
  ): Promise<void>;
}
