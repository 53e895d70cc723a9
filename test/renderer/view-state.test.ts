/** The view in the page's address: there and back, broken values, and what is not ours. */
import { describe, expect, it } from "vitest";
import { readView, writeView } from "../../renderer/store/view-address.ts";
import { defaultView, type View } from "../../renderer/store/view-state.ts";

const far: View = {
  probe: "attention",
  layer: 4,
  norm: false,
  size: { kind: "exact", width: 768, height: 512 },
  patch: [
    { row: 3, col: 4 },
    { row: 3, col: 5 },
    { row: 4, col: 4 },
    { row: 4, col: 5 },
    { row: 9, col: 0 },
  ],
  asks: "register1",
  matches: 8,
  exclude: 0,
  colormap: "cividis",
  opacity: 0.35,
  range: [-0.25, 0.9],
  preset: "foreground",
  basis: "of Coffee: a cup",
  signs: 5,
  order: 3,
  attends: "register2",
  head: 0,
  k: 12,
  seed: 7,
  gramOrder: "raster",
  space: "umap",
  spaceColour: "similarity",
};

describe("the view in the address", () => {
  it("a view with every field changed comes back the same", () => {
    expect(readView(`?${writeView("", far)}`)).toEqual({ view: far, ignored: [] });
  });

  it("every field of that view differs from its default, so the round trip proves something", () => {
    for (const name of Object.keys(defaultView) as (keyof View)[]) {
      expect(far[name], name).not.toEqual(defaultView[name]);
    }
  });

  it("the token and other names survive writing, and defaults are left out", () => {
    const search = "?token=a1b2&renderer=canvas2d&probe=pca&k=9";
    expect(writeView(search, defaultView)).toBe("token=a1b2&renderer=canvas2d");
    const written = new URLSearchParams(writeView(search, far));
    expect(written.get("token")).toBe("a1b2");
    expect(written.get("probe")).toBe("attention");
  });

  it("the engine's token is never read as part of the view", () => {
    expect(readView("?token=cls")).toEqual({ view: defaultView, ignored: [] });
    expect(readView("?token=nonsense").ignored).toEqual([]);
  });

  it("layers count from 1 in the address and from 0 inside", () => {
    expect(readView("?layer=1").view.layer).toBe(0);
    expect(readView("?layer=last").view.layer).toBe("last");
    expect(writeView("", { ...defaultView, layer: 11 })).toBe("layer=12");
  });

  it.each([
    "probe=x",
    "layer=0",
    "layer=1e3",
    "norm=yes",
    "size=0",
    "size=99999",
    "patch=3",
    "patch=-1,2",
    "patch=1.5,2",
    "patch=9-3,1",
    "patch=1,2;",
    "patch=0-9999,0-9999",
    "asks=all",
    "matches=21",
    "exclude=-1",
    "basis=mine",
    "basis=of:",
    "colormap=jet",
    "opacity=101",
    "opacity=",
    "range=auto",
    "range=0.9..0.2",
    "range=0.2..",
    "range=NaN..1",
    "preset=pretty",
    "signs=8",
    "order=9",
    "attends=registerX",
    "head=-1",
    "k=1",
    "k=65",
    "seed=abc",
    "gramOrder=random",
  ])("a broken value is ignored and named: %s", (query) => {
    const { view, ignored } = readView(`?${query}`);
    expect(view).toEqual(defaultView);
    expect(ignored).toHaveLength(1);
    expect(ignored[0]).toContain(`${query.split("=")[0]}: expected`);
  });

  it("one broken value does not cost the others", () => {
    const { view, ignored } = readView("?probe=norm&opacity=lots&layer=3");
    expect([view.probe, view.layer, view.opacity, ignored.length]).toEqual([
      "norm",
      2,
      defaultView.opacity,
      1,
    ]);
  });
});
