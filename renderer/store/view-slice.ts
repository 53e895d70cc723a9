/** What is looked at: the settings, the held patches, the zoom and the patch under the cursor. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import { componentOrders } from "../../engine/protocol/pca-variant.ts";
import type { Slice } from "./look.ts";
import { boxOf, isSamePatch, toggled, type Grid } from "./patch-set.ts";
import { askedToken, gridOf, isFollowed } from "./selectors.ts";
import { defaultView, type Cursor, type ViewState } from "./view-state.ts";
import { fitted } from "./zoom.ts";

export const viewSlice: Slice<ViewState> = (set, get) => {
  let cursorNow: Cursor | undefined;

  const stepped = (from: PatchPosition, rows: number, cols: number, grid: Grid) => ({
    row: Math.min(grid.rows - 1, Math.max(0, from.row + rows)),
    col: Math.min(grid.cols - 1, Math.max(0, from.col + cols)),
  });
  const centre = (grid: Grid) => ({ row: grid.rows >> 1, col: grid.cols >> 1 });

  const last = () => get().view.patch.at(-1) ?? get().query.at(-1);

  return {
    view: defaultView,
    pinGrid: undefined,
    query: [],
    cursor: undefined,
    zoom: fitted,
    setView(change) {
      get().record(Object.keys(change).sort().join(" "));
      get().adjustView(change);
    },
    adjustView(change) {
      const { view } = get();
      // Ends that were set by hand are in the unit of one probe.
      const isOtherUnit = change.probe !== undefined && typeof view.range !== "string";
      set({
        view: { ...view, ...(isOtherUnit ? { range: "fit" as const } : {}), ...change },
        ...(change.patch ? { pinGrid: gridOf(get()) } : {}),
      });
    },
    setZoom(zoom) {
      const now = get().zoom;
      if (zoom.scale === now.scale && zoom.x === now.x && zoom.y === now.y) return;
      get().record("zoom");
      set({ zoom });
    },
    hover(cursor, startedAt, asked = cursor?.patch) {
      const { view, features } = get();
      cursorNow = cursor;
      const follows =
        asked &&
        isFollowed(get()) &&
        cursor?.pane === "main" &&
        view.patch.length === 0 &&
        askedToken(get()) === "patch";
      if (!follows || !features) {
        set({ cursor, ...(follows ? { query: [asked] } : {}) });
      } else {
        // The cross moves together with its map, when that is there.
        void get().ask([asked], { startedAt, cursorNow: () => cursorNow });
      }
    },
    togglePin(patch) {
      const { view } = get();
      const isPinned = view.patch.length === 1 && isSamePatch(view.patch[0], patch);
      get().setView({ patch: isPinned ? [] : [patch] });
    },
    togglePatch(patch) {
      get().setView({ patch: toggled(get().view.patch, patch) });
    },
    holdBox(from, to) {
      get().setView({ patch: boxOf(from, to) });
    },
    unpin() {
      if (get().view.patch.length === 0) return false;
      get().setView({ patch: [] });
      return true;
    },
    walk(rows, cols) {
      const grid = gridOf(get());
      if (!grid) return;
      get().setView({ patch: [stepped(last() ?? centre(grid), rows, cols, grid)] });
    },
    growBox(rows, cols) {
      const grid = gridOf(get());
      if (!grid) return;
      const { view, query } = get();
      const from = view.patch[0] ?? query[0] ?? centre(grid);
      get().holdBox(from, stepped(last() ?? from, rows, cols, grid));
    },
    nextSigns() {
      get().setView({ signs: (get().view.signs + 1) % 8 });
    },
    nextOrder() {
      get().setView({ order: (get().view.order + 1) % componentOrders.length });
    },
  };
};
