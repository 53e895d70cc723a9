/** Features of the photographs on the stage, held by the worker, and the cosine map of one patch. */
import type { Geometry, PatchPosition } from "../../engine/protocol/geometry.ts";
import type { Features } from "../../engine/protocol/messages.ts";
import { float16Bits } from "../../engine/protocol/tensor.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import { bestMatch, summary } from "../compute/similarity.ts";
import { featureRefOf, isCompared } from "./selectors.ts";
import type { Slice } from "./store.ts";
import type { Cursor, Pane } from "./view-slice.ts";

/** A feature map without its numbers: those are in the worker. */
export interface HeldFeatures extends Omit<Features, "patches" | "cls" | "registers"> {
  readonly ref: FeatureRef;
  /** Values per patch. */
  readonly width: number;
}

export interface CosineOver {
  readonly geometry: Geometry;
  /** [rows * cols]. */
  readonly values: Float32Array;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly best: { patch: PatchPosition; value: number } | undefined;
}

/** Cosine of the query patch with every patch, on one or two photographs. */
export interface CosineMap {
  readonly query: PatchPosition;
  readonly main: CosineOver;
  readonly second: CosineOver | undefined;
  /** Timestamp of the pointer event that asked for it. */
  readonly startedAt: number | undefined;
}

/** Neighbours of the query match it trivially; a best match in the same photograph is further off. */
export const matchRadius = 3;

export interface FeatureState {
  readonly features: HeldFeatures | undefined;
  readonly secondFeatures: HeldFeatures | undefined;
  readonly cosine: CosineMap | undefined;
  loadFeatures(pane: Pane): Promise<void>;
  dropSecond(): void;
  /** Show the map of this patch. @param hover what asked, when that was the pointer */
  ask(
    patch: PatchPosition,
    hover?: { startedAt: number; cursorNow: () => Cursor | undefined },
  ): Promise<void>;
}

export const featureSlice: Slice<FeatureState> = (set, get, { engine, similarity }) => {
  /** The query, carried over to a grid of another size; the centre when there is none. */
  const queryOn = ({ grid }: Geometry, before: Geometry | undefined): PatchPosition => {
    const { view, query } = get();
    const patch = view.patch ?? query ?? { row: grid.rows >> 1, col: grid.cols >> 1 };
    if (!before) {
      if (patch.row < grid.rows && patch.col < grid.cols) return patch;
      if (view.patch) {
        get().setView({ patch: undefined });
        const message = `Patch ${patch.row}, ${patch.col} is outside this grid of ${grid.rows}×${grid.cols}; showing the centre.`;
        get().notify("note", message);
      }
      return { row: grid.rows >> 1, col: grid.cols >> 1 };
    }
    const scaled = (at: number, from: number, to: number) =>
      Math.min(to - 1, Math.floor(((at + 0.5) / from) * to));
    const moved = {
      row: scaled(patch.row, before.grid.rows, grid.rows),
      col: scaled(patch.col, before.grid.cols, grid.cols),
    };
    if (view.patch) get().setView({ patch: moved });
    return moved;
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
      const before = held?.geometry;
      // A map of another photograph or model must not lie over this one, not even for a moment.
      if (held && (held.ref.image !== ref.image || held.ref.model !== ref.model)) {
        if (pane === "main") set({ features: undefined, cosine: undefined });
        else get().dropSecond();
      }
      const reply = await get().run(
        pane === "main" ? "Computing features" : "Computing features of the second photograph",
        (options) => engine.call("features.get", ref, options),
        `features ${pane}`,
      );
      if (!reply) return;
      const { patches, cls: _cls, registers: _registers, ...rest } = reply;
      const width = patches.shape[1] ?? 1;
      await similarity.load(pane, float16Bits(patches), width);
      set({ [field]: { ...rest, ref, width } });
      const main = get().features;
      if (main) await get().ask(queryOn(main.geometry, pane === "main" ? before : main.geometry));
    },
    dropSecond() {
      similarity.clear("second");
      const { cosine } = get();
      set({
        secondFeatures: undefined,
        ...(cosine ? { cosine: { ...cosine, second: undefined, startedAt: undefined } } : {}),
      });
    },
    async ask(patch, hover) {
      const { features, secondFeatures } = get();
      if (!features) {
        set({ query: patch });
        return;
      }
      const { geometry } = features;
      const compared = isCompared(get()) && secondFeatures !== undefined;
      const maps = await similarity.query(patch.row * geometry.grid.cols + patch.col, compared);
      if (!maps || get().features !== features) return;
      // A pin that came while the worker was busy holds its own patch.
      if (hover && get().view.patch) return;
      set({
        query: patch,
        ...(hover ? { cursor: hover.cursorNow() } : {}),
        cosine: {
          query: patch,
          main: over(maps.main, geometry, { ...patch, radius: matchRadius }),
          second: maps.second && secondFeatures && over(maps.second, secondFeatures.geometry),
          startedAt: hover?.startedAt,
        },
      });
    },
  };
};

function over(
  values: Float32Array,
  geometry: Geometry,
  exclude?: PatchPosition & { radius: number },
): CosineOver {
  const best = bestMatch(values, geometry.grid.cols, exclude);
  return { geometry, values, ...summary(values), best };
}
