/** Patches as points in space: what is asked for, and what came. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { Answer } from "./probe-state.ts";

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
  /** Ask for whatever the pane lacks; what is there or on its way is not asked for again. */
  followSpace(): void;
}
