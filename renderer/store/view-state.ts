/** What is looked at and how. */
import type { ColormapName } from "../../engine/protocol/colormap.ts";
import type { PcaPreset, ProbeName } from "../../engine/protocol/probes.ts";
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import type { InputSize } from "../../engine/protocol/view.ts";
import type { Grid, PatchSet } from "./patch-set.ts";
import type { SpaceColour, SpaceMode } from "./space-modes.ts";
import type { Zoom } from "./zoom.ts";

/** `register0` is the first register. */
export type TokenName = "cls" | "patch" | `register${number}`;

/**
 * Ends of the colour scale. `fit`: from the lowest to the highest value shown. `full`: -1..1, for
 * cosines only. Two numbers: set by hand.
 */
export type ColourRange = "fit" | "full" | readonly [number, number];

/**
 * What a PCA is fitted on. `own`: the photograph itself. `joint`: every open photograph together.
 * `of KEY`: another photograph, whose basis stays while this one changes. `run`: the photograph at
 * one checkpoint of the run on the timeline, so that a change of colour is a change of feature.
 */
export type Basis = "own" | "joint" | "run" | `of ${string}`;

export interface View {
  readonly probe: ProbeName;
  /** Block counted from 0, or the last one. People read and write it from 1. */
  readonly layer: number | "last";
  /** After the model's final norm. */
  readonly norm: boolean;
  readonly size: InputSize;
  /** The patches that are held as the query; their mean is asked for. */
  readonly patch: PatchSet;
  /** Which kind of token is the query of a cosine map. */
  readonly asks: TokenName;
  /** How many best matches are marked. */
  readonly matches: number;
  /** Matches nearer than this to the query are passed over, in patches. */
  readonly exclude: number;
  readonly colormap: ColormapName;
  /** 0..1, of the map over the photograph. */
  readonly opacity: number;
  readonly range: ColourRange;
  readonly preset: PcaPreset;
  readonly basis: Basis;
  readonly signs: number;
  readonly order: number;
  /** Whose attention is shown. Not "token": that name in the address is the engine's. */
  readonly attends: TokenName;
  /** Heads, registers and clusters count from 0, in the recipes as well. */
  readonly head: number | "mean";
  readonly k: number;
  readonly seed: number;
  readonly gramOrder: "raster" | "cluster";
  /** Points in space, or the surface, beside the photograph. */
  readonly space: SpaceMode;
  readonly spaceColour: SpaceColour;
}

export const defaultView: View = {
  probe: "cosine",
  layer: "last",
  norm: true,
  size: { kind: "model" },
  patch: [],
  asks: "patch",
  matches: 5,
  exclude: 3,
  colormap: "viridis",
  opacity: 0.72,
  range: "fit",
  preset: "raw",
  basis: "own",
  signs: 0,
  order: 0,
  attends: "cls",
  head: "mean",
  k: 6,
  seed: 0,
  gramOrder: "cluster",
  space: "off",
  spaceColour: "position",
};

/** The main pane, or one of those beside it. */
export type Pane = "main" | `pane${number}`;

export interface Cursor {
  readonly pane: Pane;
  readonly patch: PatchPosition;
}

export interface ViewState {
  readonly view: View;
  /** The grid that the view's patches are of; undefined while they come from the address. */
  readonly pinGrid: Grid | undefined;
  /** The patches that were last asked about; the held ones while there are any. */
  readonly query: PatchSet;
  readonly cursor: Cursor | undefined;
  /** Of all panes that have none of their own. Not part of the view: it changes at every frame. */
  readonly zoom: Zoom;
  /** What a person changed; can be undone. */
  setView(change: Partial<View>): void;
  /** What has to follow from something else; no step of its own to undo. */
  adjustView(change: Partial<View>): void;
  setZoom(zoom: Zoom, pane?: Pane): void;
  /** Of the pane's scale, which other panes may share. */
  setRange(range: ColourRange, pane?: Pane): void;
  /**
   * The pointer is over a patch, or over none.
   *
   * @param startedAt timestamp of the pointer event
   * @param asked     the patch to ask about, where that is not the one under the cursor
   */
  hover(cursor: Cursor | undefined, startedAt: number, asked?: PatchPosition): void;
  /** Hold this patch alone; the held patch again lets go. In all of these, patches are of the pane's grid. */
  togglePin(patch: PatchPosition, pane?: Pane): void;
  /** Whether a press adds to what is held, as it does with Ctrl: for hands without a keyboard. */
  readonly isAdding: boolean;
  setAdding(isAdding: boolean): void;
  /** Add the patch to those that are held, or take it away. */
  togglePatch(patch: PatchPosition, pane?: Pane): void;
  /** Hold every patch between two corners. */
  holdBox(from: PatchPosition, to: PatchPosition, pane?: Pane): void;
  /** Hold these, and nothing else. */
  hold(patches: PatchSet, pane?: Pane): void;
  /** @returns whether there was a pin */
  unpin(): boolean;
  /** Move the query by rows and columns, stopping at the edge, and hold it. */
  walk(rows: number, cols: number): void;
  /** Move the second corner of the box that is held. */
  growBox(rows: number, cols: number): void;
  /** Next of the 8 sign combinations of the PCA picture. */
  nextSigns(): void;
  /** Next of the 6 assignments of components to colours. */
  nextOrder(): void;
}
