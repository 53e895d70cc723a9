/** What is looked at: the settings, the held patches, the zoom and the patch under the cursor. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import { aloneIn, componentOrders } from "../../engine/protocol/pca-variant.ts";
import type { Slice } from "./look.ts";
import { boxOf, isSamePatch, rescaled, toggled, type Grid } from "./patch-set.ts";
import { isLinked, isSamePhotograph, ownParts, seenIn } from "./seen.ts";
import { askedToken, gridOf, heldOn, isAsked } from "./selectors.ts";
import { defaultView, type Cursor, type Pane, type ViewState } from "./view-state.ts";
import { fitted } from "./zoom.ts";

export const viewSlice: Slice<ViewState> = (set, get) => {
  let cursorNow: Cursor | undefined;

  const stepped = (from: PatchPosition, rows: number, cols: number, grid: Grid) => ({
    row: Math.min(grid.rows - 1, Math.max(0, from.row + rows)),
    col: Math.min(grid.cols - 1, Math.max(0, from.col + cols)),
  });
  const centre = (grid: Grid) => ({ row: grid.rows >> 1, col: grid.cols >> 1 });

  const last = () => get().view.patch.at(-1) ?? get().query.at(-1);

  /**
   * Whose query a pointer in this pane sets: the pane's own, or the main one's where both lie over
   * one photograph. Over another photograph it sets none.
   */
  const groupOf = (pane: Pane): Pane | undefined => {
    if (pane === "main" || !isLinked(get(), pane, "query")) return pane;
    return isSamePhotograph(get(), pane) ? "main" : undefined;
  };

  const inGroup = (pane: Pane, patch: PatchPosition): PatchPosition => {
    const [from, to] = [gridOf(get(), pane), gridOf(get())];
    if (groupOf(pane) === pane || !from || !to) return patch;
    return rescaled([patch], from, to)[0] ?? patch;
  };

  /** Whether the map moves with the pointer: it shows cosines of a patch, and none is held. */
  const isFollowed = (pane: Pane): boolean => {
    const seen = seenIn(get(), pane);
    return (
      (isAsked(get(), pane) || isAsked(get(), "main")) &&
      heldOn(get(), pane).length === 0 &&
      askedToken(seen) === "patch"
    );
  };

  const isMapThere = () => Object.keys(get().features).length > 0;

  return {
    view: defaultView,
    pinGrid: undefined,
    query: [],
    cursor: undefined,
    zoom: fitted,
    isAdding: false,
    setAdding(isAdding) {
      set({ isAdding });
    },
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
    setZoom(zoom, pane = "main") {
      const now = seenIn(get(), pane).zoom;
      if (zoom.scale === now.scale && zoom.x === now.x && zoom.y === now.y) return;
      const own = isLinked(get(), pane, "zoom") ? undefined : ownParts(get(), pane);
      if (own) get().changePane(own.id, { zoom });
      else {
        get().record("zoom");
        set({ zoom });
      }
    },
    setRange(range, pane = "main") {
      const own = isLinked(get(), pane, "range") ? undefined : ownParts(get(), pane);
      if (own) get().changePaneView(own.id, { range });
      else get().setView({ range });
    },
    hover(cursor, startedAt, asked = cursor?.patch) {
      cursorNow = cursor;
      const group = cursor && groupOf(cursor.pane);
      const patch =
        asked && cursor && isFollowed(cursor.pane) ? inGroup(cursor.pane, asked) : undefined;
      if (!group || !patch) set({ cursor });
      // The cross moves together with its map, when that is there.
      else if (!isMapThere()) set({ cursor, ...(group === "main" ? { query: [patch] } : {}) });
      else void get().ask([patch], { startedAt, cursorNow: () => cursorNow }, group);
    },
    togglePin(patch, pane = "main") {
      const held = heldOn(get(), pane);
      const isPinned = held.length === 1 && isSamePatch(held[0], patch);
      get().hold(isPinned ? [] : [patch], pane);
    },
    togglePatch(patch, pane = "main") {
      get().hold(toggled(heldOn(get(), pane), patch), pane);
    },
    holdBox(from, to, pane = "main") {
      get().hold(boxOf(from, to), pane);
    },
    hold(patches, pane = "main") {
      const group = groupOf(pane);
      if (group === "main") {
        const [from, to] = [gridOf(get(), pane), gridOf(get())];
        const moved = pane !== "main" && from && to ? rescaled(patches, from, to) : patches;
        get().setView({ patch: moved });
      } else if (group) {
        get().changePaneView(group, { patch: patches });
        if (patches.length > 0) set({ ownQueries: { ...get().ownQueries, [group]: patches } });
      }
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
      const { signs, order } = get().view;
      const alone = aloneIn(order);
      // Of a component alone the other signs change nothing.
      get().setView({ signs: alone === undefined ? (signs + 1) % 8 : signs ^ (1 << alone) });
    },
    nextOrder() {
      get().setView({ order: (get().view.order + 1) % componentOrders.length });
    },
  };
};
