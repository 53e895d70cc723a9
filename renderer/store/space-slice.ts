/** Keeps the pane of points in step with what is looked at: components, clusters, the matrix and UMAP. */
import { LRUCache } from "lru-cache";
import type { CallOptions } from "../../engine/protocol/connection.ts";
import { float16Bits, float32Values } from "../../engine/protocol/tensor.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Slice } from "./look.ts";
import type { Answer } from "./probe-state.ts";
import { spaceSlots, type SpaceSlot, type SpaceState, type UmapPoints } from "./space-state.ts";
import { spaceWish, umapKey, umapWish, type SpaceWish, type UmapWish } from "./space-wishes.ts";
import { isOneSeries } from "./timeline-view.ts";

/** Layouts that are kept: 16 of 16,384 points are 3 MB. */
const mostLayouts = 16;

const labels: Readonly<Record<SpaceSlot, string>> = {
  pca: "Computing components",
  "pca second": "Computing components of the second photograph",
  clusters: "Computing clusters",
  gram: "Computing the Gram matrix",
};

export const spaceSlice: Slice<SpaceState> = (set, get, { maps, layOut }) => {
  const asked = new Map<string, string>();
  const layouts = new LRUCache<string, UmapPoints>({ max: mostLayouts });

  /** @returns whether the key is another than the last one of this name */
  const isNew = (name: string, key: string) => {
    if (asked.get(name) === key) return false;
    asked.set(name, key);
    return true;
  };

  const keep = (slot: SpaceSlot, answer: Answer | undefined) => {
    const { [slot]: _before, ...others } = get().spaceAnswers;
    set({ spaceAnswers: answer ? { ...others, [slot]: answer } : others });
  };

  const isSameSubject = (before: FeatureRef, ref: FeatureRef) =>
    before.image === ref.image && isOneSeries(get(), before.model, ref.model);

  const fetch = async (slot: SpaceSlot, { ref, call }: SpaceWish) => {
    const before = get().spaceAnswers[slot];
    if (before && !isSameSubject(before.ref, ref)) keep(slot, undefined);
    const view = `space ${slot}`;
    const kept = maps.probe(ref, call);
    if (kept) get().overtake(view);
    const reply =
      kept ?? (await get().run(labels[slot], (options) => maps.askProbe(ref, call, options), view));
    if (reply) keep(slot, { ref, call, ...reply });
  };

  /** Features, a start along the components, and then the worker. */
  const umapOf = async (key: string, { refs, seed }: UmapWish, options: CallOptions) => {
    const [main] = refs;
    const rows: Uint16Array[] = [];
    const starts: Float32Array[] = [];
    const geometries: UmapPoints["geometries"][number][] = [];
    let d = 1;
    for (const ref of refs) {
      const quiet = { signal: options.signal };
      const features = maps.features(ref) ?? (await maps.askFeatures(ref, quiet));
      d = features.patches.shape[1] ?? 1;
      rows.push(float16Bits(features.patches));
      geometries.push(features.geometry);
      const fit = ref === main ? [] : [main!];
      const call = { probe: "pca", options: { preset: "raw", fit } } as const;
      const { result } = maps.probe(ref, call) ?? (await maps.askProbe(ref, call, quiet));
      starts.push(float32Values(result.coordinates!));
    }
    const bits = joined(rows, (length) => new Uint16Array(length));
    const start = joined(starts, (length) => new Float32Array(length));
    const input = { bits, d, start, seed };
    const { coordinates, fitted } = await layOut(input, options);
    return { key, geometries, coordinates, fitted };
  };

  const followUmap = async (key: string, wish: UmapWish) => {
    const kept = layouts.get(key);
    if (kept) {
      get().overtake("space umap");
      set({ umap: kept });
      return;
    }
    // Points of another photograph must not stand for this one's.
    set({ umap: undefined });
    const umap = await get().run(
      "Laying out patches by UMAP",
      (options) => umapOf(key, wish, options),
      "space umap",
    );
    if (!umap) return;
    layouts.set(key, umap);
    set({ umap });
  };

  return {
    spaceAnswers: {},
    umap: undefined,
    sight: undefined,
    spaceSize: undefined,
    setSight(sight) {
      set({ sight });
    },
    setSpaceSize(spaceSize) {
      set({ spaceSize });
    },
    followSpace() {
      const state = get();
      const { epoch, attempt } = state;
      for (const slot of spaceSlots) {
        const wish = spaceWish(state, slot);
        if (wish && isNew(slot, JSON.stringify([epoch, attempt, wish]))) void fetch(slot, wish);
      }
      const wish = umapWish(state);
      if (wish && isNew("umap", JSON.stringify([epoch, attempt, wish]))) {
        void followUmap(umapKey(state, wish), wish);
      }
    },
  };
};

function joined<T extends Uint16Array | Float32Array>(
  parts: readonly (Uint16Array | Float32Array)[],
  create: (length: number) => T,
): T {
  const whole = create(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
