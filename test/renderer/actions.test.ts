/** The registry of actions: no key twice, each key does what the registry says, and docs/keys.md says the same. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { pages } from "../../renderer/store/layout-state.ts";
import type { Look } from "../../renderer/store/look.ts";
import { rememberWindow } from "../../renderer/store/remember.ts";
import { defaultSettings, readSettings } from "../../renderer/store/settings-state.ts";
import {
  combinationsOf,
  keyCaps,
  type Action,
  type Scope,
} from "../../renderer/panels/actions/action.ts";
import { keysByScope } from "../../renderer/panels/actions/keys-list.ts";
import { listedActions } from "../../renderer/panels/actions/listed-actions.ts";
import { matchOf } from "../../renderer/panels/actions/match.ts";
import { actions, availableActions } from "../../renderer/panels/actions/registry.ts";
import { handleKey } from "../../renderer/panels/shortcuts.ts";
import { setUpLook, settle } from "../support/look-store.ts";

/** As a keyboard would make it. */
function strokeOf(combination: string) {
  const parts = combination.split(/\+(?!$)/);
  const name = parts.at(-1)!;
  const key = name === "Space" ? " " : name.length === 1 ? name.toLowerCase() : name;
  return {
    key,
    ctrlKey: parts.includes("Mod"),
    metaKey: false,
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
    target: null as EventTarget | null,
    defaultPrevented: false,
    timeStamp: 1,
  };
}

/** An element that has the focus, as far as handleKey asks. */
const focused = (tag: string) =>
  ({
    closest: () => null,
    ownerDocument: { querySelector: () => null },
    matches: (selector: string) => new RegExp(`(^|[ ,])${tag}([:,]|$)`).test(selector),
  }) as unknown as EventTarget;

async function opened() {
  const { store } = setUpLook();
  await store.getState().connected();
  await settle();
  return store;
}

const scopesOf = (page: Scope): readonly Scope[] =>
  page === "timeline" ? ["timeline"] : ["everywhere", page];

describe("the registry", () => {
  it.each([...pages, "timeline"] as const)("%s: no key stands for two actions", (page) => {
    const keys = actions
      .filter(({ scope }) => scopesOf(page).includes(scope))
      .flatMap((action) => action.keys);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it("ids and titles are told apart, also from those that what is open brings along", async () => {
    const store = await opened();
    const all = [...actions, ...listedActions(store.getState())];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
    expect(all.map(({ title }) => title)).toContain("Show cup");
  });

  it("each key runs its action alone, on its page", async () => {
    const store = await opened();
    const runs = new Map<Action, ReturnType<typeof vi.fn>>();
    for (const action of actions) {
      const run = vi.fn();
      runs.set(action, run);
      vi.spyOn(action as { run: Action["run"] }, "run").mockImplementation(run);
      if (action.isAvailable) {
        vi.spyOn(action as Required<Action>, "isAvailable").mockReturnValue(true);
      }
    }
    for (const action of actions) {
      const places =
        action.scope === "everywhere" || action.scope === "timeline" ? ["look"] : [action.scope];
      for (const page of action.scope === "everywhere" ? pages : places) {
        for (const combination of action.keys) {
          const state = { ...store.getState(), page } as Look;
          const focus = action.scope === "timeline" ? "timeline" : undefined;
          for (const run of runs.values()) run.mockClear();
          expect(handleKey(strokeOf(combination), state, focus), combination).toBe(true);
          const ran = [...runs].filter(([, run]) => run.mock.calls.length > 0);
          expect(ran.map(([{ id }]) => id)).toEqual([action.id]);
          expect(ran[0]![1]).toHaveBeenCalledWith(state, 1);
        }
      }
    }
    vi.restoreAllMocks();
  });

  it("keys do on the store what their titles say", async () => {
    const store = await opened();
    const press = (combination: string) => handleKey(strokeOf(combination), store.getState());
    press("2");
    expect(store.getState().view.probe).toBe("pca");
    press("[");
    expect(store.getState().view.layer).toBe(10);
    press("N");
    expect(store.getState().view.norm).toBe(false);
    press("Mod+Z");
    expect(store.getState().view.norm).toBe(true);
    press("P");
    expect(store.getState().panes).toHaveLength(1);
    press("Mod+K");
    expect(store.getState().dialog).toBe("palette");
    store.getState().setPage("measure");
    press("3");
    expect(store.getState().view.probe).toBe("pca");
    store.getState().setPage("train");
    expect(press("Space")).toBe(false);
  });

  it("a field keeps its letters, a button its space, a slider its arrows", async () => {
    const store = await opened();
    const on = (tag: string, combination: string) =>
      handleKey({ ...strokeOf(combination), target: focused(tag) }, store.getState());
    expect([on("textarea", "N"), on("select", "N"), on("textarea", "Mod+Z")]).toEqual(
      Array(3).fill(false),
    );
    expect([on("button", "N"), on("textarea", "Mod+K")]).toEqual([true, true]);
    expect(on("input", "ArrowLeft")).toBe(false);
    const inDialog = (isOpen: boolean) =>
      ({
        closest: () => (isOpen ? null : {}),
        ownerDocument: { querySelector: () => (isOpen ? {} : null) },
        matches: () => true,
      }) as unknown as EventTarget;
    const press = (target: EventTarget) =>
      handleKey({ ...strokeOf("N"), target }, store.getState());
    expect(press(inDialog(true))).toBe(false);
    // It has the focus still, and nobody sees it.
    expect(press(inDialog(false))).toBe(true);
    expect(handleKey({ ...strokeOf("N"), defaultPrevented: true }, store.getState())).toBe(false);
  });

  it("Caps Lock, Shift and AltGr write the same keys", () => {
    const stroke = strokeOf("N");
    expect(combinationsOf({ ...stroke, key: "N", shiftKey: true })).toContain("N");
    expect(combinationsOf({ ...stroke, key: "?", shiftKey: true })).toContain("?");
    expect(combinationsOf({ ...stroke, key: "K", ctrlKey: true, shiftKey: true })).toEqual([
      "Mod+Shift+K",
    ]);
    const altGr = { key: "[", ctrlKey: true, altKey: true, getModifierState: () => true };
    expect(combinationsOf({ ...stroke, ...altGr })).toEqual(["["]);
    expect([keyCaps("Mod+Shift+Z"), keyCaps("+"), keyCaps("Mod+K", true)]).toEqual([
      ["Ctrl", "Shift", "Z"],
      ["+"],
      ["⌘", "K"],
    ]);
  });

  it("the palette offers what can be done now", async () => {
    const store = await opened();
    const ids = () => availableActions(store.getState()).map(({ id }) => id);
    expect(ids()).toContain("gram");
    expect(ids()).not.toContain("panes-close");
    expect(ids()).not.toContain("play");
    store.getState().addPane();
    expect(ids()).toContain("panes-close");
    store.getState().setPage("train");
    expect(ids()).not.toContain("gram");
    expect(ids()).toContain("page-look");
  });

  it("what is typed finds by beginnings of words first, and nothing by scattered letters", () => {
    const typed = (text: string) =>
      actions
        .map(
          ({ title, group, words = "" }) => [title, matchOf(title, text, [group, words])] as const,
        )
        .filter(([, match]) => match > 0)
        .sort(([, a], [, b]) => b - a)
        .map(([title]) => title);
    expect(typed("gram").slice(0, 2)).toEqual(["Gram matrix beside the photograph", "Show Gram"]);
    expect(typed("show gram")).toEqual(["Show Gram"]);
    expect(typed("umap")).toEqual(["Patches as points in space"]);
    expect(typed("rock")).toEqual([]);
    expect(matchOf("Show Rocket launch", "rock")).toBeGreaterThan(0.8);
  });

  it("no tooltip writes a key of an action by hand", () => {
    const panels = path.join(import.meta.dirname, "../../renderer/panels");
    const files = readdirSync(panels, { recursive: true, encoding: "utf8" });
    const byHand = files
      .filter((file) => file.endsWith(".tsx"))
      .flatMap((file) => readFileSync(path.join(panels, file), "utf8").split("\n"))
      .filter((line) => /"[^"]* \((Ctrl\+[^)]+|[A-Z]|Space|\[ and \])\)"/.test(line));
    expect(byHand).toEqual([]);
  });

  it("docs/keys.md lists every key", async () => {
    const sections = keysByScope().map(({ title, list }) => {
      const lines = list.map(({ title: what, keys }) => {
        const caps = keys.map((one) => `\`${keyCaps(one).join("+")}\``);
        return `- ${caps.join(" or ")}: ${what}`;
      });
      return `## ${title}\n\n${lines.join("\n")}\n`;
    });
    const text = [
      "# Keys",
      "Ctrl is Command on a Mac. `Ctrl+K` finds every action by its name, `?` shows this list in the program.",
      ...sections.map((section) => section.trimEnd()),
    ].join("\n\n");
    await expect(`${text}\n`).toMatchFileSnapshot(
      path.join(import.meta.dirname, "../../docs/keys.md"),
    );
  });
});

describe("settings", () => {
  const storageOf = (kept: Record<string, string>) => ({
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => void (kept[key] = value),
  });

  it("are kept; what is spoilt counts as never set", () => {
    expect(readSettings('{"theme":"dark","textSize":900,"motion":7,"strange":1}')).toEqual({
      ...defaultSettings,
      theme: "dark",
    });
    for (const text of ["{", "null", "[]", "3", null]) {
      expect(readSettings(text)).toEqual(defaultSettings);
    }
    const kept: Record<string, string> = {};
    const { store } = setUpLook();
    rememberWindow(store, storageOf(kept));
    store.getState().setSettings({ textSize: 150, colormap: "magma" });
    const next = setUpLook().store;
    rememberWindow(next, storageOf(kept));
    expect(next.getState().settings).toEqual({
      ...defaultSettings,
      textSize: 150,
      colormap: "magma",
    });
  });

  it("the welcome is for the first visit, and for none where nothing can be kept", () => {
    const kept: Record<string, string> = {};
    const visit = (storage: Parameters<typeof rememberWindow>[1]) => {
      const { store } = setUpLook();
      rememberWindow(store, storage);
      return store.getState().isWelcomeOpen;
    };
    expect([visit(storageOf(kept)), visit(storageOf(kept))]).toEqual([true, false]);
    const refusing = {
      getItem: () => null,
      setItem: () => {
        throw new Error("private");
      },
    };
    expect(visit(refusing)).toBe(false);
  });
});
