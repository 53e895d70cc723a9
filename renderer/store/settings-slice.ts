/** What a person settles once for this browser or window. */
import type { Slice } from "./look.ts";
import { defaultSettings, type SettingsState } from "./settings-state.ts";

export const settingsSlice: Slice<SettingsState> = (set, get) => ({
  settings: defaultSettings,
  setSettings(change) {
    set({ settings: { ...get().settings, ...change } });
  },
});
