/** Every entry of the menu does something, on every system. */
import type { MenuItemConstructorOptions } from "electron";
import { describe, expect, test } from "vitest";
import type { RecentFile } from "../../electron/desktop.ts";
import { menuTemplate, type MenuActions } from "../../electron/menu.ts";

/** Roles that Electron's d.ts names and this menu uses. */
const roles = new Set(
  "appMenu windowMenu close quit undo redo cut copy paste selectAll reload resetZoom zoomIn zoomOut togglefullscreen toggleDevTools about".split(
    " ",
  ),
);

const recent: RecentFile[] = [
  { path: "/photos/cat & dog.jpg", name: "cat & dog.jpg", kind: "image", exists: true },
  { path: "/models/vits16", name: "vits16", kind: "model", exists: false },
];

describe.each(["linux", "win32", "darwin"] as const)("on %s", (platform) => {
  test("every entry has a role that Electron knows, or an action of its own", () => {
    const { done, actions } = recorder();
    const idle = leaves(menuTemplate(actions, recent, platform)).filter((entry) => {
      if (entry.type === "separator") return false;
      if (entry.role) return !roles.has(entry.role);
      const before = done.length;
      click(entry);
      return done.length !== before + 1;
    });
    expect(idle).toEqual([]);
    expect(new Set(done.map((line) => line.split(" ")[0]))).toEqual(new Set(Object.keys(actions)));
  });

  test("no two entries share a key", () => {
    const keys = leaves(menuTemplate(recorder().actions, recent, platform)).flatMap(
      ({ accelerator }) => accelerator ?? [],
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("the menus stand in the order that a person expects", () => {
    const labels = menuTemplate(recorder().actions, recent, platform).map(
      ({ label, role }) => label ?? role,
    );
    const middle = ["&File", "&Edit", "&View"];
    expect(labels).toEqual(
      platform === "darwin" ? ["appMenu", ...middle, "windowMenu", "&Help"] : [...middle, "&Help"],
    );
  });
});

test("recent files say what they are, whether they are gone, and open by their path", () => {
  const { done, actions } = recorder();
  const entries = recentEntries(menuTemplate(actions, recent, "linux"));
  expect(entries.map(({ label }) => label)).toEqual([
    "cat && dog.jpg",
    "vits16 (model) (gone)",
    undefined,
    "Clear This List",
  ]);
  for (const entry of entries) if (entry.type !== "separator") click(entry);
  expect(done).toEqual([
    "openRecent /photos/cat & dog.jpg",
    "openRecent /models/vits16",
    "clearRecent",
  ]);
});

test("without recent files the menu says so", () => {
  const entries = recentEntries(menuTemplate(recorder().actions, [], "linux"));
  expect(entries).toEqual([{ label: "Nothing Yet", enabled: false }]);
});

function recorder() {
  const done: string[] = [];
  const note =
    (name: string) =>
    (...values: string[]) =>
      void done.push([name, ...values].join(" "));
  const actions: MenuActions = {
    openImages: note("openImages"),
    openModelFolder: note("openModelFolder"),
    openSession: note("openSession"),
    openRecent: note("openRecent"),
    clearRecent: note("clearRecent"),
    exportDiagnostics: note("exportDiagnostics"),
    restartEngine: note("restartEngine"),
    openManual: note("openManual"),
    openOutside: note("openOutside"),
  };
  return { done, actions };
}

function leaves(entries: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return entries.flatMap((entry) =>
    Array.isArray(entry.submenu) ? leaves(entry.submenu) : [entry],
  );
}

function recentEntries(template: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  const file = template.find(({ label }) => label === "&File")!.submenu;
  const entries = (file as MenuItemConstructorOptions[]).find(
    ({ label }) => label === "Open Recent",
  );
  return entries!.submenu as MenuItemConstructorOptions[];
}

function click({ click: act }: MenuItemConstructorOptions): void {
  (act as (() => void) | undefined)?.();
}
