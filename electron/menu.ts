/** The menu bar, as a description that Electron builds: every entry has a role or does something. */
import type { MenuItemConstructorOptions } from "electron";
import type { RecentFile } from "./desktop.ts";

export interface MenuActions {
  openImages(): void;
  openModelFolder(): void;
  openSession(): void;
  openRecent(path: string): void;
  clearRecent(): void;
  exportDiagnostics(): void;
  restartEngine(): void;
  openManual(): void;
  openOutside(address: string): void;
}

const links = [
  ["DINOv3: the Paper", "https://arxiv.org/abs/2508.10104"],
  ["DINOv3: the Models", "https://huggingface.co/facebook/dinov3-vits16-pretrain-lvd1689m"],
] as const;

const separator: MenuItemConstructorOptions = { type: "separator" };

export function menuTemplate(
  actions: MenuActions,
  recent: readonly RecentFile[],
  platform: NodeJS.Platform,
): MenuItemConstructorOptions[] {
  const isMac = platform === "darwin";
  return [
    ...(isMac ? [{ role: "appMenu" } as const] : []),
    {
      label: "&File",
      submenu: [
        { label: "Open Image…", accelerator: "CmdOrCtrl+O", click: () => actions.openImages() },
        {
          label: "Open Model Folder…",
          accelerator: "CmdOrCtrl+Shift+O",
          click: () => actions.openModelFolder(),
        },
        { label: "Open Session…", click: () => actions.openSession() },
        { label: "Open Recent", submenu: recentMenu(actions, recent) },
        separator,
        { label: "Export Diagnostics…", click: () => actions.exportDiagnostics() },
        { label: "Restart Engine", click: () => actions.restartEngine() },
        separator,
        isMac ? { role: "close" } : { role: "quit" },
      ],
    },
    {
      label: "&Edit",
      submenu: [
        { role: "undo" },
        { role: "redo" },
        separator,
        { role: "cut" },
        { role: "copy" },
        { role: "paste" },
        { role: "selectAll" },
      ],
    },
    {
      label: "&View",
      submenu: [
        { role: "reload" },
        separator,
        { role: "resetZoom" },
        { role: "zoomIn" },
        { role: "zoomOut" },
        separator,
        { role: "togglefullscreen" },
        { role: "toggleDevTools" },
      ],
    },
    ...(isMac ? [{ role: "windowMenu" } as const] : []),
    {
      label: "&Help",
      role: "help",
      submenu: [
        { label: "Gramscope Manual", click: () => actions.openManual() },
        ...links.map(([label, address]) => ({
          label,
          click: () => actions.openOutside(address),
        })),
        ...(isMac ? [] : [separator, { role: "about" } as const]),
      ],
    },
  ];
}

function recentMenu(
  actions: MenuActions,
  recent: readonly RecentFile[],
): MenuItemConstructorOptions[] {
  if (recent.length === 0) return [{ label: "Nothing Yet", enabled: false }];
  return [
    ...recent.map(({ path, name, kind, exists }) => ({
      // A single & would underline the letter after it.
      label: `${name}${kind === "model" ? " (model)" : ""}${exists ? "" : " (gone)"}`.replaceAll(
        "&",
        "&&",
      ),
      toolTip: path,
      // Also when it is gone: then a message says so, and it leaves the list.
      click: () => actions.openRecent(path),
    })),
    separator,
    { label: "Clear This List", click: () => actions.clearRecent() },
  ];
}
