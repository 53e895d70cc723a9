/** What is looked at: the settings, the pinned patch and the patch under the cursor. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import { componentOrders } from "../../engine/protocol/pca-variant.ts";
import { gridOf, isHovered } from "./selectors.ts";
import type { Slice } from "./store.ts";
import { defaultView, type View } from "./view-state.ts";

/** Which photograph the cursor is over. */
export type Pane = "main" | "second";

export interface Cursor {
  readonly pane: Pane;
  readonly patch: PatchPosition;
}

export interface ViewSlice {
  readonly view: View;
  /** The patch that was last asked about; the pinned one while there is one. */
  readonly query: PatchPosition | undefined;
  readonly cursor: Cursor | undefined;
  setView(change: Partial<View>): void;
  /**
   * The pointer is over a patch, or over none.
   *
   * @param startedAt timestamp of the pointer event
   * @param asked     the patch to ask about, where that is not the one under the cursor
   */
  hover(cursor: Cursor | undefined, startedAt: number, asked?: PatchPosition): void;
  /** Hold this patch; the pinned patch again lets go. */
  togglePin(patch: PatchPosition): void;
  /** @returns whether there was a pin */
  unpin(): boolean;
  /** Move the query by rows and columns, stopping at the edge, and hold it. */
  walk(rows: number, cols: number): void;
  /** Next of the 8 sign combinations of the PCA picture. */
  nextSigns(): void;
  /** Next of the 6 assignments of components to colours. */
  nextOrder(): void;
}

export const viewSlice: Slice<ViewSlice> = (set, get) => {
  let cursorNow: Cursor | undefined;

  return {
    view: defaultView,
    query: undefined,
    cursor: undefined,
    setView(change) {
      set({ view: { ...get().view, ...change } });
    },
    hover(cursor, startedAt, asked = cursor?.patch) {
      const { view, features } = get();
      cursorNow = cursor;
      const follows = asked && isHovered(get()) && cursor?.pane === "main" && !view.patch;
      if (!follows || !features) {
        set({ cursor, ...(follows ? { query: asked } : {}) });
      } else {
        // The cross moves together with its map, when that is there.
        void get().ask(asked, { startedAt, cursorNow: () => cursorNow });
      }
    },
    togglePin(patch) {
      const { view } = get();
      const isPinned = view.patch?.row === patch.row && view.patch.col === patch.col;
      get().setView({ patch: isPinned ? undefined : patch });
      void get().ask(patch);
    },
    unpin() {
      if (!get().view.patch) return false;
      get().setView({ patch: undefined });
      return true;
    },
    walk(rows, cols) {
      const grid = gridOf(get());
      if (!grid) return;
      const from = get().query ?? { row: grid.rows >> 1, col: grid.cols >> 1 };
      const patch = {
        row: Math.min(grid.rows - 1, Math.max(0, from.row + rows)),
        col: Math.min(grid.cols - 1, Math.max(0, from.col + cols)),
      };
      get().setView({ patch });
      void get().ask(patch);
    },
    nextSigns() {
      get().setView({ signs: (get().view.signs + 1) % 8 });
    },
    nextOrder() {
      get().setView({ order: (get().view.order + 1) % componentOrders.length });
    },
  };
};
