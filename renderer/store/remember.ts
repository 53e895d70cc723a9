/** Keeps settings, the arrangement of the window, how far lessons were taken, and in a browser the models and sessions lately opened, from day to day. */
import type { RecentFile } from "../../electron/desktop.ts";
import { readLayout } from "./layout-slice.ts";
import { readProgress } from "./learn-slice.ts";
import type { LookStore } from "./look.ts";
import { readSettings } from "./settings-state.ts";

const layoutKey = "gramscope layout";
const modelsKey = "gramscope models";
const sessionsKey = "gramscope sessions";
const lessonsKey = "gramscope lessons";
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
  const { rememberModel, rememberSession } = store.getState();
  attempt(() => readPaths(storage.getItem(modelsKey)).toReversed().forEach(rememberModel));
  attempt(() => readPaths(storage.getItem(sessionsKey)).toReversed().forEach(rememberSession));
  attempt(() => store.setState({ progress: readProgress(storage.getItem(lessonsKey)) }));
  attempt(() => store.setState({ settings: readSettings(storage.getItem(settingsKey)) }));
  attempt(() => {
    // What cannot be remembered would come back at every start.
    if (storage.getItem(welcomedKey) !== null) return;
    storage.setItem(welcomedKey, "yes");
    store.getState().showWelcome(true);
  });
  return store.subscribe((state, before) => {
    if (state.layout !== before.layout) {
      attempt(() => storage.setItem(layoutKey, JSON.stringify(state.layout)));
    }
    if (state.progress !== before.progress) {
      attempt(() => storage.setItem(lessonsKey, JSON.stringify(state.progress)));
    }
    if (state.settings !== before.settings) {
      attempt(() => storage.setItem(settingsKey, JSON.stringify(state.settings)));
    }
    if (state.recent !== before.recent) {
      const keep = (key: string, kind: RecentFile["kind"]) => {
        const paths = state.recent.filter((one) => one.kind === kind).map(({ path }) => path);
        attempt(() => storage.setItem(key, JSON.stringify(paths)));
      };
      keep(modelsKey, "model");
      keep(sessionsKey, "session");
    }
  });
}

function readPaths(text: string | null): string[] {
  const kept: unknown = JSON.parse(text ?? "[]");
  return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
}
