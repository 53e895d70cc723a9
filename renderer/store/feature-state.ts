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
  /** Whose features they are of. */
  readonly model: string;
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
  /** The patches that were asked for, on this grid; none where the query is not of this photograph. */
  readonly query: PatchSet;
}

/** Cosine of the query with every patch, in each pane that shows it. */
export interface CosineMap {
  /** The patches whose mean was asked for, on the main grid; none where another token was. */
  readonly query: PatchSet;
  readonly token: TokenName;
  readonly over: Readonly<Partial<Record<Pane, CosineOver>>>;
  /** Timestamp of the pointer event that asked for it. */
  readonly startedAt: number | undefined;
}

/** Of a pane; or, for its query alone, of the main photograph as the pane's model sees it. */
export type FeatureSlot = Pane | `from ${Pane}`;

/** What a pointer asked. */
export interface Hover {
  readonly startedAt: number;
  readonly cursorNow: () => Cursor | undefined;
}

export interface FeatureState {
  readonly features: Readonly<Partial<Record<FeatureSlot, HeldFeatures>>>;
  readonly cosine: CosineMap | undefined;
  loadFeatures(slot: FeatureSlot): Promise<void>;
  dropFeatures(slot: FeatureSlot): void;
  /**
   * Show the maps of these patches.
   * @param patches undefined: of those that are asked about already
   * @param pane  whose query they are, on whose grid: the main pane's, or one's that has its own
   * @param hover what asked, when that was the pointer
   */
  ask(patches: PatchSet | undefined, hover?: Hover, pane?: Pane): Promise<void>;
}
