/** The store against an engine and a worker that are plain objects. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { EngineError } from "../../engine/protocol/errors.ts";
import type { Asked } from "../../renderer/compute/similarity-answers.ts";
import { followAddress } from "../../renderer/store/address.ts";
import { canRedo, canUndo, togetherMs } from "../../renderer/store/history-slice.ts";
import { defaultLayout, readLayout } from "../../renderer/store/layout-slice.ts";
import { defaultView } from "../../renderer/store/view-state.ts";
import type { LookStore } from "../../renderer/store/look.ts";
import { card, setUpLook as setUp, settle } from "../support/look-store.ts";

const state = (store: LookStore) => store.getState();

describe("starting", () => {
  it("the bundled model, the first sample and a cosine map come with no click", async () => {
    const { store, asked } = setUp();
    await state(store).connected();
    await settle();
    const { model, active, cosine, query } = state(store);
    expect([model?.source, active, query]).toEqual(["/bundled", "cat", [{ row: 2, col: 2 }]]);
    expect(cosine?.over.main?.values).toHaveLength(16);
    expect(asked("features.get")).toEqual([
      {
        model: "model /bundled",
        image: "image 0",
        size: { kind: "model" },
        layer: "last",
        norm: true,
      },
    ]);
  });

  it("the other samples are opened only after the first map", async () => {
    const { store, calls } = setUp();
    await state(store).connected();
    await settle();
    const kinds = calls.map(([kind, payload]) => [kind, (payload as { name?: string }).name]);
    const features = kinds.findIndex(([kind]) => kind === "features.get");
    const cup = kinds.findIndex(([, name]) => name === "cup");
    expect(features).toBeGreaterThan(0);
    expect(cup).toBeGreaterThan(features);
  });

  it("after a reconnection the same model and photograph are opened again, under new ids", async () => {
    const { store, asked } = setUp();
    await state(store).connected();
    await settle();
    await state(store).choose("cup");
    await settle();
    state(store).disconnected({ kind: "lost", attempt: 1, retryAt: 0 });
    expect(state(store).cosine).toBeDefined();
    const before = asked("features.get").length;
    await state(store).connected();
    await settle();
    expect(state(store).active).toBe("cup");
    expect(asked("features.get").length).toBe(before + 1);
    expect(asked("model.open")).toEqual([{ path: "/bundled" }, { path: "/bundled" }]);
  });
});

describe("what is opened before the engine is there", () => {
  it("is opened when it is, instead of the bundled model and the first sample", async () => {
    const { store, asked } = setUp();
    await state(store).openModel("/mine");
    await state(store).openFiles([{ name: "mine.png", blob: new Blob(["x"]) }]);
    await state(store).connected();
    await settle();
    expect(asked("model.open")).toEqual([{ path: "/mine" }]);
    expect(state(store).photographs.find(({ key }) => key === state(store).active)?.name).toBe(
      "mine.png",
    );
    expect(state(store).cosine).toBeDefined();
  });

  it("a model that does not open leaves the one that is named for the next connection", async () => {
    const { store, asked } = setUp({
      "model.open": ({ path }: { path: string }) => {
        if (path === "/broken") throw new EngineError("path.missing", "/broken is not there");
        return { ...card, id: path, source: path };
      },
    });
    await state(store).connected();
    expect(await state(store).openModel("/broken")).toBe(false);
    await state(store).connected();
    expect(asked("model.open").at(-1)).toEqual({ path: "/bundled" });
  });
});

describe("undo", () => {
  it("brings back view and zoom, together with the patches on their own grid", async () => {
    const { store } = setUp();
    await state(store).connected();
    await settle();
    state(store).togglePin({ row: 3, col: 0 });
    await settle();
    state(store).setView({ size: { kind: "short", side: 128 } });
    await settle();
    expect(state(store).view.patch).toEqual([{ row: 7, col: 1 }]);
    state(store).undo();
    await settle();
    expect(state(store).view.patch).toEqual([{ row: 3, col: 0 }]);
    expect(state(store).view.size).toEqual({ kind: "model" });
    state(store).redo();
    await settle();
    expect(state(store).query).toEqual([{ row: 7, col: 1 }]);
    state(store).undo();
    state(store).undo();
    expect(state(store).view).toEqual(defaultView);
    expect(state(store).tracks.look.past).toEqual([]);
  });

  it("close changes of one setting are one step, and a new change ends what could be redone", () => {
    const { store } = setUp();
    const now = vi.spyOn(Date, "now").mockReturnValue(0);
    for (const opacity of [0.5, 0.4, 0.3]) state(store).setView({ opacity });
    now.mockReturnValue(togetherMs);
    state(store).setView({ opacity: 0.2 });
    expect(state(store).tracks.look.past).toHaveLength(2);
    state(store).undo();
    expect(state(store).view.opacity).toBe(0.3);
    state(store).setView({ colormap: "magma" });
    expect(state(store).tracks.look.future).toEqual([]);
    state(store).undo();
    state(store).undo();
    expect(state(store).view.opacity).toBe(defaultView.opacity);
    vi.restoreAllMocks();
  });

  it("goes back to the photograph, the model and the arrangement of before, one step at a time", async () => {
    const { store } = setUp();
    await state(store).connected();
    await settle();
    const [first, second] = state(store).photographs;
    expect(state(store).tracks.look.past).toEqual([]);
    await state(store).choose(second!.key);
    state(store).setLayout({ gram: true });
    await state(store).openModel("/other");
    await settle();
    state(store).undo();
    await settle();
    expect(state(store)).toMatchObject({ modelPath: "/bundled", active: second!.key });
    state(store).undo();
    expect(state(store).layout.gram).toBe(false);
    state(store).undo();
    await settle();
    expect(state(store).active).toBe(first!.key);
    for (let i = 0; i < 3; i++) state(store).redo();
    await settle();
    expect(state(store)).toMatchObject({ modelPath: "/other", active: second!.key });
    expect(state(store).layout.gram).toBe(true);
    expect(state(store).tracks.look.future).toEqual([]);
  });

  it("brings back a photograph that was removed, with its panes, and takes away one that was opened", async () => {
    const { store } = setUp();
    await state(store).connected();
    await settle();
    const before = state(store).photographs.map(({ key }) => key);
    const [first] = before;
    await state(store).openFiles([{ name: "mine.png", blob: new Blob(["x"]) }]);
    await settle();
    const mine = state(store).active!;
    expect(before).not.toContain(mine);
    state(store).addPane({ photograph: first! });
    state(store).remove(mine);
    await settle();
    expect(state(store).active).not.toBe(mine);
    state(store).undo();
    await settle();
    expect(state(store).active).toBe(mine);
    expect(state(store).photographs[0]).toMatchObject({ key: mine, name: "mine.png" });
    expect(state(store).photographs[0]!.info).toBeDefined();
    state(store).undo();
    state(store).undo();
    await settle();
    expect(state(store).photographs.map(({ key }) => key)).toEqual(before);
    expect(state(store)).toMatchObject({ active: first, panes: [] });
  });

  it("has steps of its own on the pages that are filled in", async () => {
    const { store } = setUp();
    await state(store).connected();
    await settle();
    state(store).setPage("train");
    const recipe = state(store).recipe;
    state(store).setRecipe({ ...recipe, steps: 7 });
    state(store).setRecipe({ ...recipe, steps: 7, seed: 3 });
    state(store).undo();
    expect(state(store).recipe).toEqual({ ...recipe, steps: 7 });
    state(store).setPage("export");
    state(store).setExportForm({ opset: "20" });
    state(store).undo();
    expect(state(store).exportForm.opset).toBe("18");
    state(store).setPage("measure");
    state(store).setCompareForm({ seed: "9" });
    state(store).undo();
    expect(state(store).compareForm.seed).not.toBe("9");
    // What happened there changed nothing here.
    state(store).setPage("train");
    state(store).undo();
    expect(state(store).recipe).toEqual(recipe);
    state(store).setPage("learn");
    expect([canUndo(state(store)), canRedo(state(store))]).toEqual([false, false]);
  });

  it("a step that came back to where it was is passed over", () => {
    const { store } = setUp();
    state(store).setView({ norm: false });
    state(store).setView({ colormap: "magma" });
    state(store).setView({ colormap: "viridis" });
    state(store).undo();
    expect(state(store).view.norm).toBe(true);
  });
});

describe("ends of the colours that are set by hand", () => {
  it("belong to one probe and go with it", () => {
    const { store } = setUp();
    state(store).setView({ range: [0.2, 0.8] });
    state(store).setView({ layer: 3 });
    expect(state(store).view.range).toEqual([0.2, 0.8]);
    state(store).setView({ probe: "norm" });
    expect(state(store).view.range).toBe("fit");
  });
});

describe("a PCA's basis", () => {
  it("is fitted on every open photograph, the same for both on the stage, or on one", async () => {
    const { store, asked } = setUp();
    await state(store).connected();
    await settle();
    await state(store).toggleBeside("cup");
    state(store).setView({ probe: "pca", basis: "joint" });
    await settle();
    interface Asked {
      features: { image: string };
      call: { options: { fit: { image: string }[] } };
    }
    const fits = () => (asked("probe.run") as Asked[]).map(({ call }) => call.options.fit);
    const joint = fits().slice(-2);
    expect(joint[0]).toEqual(joint[1]);
    expect(joint[0]!.map(({ image }) => image)).toEqual(["image 0", "image 1"]);
    state(store).setView({ basis: "of cup" });
    await settle();
    expect(
      fits()
        .at(-1)!
        .map(({ image }) => image),
    ).toEqual(["image 1"]);
  });
});

describe("the arrangement", () => {
  it("comes back from what was kept, and what is spoilt in it is left out", () => {
    const kept = {
      ...defaultLayout,
      direction: "down",
      gram: true,
      sizes: { "a b": { a: 30, b: 70 } },
    };
    expect(readLayout(JSON.stringify(kept))).toEqual(kept);
    for (const text of [
      null,
      "",
      "[",
      "7",
      '{"left":"yes","sizes":{"a":{"a":-1}},"direction":3}',
    ]) {
      expect(readLayout(text)).toEqual(defaultLayout);
    }
  });
});

describe("errors", () => {
  const refuse = () => {
    throw new EngineError("path.missing", "model: /nowhere does not exist", { hint: "Look." });
  };

  it("a model that cannot be opened is one notice, and the open one stays", async () => {
    let isFirst = true;
    const { store } = setUp({
      "model.open": () =>
        isFirst ? ((isFirst = false), { ...card, id: "m", source: "/a" }) : refuse(),
    });
    await state(store).connected();
    await state(store).openModel("/nowhere");
    expect(state(store).model?.source).toBe("/a");
    expect(state(store).notices).toMatchObject([
      { tone: "error", message: "model: /nowhere does not exist", hint: "Look." },
    ]);
    state(store).dismiss(state(store).notices[0]!.id);
    expect(state(store).notices).toEqual([]);
  });

  it("a file that is no image goes from the strip, and the photograph on the stage stays", async () => {
    const { store } = setUp({
      "image.open": () => {
        throw new EngineError("image.format", "notes.txt: expected an image, received text");
      },
    });
    await state(store).connected();
    await settle();
    await state(store).openFiles([{ name: "notes.txt", blob: new Blob(["hello"]) }]);
    expect(state(store).active).toBe("cat");
    expect(state(store).photographs.map(({ key }) => key)).toEqual(["cat", "cup"]);
    expect(state(store).notices[0]?.message).toContain("notes.txt");
  });

  it("being cancelled is no error, and leaves nothing running", async () => {
    const { store } = setUp({
      "features.get": (_ref, signal) =>
        new Promise((_resolve, reject) => {
          const stop = () => reject(new EngineError("cancelled", "features were cancelled"));
          signal?.addEventListener("abort", stop);
        }),
    });
    await state(store).connected();
    await settle();
    expect(state(store).activities).toHaveLength(1);
    expect(state(store).cancelNewest(), "work too short to be seen is left alone").toBe(false);
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 1000);
    expect(state(store).cancelNewest()).toBe(true);
    vi.restoreAllMocks();
    await settle();
    expect(state(store).activities).toEqual([]);
    expect(state(store).notices).toEqual([]);
  });

  it("progress never goes back", async () => {
    const { store } = setUp();
    const seen: (number | undefined)[] = [];
    store.subscribe(({ activities }) => seen.push(activities[0]?.fraction));
    await state(store).run("Work", async ({ onProgress }) => {
      for (const fraction of [0.2, 0.6, 0.4, 0.8]) onProgress?.({ fraction, label: "Work" });
    });
    expect(seen).toEqual([undefined, 0.2, 0.6, 0.6, 0.8, undefined]);
  });
});

describe("the query patch", () => {
  let store: LookStore;
  let queried: Asked[];
  beforeEach(async () => {
    ({ store, queried } = setUp());
    await state(store).connected();
    await settle();
  });
  const over = (row: number, col: number) => ({ pane: "main" as const, patch: { row, col } });

  it("follows the pointer, and carries the pointer's time to the map", async () => {
    state(store).hover(over(1, 3), 123);
    await settle();
    const { query, cursor, cosine } = state(store);
    expect([query, cursor, cosine?.startedAt]).toEqual([[{ row: 1, col: 3 }], over(1, 3), 123]);
    expect(queried.at(-1)).toEqual({ patches: [7] });
  });

  it("stays where it is pinned while the pointer moves, and lets go of a second click", async () => {
    state(store).togglePin({ row: 0, col: 1 });
    await settle();
    state(store).hover(over(3, 3), 1);
    await settle();
    expect([state(store).query, state(store).cursor]).toEqual([[{ row: 0, col: 1 }], over(3, 3)]);
    state(store).togglePin({ row: 0, col: 1 });
    expect(state(store).view.patch).toEqual([]);
    expect(state(store).unpin()).toBe(false);
  });

  it("walks with the keys and stops at the edge", async () => {
    state(store).walk(-1, 1);
    expect(state(store).view.patch).toEqual([{ row: 1, col: 3 }]);
    await settle();
    state(store).walk(10, 10);
    expect(state(store).view.patch).toEqual([{ row: 3, col: 3 }]);
  });

  it("keeps its place on the photograph when the grid gets finer", async () => {
    state(store).togglePin({ row: 3, col: 0 });
    await settle();
    state(store).setView({ size: { kind: "short", side: 128 } });
    await settle();
    expect(state(store).query).toEqual([{ row: 7, col: 1 }]);
    expect(state(store).cosine?.over.main?.values).toHaveLength(64);
  });
});

describe("settings", () => {
  it("another look of the PCA picture asks the engine for nothing", async () => {
    const { store, asked } = setUp();
    await state(store).connected();
    state(store).setView({ probe: "pca" });
    await settle();
    expect(asked("probe.run")).toHaveLength(1);
    const looks = new Set<string>();
    for (let i = 0; i < 48; i++) {
      looks.add(`${state(store).view.signs} ${state(store).view.order}`);
      state(store).nextSigns();
      if (i % 8 === 7) state(store).nextOrder();
    }
    await settle();
    expect(looks.size).toBe(48);
    expect(asked("probe.run")).toHaveLength(1);
    state(store).setView({ preset: "whitened" });
    await settle();
    expect(asked("probe.run")).toHaveLength(2);
  });

  it("hovering never asks the engine", async () => {
    const { store, calls } = setUp();
    await state(store).connected();
    await settle();
    const before = calls.length;
    for (let i = 0; i < 16; i++) {
      state(store).hover({ pane: "main", patch: { row: i >> 2, col: i % 4 } }, i);
      await settle();
    }
    expect(calls.length).toBe(before);
  });

  it("a second photograph brings its own map and best match", async () => {
    const { store } = setUp();
    await state(store).connected();
    await settle();
    await state(store).toggleBeside("cup");
    await settle();
    const { pane1 } = state(store).cosine!.over;
    // The fake worker mirrors the map, so the best match of the centre mirrors the centre.
    expect(pane1?.matches[0]?.patch).toEqual({ row: 1, col: 1 });
    await state(store).toggleBeside("cup");
    await settle();
    expect(state(store).cosine?.over.pane1).toBeUndefined();
  });

  it("are written to the address once they rest, and the token stays", async () => {
    vi.useFakeTimers();
    try {
      const { store } = setUp();
      const urls: string[] = [];
      followAddress(store, {
        location: { search: "?token=t&k=300", hash: "#x", pathname: "/" },
        history: { replaceState: (_data, _unused, url) => void urls.push(url) },
      });
      expect(state(store).notices[0]).toMatchObject({ tone: "note" });
      state(store).setView({ probe: "norm" });
      state(store).setView({ layer: 2 });
      expect(urls).toEqual([]);
      vi.runAllTimers();
      expect(urls).toEqual(["/?token=t&probe=norm&layer=3#x"]);
    } finally {
      vi.useRealTimers();
    }
  });
});
