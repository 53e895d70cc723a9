/** Keeps features and probe answers in step with what is looked at: one watcher instead of many effects. */
import { featureRefOf, isCompared, isHovered, probeCallOf } from "./selectors.ts";
import type { LookStore } from "./store.ts";

/** @returns stops following */
export function follow(store: LookStore): () => void {
  let mainKey: string | undefined;
  let secondKey: string | undefined;
  let probeKey: string | undefined;
  let hasThumbnails = false;

  const step = () => {
    const state = store.getState();
    const ref = featureRefOf(state, "main");
    const refKey = ref && `${state.epoch} ${state.attempt} ${JSON.stringify(ref)}`;

    if (refKey !== undefined && isHovered(state) && refKey !== mainKey) {
      mainKey = refKey;
      void state.loadFeatures("main");
    }

    const second = isCompared(state) ? featureRefOf(state, "second") : undefined;
    if (state.second === undefined) {
      if (state.secondFeatures) state.dropSecond();
      secondKey = undefined;
    } else if (second) {
      const key = `${state.epoch} ${JSON.stringify(second)}`;
      if (key !== secondKey) {
        secondKey = key;
        void state.loadFeatures("second");
      }
    }

    const call = probeCallOf(state);
    if (refKey !== undefined && call) {
      const key = `${refKey} ${JSON.stringify(call)}`;
      if (key !== probeKey) {
        probeKey = key;
        void state.runProbe();
      }
    }

    // Thumbnails wait for the first map: nothing may delay that.
    if (!hasThumbnails && (state.cosine ?? state.answer)) {
      hasThumbnails = true;
      void state.openRemaining();
    }
  };

  step();
  return store.subscribe((state, before) => {
    // A hover changes none of these, and hovers are many.
    if (
      state.view !== before.view ||
      state.model !== before.model ||
      state.photographs !== before.photographs ||
      state.active !== before.active ||
      state.second !== before.second ||
      state.epoch !== before.epoch ||
      state.attempt !== before.attempt ||
      state.modelEpoch !== before.modelEpoch ||
      state.connection !== before.connection ||
      (!hasThumbnails && (state.cosine !== before.cosine || state.answer !== before.answer))
    ) {
      step();
    }
  });
}
