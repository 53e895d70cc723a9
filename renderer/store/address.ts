/** Keeps the view and the page's address the same, so that a picture can be sent as a link. */
import type { LookStore } from "./store.ts";
import { readView, writeView } from "./view-state.ts";

/** The members of Window that are used. */
export interface AddressBar {
  readonly location: { readonly search: string; readonly hash: string; readonly pathname: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
}

/** Browsers refuse more than a hundred changes of address in half a minute. */
const quietMs = 400;

/** Read the view from the address, then write every change back. @returns stops writing */
export function followAddress(store: LookStore, bar: AddressBar): () => void {
  const { view, ignored } = readView(bar.location.search);
  store.getState().setView(view);
  if (ignored.length > 0) {
    store.getState().notify("note", `Part of the address was ignored. ${ignored.join("; ")}`);
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = store.subscribe((state, before) => {
    if (state.view === before.view) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const query = writeView(bar.location.search, store.getState().view);
      const { pathname, hash } = bar.location;
      bar.history.replaceState(null, "", `${pathname}${query === "" ? "" : `?${query}`}${hash}`);
    }, quietMs);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
