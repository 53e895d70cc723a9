/** Models, sessions and photographs that were opened lately; the desktop window keeps its own list. */
import { desktop } from "../connection/desktop.ts";
import { baseName } from "./base-name.ts";
import type { Slice } from "./look.ts";
import type { RecentState } from "./recent-state.ts";

const longest = 8;

export const recentSlice: Slice<RecentState> = (set, get) => {
  const remember = (kind: "model" | "session", path: string) => {
    if (desktop()) return;
    const others = get().recent.filter((one) => one.path !== path);
    const entry = { path, name: baseName(path), kind, exists: true };
    set({ recent: [entry, ...others].slice(0, longest) });
  };
  return {
    recent: [],
    engineProcess: undefined,
    setRecent(recent) {
      set({ recent });
    },
    rememberModel(path) {
      const isBundled = get().info?.models.some((model) => model.path === path) ?? false;
      if (!isBundled) remember("model", path);
    },
    rememberSession(path) {
      remember("session", path);
    },
    async openRecent(recent) {
      const { path, kind } = recent;
      if (kind === "image") {
        await desktop()?.openRecent(path);
        return;
      }
      const isOpen = await (kind === "session"
        ? get().openSession({ path })
        : get().openModel(path));
      if (isOpen || get().connection.kind !== "open") return;
      const edit = get().recent.map((one) => (one.path === path ? { ...one, exists: false } : one));
      set({ recent: edit });
    },
    forgetRecent(path) {
      set({ recent: get().recent.filter((one) => one.path !== path) });
    },
  };
};
