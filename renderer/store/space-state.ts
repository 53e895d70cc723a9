/** Patches as points in space: what is asked for, and what came. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { Answer } from "./probe-state.ts";
import type { SpaceSight, SpaceSize } from "./space-sight.ts";

/** The engine's answers that the pane is made of; the second photograph lies in the first one's basis. */
export const spaceSlots = ["pca", "pca second", "clusters", "gram"] as const;
export type SpaceSlot = (typeof spaceSlots)[number];

/** Points of one or two photographs, those of the first one first. */
export interface UmapPoints {
  readonly key: string;
  readonly geometries: readonly Geometry[];
  /** float32 [patches, 3] */
  readonly coordinates: Float32Array;
  /** How many of them the layout was fitted on; the others lie between their nearest of those. */
  readonly fitted: number;
}

export interface SpaceState {
  readonly spaceAnswers: Readonly<Partial<Record<SpaceSlot, Answer>>>;
  readonly umap: UmapPoints | undefined;
  /** Undefined: from where everything is seen. Not part of the view: turning is no step to undo. */
  readonly sight: SpaceSight | undefined;
  /** Of the pane as it was last laid out; undefined while it was not. */
  readonly spaceSize: SpaceSize | undefined;
  /** When a turn ended; while it goes on only the drawing knows. */
  setSight(sight: SpaceSight | undefined): void;
  setSpaceSize(size: SpaceSize): void;
  /** Ask for whatever the pane lacks; what is there or on its way is not asked for again. */
  followSpace(): void;
}
