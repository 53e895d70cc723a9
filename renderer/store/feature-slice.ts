/** Features of the photographs on the stage, held by the worker, and the cosine maps of a query. */
import { float16Bits, float32Values } from "../../engine/protocol/tensor.ts";
import type { FeatureSlot, FeatureState, HeldFeatures } from "./feature-state.ts";
import type { Look, Slice } from "./look.ts";
import { isInside, rescaled, type Grid, type PatchSet } from "./patch-set.ts";
import { QueryMaps } from "./query-maps.ts";
import { allPanes, isLinked } from "./seen.ts";
import { askedToken, gridOf, paneOfSlot, slotRefOf } from "./selectors.ts";
import { isOneSeries } from "./timeline-view.ts";
import type { Pane } from "./view-state.ts";

export const featureSlice: Slice<FeatureState> = (set, get, { maps, similarity }) => {
  const asked = new QueryMaps(similarity);

  /** The query, carried over to a grid of another size; the centre when there is none. */
  const queryOn = (grid: Grid, before: Grid | undefined): PatchSet => {
    const { view, query, pinGrid } = get();
    if (view.patch.length === 0) {
      const moved = before ? rescaled(query, before, grid) : query;
      const inside = moved.filter((patch) => isInside(patch, grid));
      return inside.length > 0 ? inside : centre(grid);
    }
    // Where they come from the address, their grid is the one that is there now.
    const moved = pinGrid ? rescaled(view.patch, pinGrid, grid) : view.patch;
    const inside = moved.filter((patch) => isInside(patch, grid));
    if (inside.length < moved.length) {
      const { row, col } = moved.find((patch) => !isInside(patch, grid))!;
      const message = `Patch ${row}, ${col} is outside this grid of ${grid.rows}×${grid.cols}`;
      const instead = inside.length > 0 ? "showing the others" : "showing the centre";
      get().notify("note", `${message}; ${instead}.`);
    }
    if (inside.length !== view.patch.length || moved !== view.patch) {
      get().adjustView({ patch: inside });
    }
    set({ pinGrid: grid });
    return inside.length > 0 ? inside : centre(grid);
  };

  const dropMap = (pane: Pane) => {
    const { cosine } = get();
    if (!cosine?.over[pane]) return;
    const { [pane]: _gone, ...over } = cosine.over;
    const isLast = Object.keys(over).length === 0;
    set({ cosine: isLast ? undefined : { ...cosine, over, startedAt: undefined } });
  };

  const drop = (slot: FeatureSlot) => {
    const { [slot]: _gone, ...others } = get().features;
    set({ features: others });
    if (!slot.startsWith("from ")) dropMap(slot as Pane);
  };

  /** How many are on their way into the worker, and what has come there since. */
  let loading = 0;
  const loaded = new Map<FeatureSlot, HeldFeatures>();
  /** The grid that the query was on before the main pane's newest features. */
  let mainBefore: Grid | undefined;

  /** All panes at once: each change of the state is drawn, and each question is asked, for all of them. */
  const show = async () => {
    const isMain = loaded.has("main");
    set({ features: { ...get().features, ...Object.fromEntries(loaded) } });
    loaded.clear();
    const main = gridOf(get());
    await get().ask(isMain && main ? queryOn(main, mainBefore) : undefined);
  };

  return {
    features: {},
    cosine: undefined,
    async loadFeatures(slot) {
      const ref = slotRefOf(get(), slot);
      if (!ref) return;
      const held = get().features[slot];
      const before = held?.geometry.grid;
      // A map of another photograph or model must not lie over this one, not even for a moment.
      // Of two checkpoints of a run it may: there the older one stays, dimmed, until the newer comes.
      const isOther =
        held?.ref.image !== ref.image || !isOneSeries(get(), held.ref.model, ref.model);
      if (held && isOther) drop(slot);
      const kept = maps.features(ref);
      if (kept) get().overtake(`features ${slot}`);
      const reply =
        kept ??
        (await get().run(
          slot === "main" ? "Computing features" : "Computing features of another pane",
          (options) => maps.askFeatures(ref, options),
          `features ${slot}`,
        ));
      if (!reply) return;
      const { patches, cls, registers, ...rest } = reply;
      const width = patches.shape[1] ?? 1;
      const tokens = Float32Array.from([...float32Values(cls), ...float32Values(registers)]);
      loading++;
      await similarity.load(slot, float16Bits(patches), tokens, width);
      loading--;
      // Two that were kept may follow each other faster than the worker takes them up.
      const wanted = slotRefOf(get(), slot);
      const isThere = allPanes(get()).includes(paneOfSlot(slot));
      if (isThere && (!wanted || wanted.model === ref.model)) {
        loaded.set(slot, { ...rest, ref, width });
        if (slot === "main") mainBefore = before;
      }
      if (loading === 0 && loaded.size > 0) await show();
    },
    dropFeatures(slot) {
      similarity.clear(slot);
      loaded.delete(slot);
      if (get().features[slot]) drop(slot);
    },
    async ask(patches, hover, pane = "main") {
      const isOwn = pane !== "main" && !isLinked(get(), pane, "query");
      const wish: Partial<Look> =
        patches === undefined
          ? {}
          : isOwn
            ? { ownQueries: { ...get().ownQueries, [pane]: patches } }
            : { query: patches };
      const seen = { ...get(), ...wish };
      const over = await asked.ask(seen);
      if (over === "nothing to ask") set(wish);
      if (typeof over === "string") return;
      // A pin that came while the worker was busy holds its own patch.
      if (hover && get().view.patch.length > 0 && !isOwn) return;
      const token = askedToken(get());
      set({
        ...wish,
        ...(hover ? { cursor: hover.cursorNow() } : {}),
        cosine: {
          query: token === "patch" ? (wish.query ?? get().query) : [],
          token,
          over,
          startedAt: hover?.startedAt,
        },
      });
    },
  };
};

const centre = ({ rows, cols }: Grid): PatchSet => [{ row: rows >> 1, col: cols >> 1 }];
