/** Which dialog is open over the page, and whether the welcome lies beside the stage. */
import type { DialogState } from "./dialog-state.ts";
import type { Slice } from "./look.ts";

export const dialogSlice: Slice<DialogState> = (set) => ({
  dialog: undefined,
  openDialog(dialog) {
    set({ dialog });
  },
  isWelcomeOpen: false,
  showWelcome(isWelcomeOpen) {
    set({ isWelcomeOpen });
  },
});
