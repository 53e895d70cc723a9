/** Panes beside the main one: what they share, what is their own, and how they are written down. */
import { describe, expect, it } from "vitest";
import { cellsOf, spread } from "../../renderer/panels/panes/grid-cells.ts";
import { paneTitle } from "../../renderer/panels/panes/pane-title.ts";
import { fittedRange } from "../../renderer/store/colour-scale.ts";
import type { LookStore } from "../../renderer/store/look.ts";
import { readPanes, writePanes } from "../../renderer/store/pane-address.ts";
import { featureRefOf, heldOn, probeCallOf, querySlotOf } from "../../renderer/store/selectors.ts";
import { againstIn, isLinked, seenIn } from "../../renderer/store/seen.ts";
import { setUpLook, settle } from "../support/look-store.ts";

const state = (store: LookStore) => store.getState();

async function connected() {
  const made = setUpLook();
  await state(made.store).connected();
  await settle();
  return made;
}

describe("a pane", () => {
  it("follows the main one but for its layer, and asks for that alone", async () => {
    const { store, asked } = await connected();
    state(store).addPane({ view: { layer: 3 } });
    await settle();
    expect(asked("features.get")).toHaveLength(2);
    expect(asked("features.get")[1]).toMatchObject({ image: "image 0", layer: 3 });
    expect(Object.keys(state(store).cosine!.over)).toEqual(["main", "pane1"]);
    expect(paneTitle(state(store), "pane1")).toBe("block 4");
    state(store).setView({ norm: false });
    await settle();
    expect(featureRefOf(state(store), "pane1")).toMatchObject({ norm: false, layer: 3 });
  });

  it("opens its own model once, and says in itself why it cannot", async () => {
    const { store, asked } = await connected();
    state(store).addPane({ model: "/other" });
    state(store).addPane({ model: "/other", view: { layer: 1 } });
    await settle();
    expect(asked("model.open")).toEqual([{ path: "/bundled" }, { path: "/other" }]);
    expect(featureRefOf(state(store), "pane1")?.model).toBe("model /other");
    expect(state(store).model?.id).toBe("model /bundled");

    const broken = setUpLook({
      "model.open": ({ path }: { path: string }) => {
        if (path === "/gone") throw new Error("There is no model at /gone");
        return { id: "m", name: "m", depth: 12, registers: 4 };
      },
    });
    await state(broken.store).connected();
    await settle();
    state(broken.store).addPane({ model: "/gone" });
    await settle();
    expect(state(broken.store).cardProblems.get("/gone")?.message).toMatch(/no model at/);
    expect(state(broken.store).notices).toEqual([]);
  });

  it("that is scrolled out of sight asks for nothing until it is seen", async () => {
    const { store, asked } = await connected();
    const cells = Array.from({ length: 30 }, (_, layer) => ({ view: { layer: layer % 11 } }));
    state(store).arrange(5, cells);
    await settle();
    const before = asked("features.get").length;
    expect(before).toBeLessThanOrEqual(13);
    state(store).setInSight("pane29", true);
    await settle();
    expect(asked("features.get").length).toBeLessThanOrEqual(before + 1);
    expect(state(store).cosine?.over.pane29).toBeDefined();
    expect(state(store).cosine?.over.pane20).toBeUndefined();
  });

  it("takes its query from the main photograph as its own model sees it", async () => {
    const { store, asked } = await connected();
    const same = state(store).addPane({ photograph: "cup" })!;
    const other = state(store).addPane({ photograph: "cup", model: "/other" })!;
    await settle();
    expect(querySlotOf(state(store), same)).toBe("main");
    expect(querySlotOf(state(store), other)).toBe(`from ${other}`);
    await settle();
    const refs = asked("features.get") as { model: string; image: string }[];
    const source = refs.filter(({ model }) => model === "model /other").map(({ image }) => image);
    const cup = featureRefOf(state(store), other)!.image;
    expect(source.toSorted()).toEqual(["image 0", cup].toSorted());
    expect(state(store).cosine?.over[other]).toBeDefined();
  });

  it("closes with all that was kept for it", async () => {
    const { store } = await connected();
    const id = state(store).addPane({ photograph: "cup", model: "/other" })!;
    await settle();
    expect(state(store).features[`from ${id}`]).toBeDefined();
    state(store).closePane(id);
    await settle();
    expect(Object.keys(state(store).features)).toEqual(["main"]);
    expect(Object.keys(state(store).cosine!.over)).toEqual(["main"]);
  });

  it("comes and goes by undo and redo, with what it shows", async () => {
    const { store } = await connected();
    state(store).addPane({ view: { layer: 3 } });
    state(store).changePaneView("pane1", { probe: "norm" });
    state(store).undo();
    expect(seenIn(state(store), "pane1").view).toMatchObject({ layer: 3, probe: "cosine" });
    state(store).undo();
    expect(state(store).panes).toEqual([]);
    state(store).redo();
    state(store).redo();
    expect(seenIn(state(store), "pane1").view).toMatchObject({ layer: 3, probe: "norm" });
  });
});

describe("links", () => {
  it("a pointer in one pane moves the query in all of them", async () => {
    const { store, queried } = await connected();
    state(store).addPane({ view: { layer: 3 } });
    await settle();
    const before = queried.length;
    state(store).hover({ pane: "pane1", patch: { row: 1, col: 0 } }, 1);
    await settle();
    expect(queried.slice(before)).toEqual([{ patches: [4] }, { patches: [4] }]);
    expect(state(store).query).toEqual([{ row: 1, col: 0 }]);
    expect(state(store).cursor?.pane).toBe("pane1");
  });

  it("a query of its own leaves the others alone", async () => {
    const { store, queried } = await connected();
    const id = state(store).addPane({ view: { layer: 3 } })!;
    state(store).setLink(id, "query", false);
    await settle();
    const before = queried.length;
    state(store).hover({ pane: id, patch: { row: 1, col: 0 } }, 1);
    await settle();
    expect(queried.slice(before)).toEqual([{ patches: [4] }]);
    expect(state(store).query).toEqual([{ row: 2, col: 2 }]);
    state(store).togglePin({ row: 0, col: 1 }, id);
    await settle();
    expect(heldOn(state(store), id)).toEqual([{ row: 0, col: 1 }]);
    expect(state(store).view.patch).toEqual([]);
    state(store).setLink(id, "query", true);
    await settle();
    expect(state(store).cosine?.over[id]?.query).toEqual([{ row: 2, col: 2 }]);
  });

  it("zoom and colour range are shared until they are not", async () => {
    const { store } = await connected();
    const id = state(store).addPane({ view: { layer: 3 } })!;
    const zoom = { scale: 2, x: 0.5, y: 0.5 };
    state(store).setZoom(zoom, id);
    expect(state(store).zoom).toEqual(zoom);
    state(store).setLink(id, "zoom", false);
    state(store).setZoom({ ...zoom, scale: 4 }, id);
    expect([state(store).zoom.scale, seenIn(state(store), id).zoom.scale]).toEqual([2, 4]);
    state(store).setLink(id, "range", false);
    state(store).setRange([0.2, 0.4], id);
    expect([state(store).view.range, seenIn(state(store), id).view.range]).toEqual([
      "fit",
      [0.2, 0.4],
    ]);
    expect(isLinked(state(store), id, "basis")).toBe(true);
  });

  it("one scale holds all panes that show the same thing, and no other", async () => {
    const { store } = await connected();
    const id = state(store).addPane({ photograph: "cup" })!;
    state(store).addPane({ view: { probe: "norm" } });
    await settle();
    // The stand-in's cosines go down to 0.375 from the centre; mirrored, to 0.4375.
    const { main, [id]: cup } = state(store).cosine!.over;
    const low = Math.min(main!.low, cup!.low);
    expect(fittedRange(state(store), "main")).toEqual([Math.floor(low * 10) / 10, 1]);
    expect(fittedRange(state(store), "pane2")).toEqual([0, 1]);
  });

  it("a PCA is fitted on the main photograph in each pane's own space", async () => {
    const { store } = await connected();
    state(store).setView({ probe: "pca" });
    const beside = state(store).addPane({ photograph: "cup" })!;
    const deeper = state(store).addPane({ photograph: "cup", view: { layer: 2 } })!;
    const alone = state(store).addPane({ photograph: "cup", view: { basis: "own" } })!;
    await settle();
    const fitOf = (pane: typeof beside) => {
      const call = probeCallOf(state(store), pane);
      return call?.probe === "pca" ? call.options.fit : undefined;
    };
    expect(fitOf(beside)).toEqual([featureRefOf(state(store), "main")]);
    expect(fitOf(deeper)).toEqual([{ ...featureRefOf(state(store), "main"), layer: 2 }]);
    expect(fitOf(alone)).toEqual([]);
  });
});

describe("two maps in one pane", () => {
  it("need one photograph, and end with the other pane", async () => {
    const { store } = await connected();
    const a = state(store).addPane({ view: { layer: 1 } })!;
    const b = state(store).addPane({ view: { layer: 2 } })!;
    state(store).changePane(b, { against: { pane: a, how: "difference" } });
    expect(againstIn(state(store), b)?.how).toBe("difference");
    state(store).changePane(a, { photograph: "cup" });
    expect(againstIn(state(store), b)).toBeUndefined();
    state(store).closePane(a);
    expect(state(store).panes.map(({ against }) => against)).toEqual([undefined]);
  });
});

describe("an address", () => {
  it("holds every pane but those over photographs of the user's own", async () => {
    const { store } = await connected();
    state(store).addPane({ photograph: "cup", view: { layer: 3, range: [0.2, 0.5] } });
    state(store).addPane({ photograph: "file 1" });
    state(store).addPane({ model: "/a model & more", zoom: { scale: 2, x: 0.25, y: 0.5 } });
    state(store).changePane("pane3", { against: { pane: "pane1", how: "wipe" } });
    const query = new URLSearchParams("token=t");
    writePanes(query, { ...state(store), columns: 2 });
    const { panes, columns, ignored } = readPanes(new URLSearchParams(query.toString()));
    expect([columns, ignored]).toEqual([2, []]);
    expect(panes).toEqual([
      {
        id: "pane1",
        photograph: "cup",
        model: undefined,
        view: { layer: 3, range: [0.2, 0.5] },
        zoom: undefined,
        against: undefined,
      },
      {
        id: "pane2",
        photograph: undefined,
        model: "/a model & more",
        view: {},
        zoom: { scale: 2, x: 0.25, y: 0.5 },
        against: { pane: "pane1", how: "wipe" },
      },
    ]);
  });

  it("with what nobody can read says so, and keeps the rest", () => {
    const given = new URLSearchParams({ columns: "x" });
    given.append("pane", "layer=99999&norm=after&against=wipe.9");
    const { panes, ignored } = readPanes(given);
    expect(panes[0]).toMatchObject({ view: { norm: true }, against: undefined });
    expect(ignored).toHaveLength(2);
    expect(ignored.join()).toMatch(/pane 2, layer: expected/);
  });
});

describe("a grid", () => {
  it("has a pane for each row and column, with both their parts", () => {
    const rows = [{ label: "a", parts: { view: {}, photograph: "a" } }];
    const columns = [0, 5].map((layer) => ({ label: String(layer), parts: { view: { layer } } }));
    expect(cellsOf(rows, columns)).toEqual([
      { photograph: "a", view: { layer: 0 } },
      { photograph: "a", view: { layer: 5 } },
    ]);
  });

  it("spreads evenly, with the first and the last", () => {
    const all = Array.from({ length: 12 }, (_, i) => i);
    expect(spread(all, 4)).toEqual([0, 4, 7, 11]);
    expect(spread(all, 1)).toEqual([11]);
    expect(spread(all, 99)).toEqual(all);
  });
});
