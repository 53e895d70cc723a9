/** Keeps the arrangement of the window, how far lessons were taken, and in a browser the models lately opened, from day to day. */
import { readLayout } from "./layout-slice.ts";
import { readProgress } from "./learn-slice.ts";
import type { LookStore } from "./look.ts";

const layoutKey = "gramscope layout";
const modelsKey = "gramscope models";
const lessonsKey = "gramscope lessons";

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
  attempt(() => store.setState({ progress: readProgress(storage.getItem(lessonsKey)) }));
  attempt(() => {
    const kept: unknown = JSON.parse(storage.getItem(modelsKey) ?? "[]");
    const paths = Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
    for (const path of paths.toReversed()) store.getState().rememberModel(path);
  });
  return store.subscribe((state, before) => {
    if (state.layout !== before.layout) {
      attempt(() => storage.setItem(layoutKey, JSON.stringify(state.layout)));
    }
    if (state.progress !== before.progress) {
      attempt(() => storage.setItem(lessonsKey, JSON.stringify(state.progress)));
    }
    if (state.recent !== before.recent) {
      const paths = state.recent.filter(({ kind }) => kind === "model").map(({ path }) => path);
      attempt(() => storage.setItem(modelsKey, JSON.stringify(paths)));
    }
  });
}
