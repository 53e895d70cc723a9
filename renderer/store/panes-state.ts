/** The panes beside the main one: each shows what the main pane shows, but for what is its own. */
import type { ModelCard } from "../../engine/protocol/messages.ts";
import type { PatchSet } from "./patch-set.ts";
import type { Problem } from "./timeline-state.ts";
import type { Pane, View } from "./view-state.ts";
import type { Zoom } from "./zoom.ts";

export type OtherPaneId = Exclude<Pane, "main">;

/** What a pane shows of its own; what is absent follows the main pane. */
export interface OwnParts {
  /** Key of a photograph. */
  readonly photograph?: string | undefined;
  /** Path of a model, or of a run's checkpoint. */
  readonly model?: string | undefined;
  readonly view: Partial<View>;
  readonly zoom?: Zoom | undefined;
}

/** Two maps in one pane. */
export const pairings = ["difference", "wipe", "blink"] as const;
export type Pairing = (typeof pairings)[number];

export interface OtherPane extends OwnParts {
  readonly id: OtherPaneId;
  /** Another pane's map laid over or taken from this one's. */
  readonly against?: { readonly pane: Pane; readonly how: Pairing } | undefined;
}

/** What may follow the main pane or not, whatever else is the pane's own. */
export const links = ["query", "zoom", "range", "basis"] as const;
export type Link = (typeof links)[number];

/** The most panes at once: 240 maps of ViT-S at 224 px are 36 MB of features. */
export const mostPanes = 240;

export interface PanesState {
  /** In the order in which they lie after the main pane. */
  readonly panes: readonly OtherPane[];
  /** Panes in a row; undefined: as many as fit. */
  readonly columns: number | undefined;
  /** Models that only panes show, by path. */
  readonly cards: ReadonlyMap<string, ModelCard>;
  /** Why a pane's model could not be opened, by path. */
  readonly cardProblems: ReadonlyMap<string, Problem>;
  /** Panes that are scrolled out of sight: nothing is asked for them. */
  readonly hidden: ReadonlySet<Pane>;
  /** The patches that are asked about in panes whose query is their own. */
  readonly ownQueries: Readonly<Partial<Record<Pane, PatchSet>>>;
  /** @returns the new pane; undefined when there are as many as there may be */
  addPane(parts?: Partial<OwnParts>): OtherPaneId | undefined;
  /** `undefined` lets a part follow the main pane again. */
  changePane(id: OtherPaneId, change: Partial<Omit<OtherPane, "id" | "view">>): void;
  /** A field that is undefined follows the main pane again. */
  changePaneView(
    id: OtherPaneId,
    change: { readonly [K in keyof View]?: View[K] | undefined },
  ): void;
  /** Break a link, keeping what is shown, or restore it. */
  setLink(id: OtherPaneId, link: Link, isLinked: boolean): void;
  closePane(id: OtherPaneId): void;
  closePanes(): void;
  /** A pane with this photograph, or none any more. */
  toggleBeside(key: string): Promise<void>;
  /** All panes anew: the first cell is the main pane. @param cells row by row */
  arrange(columns: number, cells: readonly OwnParts[]): void;
  openCard(path: string): Promise<void>;
  setInSight(pane: Pane, isInSight: boolean): void;
}
