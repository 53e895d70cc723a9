/** The view of a session: what is written of a state comes back, and what is missing takes its panes along. */
import { expect, test } from "vitest";
import type { Look } from "../../renderer/store/look.ts";
import { draftOf, viewOf } from "../../renderer/store/session-view.ts";
import { settle, setUpLook } from "../support/look-store.ts";

async function look() {
  const { store } = setUpLook();
  await store.getState().connected();
  await store.getState().openFiles([{ name: "mine.png", blob: new Blob(["bytes"]) }]);
  await settle();
  const state = () => store.getState();
  state().setView({ probe: "pca", layer: 3, basis: "of cat", patch: [{ row: 1, col: 2 }] });
  state().setZoom({ scale: 2, x: 0.25, y: 0.5 });
  state().addPane({ photograph: "cup", view: { basis: "of file 1", probe: "pca" } });
  state().addPane({ photograph: "file 1", model: "/other", view: {} });
  state().changePane("pane1", { against: { pane: "pane2", how: "wipe" } });
  await settle();
  return { store, state };
}

/** A draft's ids as the page's names again. */
const names = ({ photographs, models }: ReturnType<typeof draftOf>) => ({
  photographs: new Map(
    photographs.map((one) => [one.id, one.kind === "own" ? "file 1" : one.name]),
  ),
  models: new Map(models.map(({ id, path }) => [id, path])),
});

test("everything that is looked at comes back, the user's own photograph as well", async () => {
  const { state } = await look();
  const draft = draftOf(state());
  const { photographs, models } = names(draft);
  expect([...photographs.values()].sort()).toEqual(["cat", "cup", "file 1"]);
  expect([...models.values()]).toEqual(["/bundled", "/other"]);
  const { view, zoom, panes, active, model, ignored } = viewOf(draft, photographs, models);
  const before: Look = state();
  expect({ view, zoom, active, model }).toEqual({
    view: before.view,
    zoom: before.zoom,
    active: "file 1",
    model: "/bundled",
  });
  expect(panes).toMatchObject(before.panes);
  expect(ignored).toEqual([]);
});

test("a pane over what is missing goes, and none stands against it any more", async () => {
  const { state } = await look();
  const draft = draftOf(state());
  const { photographs, models } = names(draft);
  const withoutModel = viewOf(draft, photographs, new Map([["m1", "/bundled"]]));
  expect(withoutModel.panes.map(({ photograph }) => photograph)).toEqual(["cup"]);
  expect(withoutModel.panes[0]?.against).toBeUndefined();
  const ownIds = [...photographs].filter(([, key]) => key !== "file 1");
  const without = viewOf(draft, new Map(ownIds), models);
  expect(without.active).toBeUndefined();
  expect(without.panes[0]?.view.basis).toBe("own");
});

test("what cannot be read is said", () => {
  const { ignored, zoom } = viewOf({ view: "probe=magic&zoom=-3" }, new Map(), new Map());
  expect(ignored.join()).toMatch(/probe: expected .*zoom: expected/s);
  expect(zoom.scale).toBe(1);
});
