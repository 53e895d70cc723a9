/** Keeps settings and the arrangement of the window, and in a browser the models lately opened, from day to day. */
import { readLayout } from "./layout-slice.ts";
import type { LookStore } from "./look.ts";
import { readSettings } from "./settings-state.ts";

const layoutKey = "gramscope layout";
const modelsKey = "gramscope models";
const settingsKey = "gramscope settings";
const welcomedKey = "gramscope welcomed";

/** @param storage may refuse, as browsers do in private windows; then nothing is kept */
export function rememberWindow(
  store: LookStore,
  storage: Pick<Storage, "getItem" | "setItem">,
): () => void {
  const attempt = (work: () => void) => {
    try {
      work();
    } catch {
      // A window that forgets how it was arranged is still a window.
    }
  };
  attempt(() => store.setState({ layout: readLayout(storage.getItem(layoutKey)) }));
  attempt(() => store.setState({ settings: readSettings(storage.getItem(settingsKey)) }));
  attempt(() => {
    // What cannot be remembered would come back at every start.
    if (storage.getItem(welcomedKey) !== null) return;
    storage.setItem(welcomedKey, "yes");
    store.getState().showWelcome(true);
  });
  attempt(() => {
    const kept: unknown = JSON.parse(storage.getItem(modelsKey) ?? "[]");
    const paths = Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
    for (const path of paths.toReversed()) store.getState().rememberModel(path);
  });
  return store.subscribe((state, before) => {
    if (state.layout !== before.layout) {
      attempt(() => storage.setItem(layoutKey, JSON.stringify(state.layout)));
    }
    if (state.settings !== before.settings) {
      attempt(() => storage.setItem(settingsKey, JSON.stringify(state.settings)));
    }
    if (state.recent !== before.recent) {
      const paths = state.recent.filter(({ kind }) => kind === "model").map(({ path }) => path);
      attempt(() => storage.setItem(modelsKey, JSON.stringify(paths)));
    }
  });
}
