/** State at rest: panels that follow a moving pointer would cost its map the time they take to paint. */
import { useEffect, useState } from "react";
import type { CosineMap } from "../store/feature-state.ts";
import type { Look } from "../store/look.ts";
import { useLookStore } from "./store-context.ts";

const restMs = 160;

/** As useLook, but the panel is drawn again at most every 160 ms. */
export function useSettledLook<K extends keyof Look>(key: K): Look[K] {
  const store = useLookStore();
  const [settled, setSettled] = useState(() => store.getState()[key]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = () => {
      timer = undefined;
      const next = store.getState()[key];
      setSettled(() => next);
    };
    settle();
    const stop = store.subscribe(() => {
      // One timer for many changes: a new one for each would never fire while the pointer moves.
      timer ??= setTimeout(settle, restMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store, key]);
  return settled;
}

/** The cosine map, as long as it has not changed for a moment; undefined while the pointer moves. */
export function useRestedCosine(): CosineMap | undefined {
  const store = useLookStore();
  const [rested, setRested] = useState(() => store.getState().cosine);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let shown = store.getState().cosine;
    let changedAt = 0;
    const settle = () => {
      // One timer for many changes: it looks again when the last of them is old enough.
      const wait = changedAt + restMs - performance.now();
      timer = wait > 0 ? setTimeout(settle, wait) : undefined;
      if (wait > 0) return;
      shown = store.getState().cosine;
      setRested(shown);
    };
    const stop = store.subscribe((state, before) => {
      if (state.cosine === before.cosine) return;
      changedAt = performance.now();
      if (shown) setRested(undefined);
      shown = undefined;
      timer ??= setTimeout(settle, restMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
  return rested;
}
