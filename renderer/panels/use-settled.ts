/** State at rest: panels that follow a moving pointer would cost its map the time they take to paint. */
import { useEffect, useState } from "react";
import type { Look } from "../store/store.ts";
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
