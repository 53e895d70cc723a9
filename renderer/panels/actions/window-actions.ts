/** Actions that every page has: pages, dialogs, what is opened, and the window itself. */
import { canRedo, canUndo } from "../../store/history-slice.ts";
import { pages } from "../../store/layout-state.ts";
import { openPhotographs } from "../open-photographs.ts";
import { toggleTheme } from "../show-settings.ts";
import type { Action } from "./action.ts";

const toPages = pages.map((page): Action => ({
  id: `page-${page}`,
  title: `Go to ${page[0]!.toUpperCase()}${page.slice(1)}`,
  group: "Pages",
  scope: "everywhere",
  keys: [],
  isAvailable: (state) => state.page !== page,
  run: ({ setPage }) => setPage(page),
}));

export const windowActions: readonly Action[] = [
  ...toPages,
  {
    id: "open-photographs",
    title: "Open photographs…",
    group: "Open",
    scope: "everywhere",
    keys: [],
    words: "image picture file",
    run: (state) => {
      state.setPage("look");
      void openPhotographs(state);
    },
  },
  {
    id: "open-model",
    title: "Open a model…",
    group: "Open",
    scope: "everywhere",
    keys: [],
    words: "checkpoint weights hugging face hub get download",
    run: ({ openDialog }) => openDialog("open-model"),
  },
  {
    id: "open-run",
    title: "Open a run…",
    group: "Open",
    scope: "everywhere",
    keys: [],
    words: "timeline scrub checkpoints training",
    run: ({ openDialog }) => openDialog("open-run"),
  },
  {
    id: "undo",
    title: "Undo",
    group: "Window",
    scope: "everywhere",
    keys: ["Mod+Z"],
    isAvailable: canUndo,
    run: ({ undo }) => undo(),
  },
  {
    id: "redo",
    title: "Redo",
    group: "Window",
    scope: "everywhere",
    keys: ["Mod+Shift+Z", "Mod+Y"],
    isAvailable: canRedo,
    run: ({ redo }) => redo(),
  },
  {
    id: "palette",
    title: "Find an action",
    group: "Window",
    scope: "everywhere",
    keys: ["Mod+K"],
    isByKeyOnly: true,
    run: ({ openDialog }) => openDialog("palette"),
  },
  {
    id: "keys",
    title: "Show all keys",
    group: "Window",
    scope: "everywhere",
    keys: ["?"],
    words: "keyboard shortcuts help",
    run: ({ openDialog }) => openDialog("keys"),
  },
  {
    id: "settings",
    title: "Settings",
    group: "Window",
    scope: "everywhere",
    keys: ["Mod+,"],
    words: "text size theme motion colour map preferences options",
    run: ({ openDialog }) => openDialog("settings"),
  },
  {
    id: "theme",
    title: "Light or dark",
    group: "Window",
    scope: "everywhere",
    keys: ["T"],
    words: "theme colours night",
    run: toggleTheme,
  },
  {
    id: "check",
    title: "Check this installation",
    group: "Window",
    scope: "everywhere",
    keys: [],
    words: "diagnostics executors memory doctor bug report",
    run: ({ openDialog, refreshInfo }) => {
      void refreshInfo();
      openDialog("check");
    },
  },
  {
    id: "welcome",
    title: "Welcome",
    group: "Window",
    scope: "everywhere",
    keys: [],
    words: "first start doors recent work",
    run: ({ setPage, showWelcome }) => {
      setPage("look");
      showWelcome(true);
    },
  },
];
