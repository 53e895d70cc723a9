/** Hands the store to the panels. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { Look, LookStore } from "../store/look.ts";

export const StoreContext = createContext<LookStore | undefined>(undefined);

export function useLookStore(): LookStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error("internal: no store above this panel");
  return store;
}

/** Select the least that a panel needs; it is drawn again when that changes. */
export function useLook<T>(select: (state: Look) => T): T {
  return useStore(useLookStore(), select);
}
