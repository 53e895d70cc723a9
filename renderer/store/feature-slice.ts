/** Features of the photographs on the stage, held by the worker, and the cosine map of a query. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import { float16Bits, float32Values } from "../../engine/protocol/tensor.ts";
import { bestMatches, summary } from "../compute/similarity.ts";
import type { CosineMaps } from "../compute/similarity-client.ts";
import type { Question } from "../compute/similarity-worker.ts";
import type { CosineOver, FeatureState } from "./feature-state.ts";
import type { Slice } from "./look.ts";
import { isInside, rescaled, type Grid, type PatchSet } from "./patch-set.ts";
import { askedToken, featureRefOf, isCompared, registerIndex } from "./selectors.ts";
import { isOneSeries } from "./timeline-view.ts";
import type { TokenName } from "./view-state.ts";

export const featureSlice: Slice<FeatureState> = (set, get, { maps, similarity }) => {
  const centre = ({ rows, cols }: Grid): PatchSet => [{ row: rows >> 1, col: cols >> 1 }];

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

  const over = (
    cosines: CosineMaps["main"],
    geometry: Geometry,
    count: number,
    shunned: PatchSet = [],
  ): CosineOver => {
    const { values, tokens } = cosines;
    const matches = bestMatches(values, geometry.grid.cols, count, shunned, get().view.exclude);
    return { geometry, values, tokens, ...summary(values), matches };
  };

  return {
    features: undefined,
    secondFeatures: undefined,
    cosine: undefined,
    async loadFeatures(pane) {
      const ref = featureRefOf(get(), pane);
      if (!ref) return;
      const field = pane === "main" ? "features" : "secondFeatures";
      const held = get()[field];
      const before = held?.geometry.grid;
      // A map of another photograph or model must not lie over this one, not even for a moment.
      // Of two checkpoints of a run it may: there the older one stays, dimmed, until the newer comes.
      const isOther =
        held?.ref.image !== ref.image || !isOneSeries(get(), held.ref.model, ref.model);
      if (held && isOther) {
        if (pane === "main") set({ features: undefined, cosine: undefined });
        else get().dropSecond();
      }
      const kept = maps.features(ref);
      if (kept) get().overtake(`features ${pane}`);
      const reply =
        kept ??
        (await get().run(
          pane === "main" ? "Computing features" : "Computing features of the second photograph",
          (options) => maps.askFeatures(ref, options),
          `features ${pane}`,
        ));
      if (!reply) return;
      const { patches, cls, registers, ...rest } = reply;
      const width = patches.shape[1] ?? 1;
      const tokens = Float32Array.from([...float32Values(cls), ...float32Values(registers)]);
      await similarity.load(pane, float16Bits(patches), tokens, width);
      // Two that were kept may follow each other faster than the worker takes them up.
      const wanted = featureRefOf(get(), pane);
      if (wanted && wanted.model !== ref.model) return;
      set({ [field]: { ...rest, ref, width } });
      const main = get().features?.geometry.grid;
      if (main) await get().ask(queryOn(main, pane === "main" ? before : main));
    },
    dropSecond() {
      similarity.clear("second");
      const { cosine } = get();
      set({
        secondFeatures: undefined,
        ...(cosine ? { cosine: { ...cosine, second: undefined, startedAt: undefined } } : {}),
      });
    },
    async ask(patches, hover) {
      const { features, secondFeatures } = get();
      if (!features) {
        set({ query: patches });
        return;
      }
      const { geometry } = features;
      const token = askedToken(get());
      const compared = isCompared(get()) && secondFeatures !== undefined;
      const question = questionOf(token, patches, geometry.grid);
      const maps = await similarity.query(question, compared);
      if (!maps || get().features !== features) return;
      // A pin that came while the worker was busy holds its own patch.
      if (hover && get().view.patch.length > 0) return;
      const query = token === "patch" ? patches : [];
      const count = Math.max(1, get().view.matches);
      set({
        query: patches,
        ...(hover ? { cursor: hover.cursorNow() } : {}),
        cosine: {
          model: features.ref.model,
          query,
          token,
          main: over(maps.main, geometry, count, query),
          second:
            maps.second && secondFeatures && over(maps.second, secondFeatures.geometry, count),
          startedAt: hover?.startedAt,
        },
      });
    },
  };
};

function questionOf(token: TokenName, patches: PatchSet, { cols }: Grid): Question {
  if (token === "cls") return { token: 0 };
  if (token !== "patch") return { token: 1 + registerIndex(token) };
  return { patches: patches.map(({ row, col }) => row * cols + col) };
}
