/** The view of a session: what is written of a state comes back, and what is missing takes its panes along. */
import { expect, test } from "vitest";
import type { Look } from "../../renderer/store/look.ts";
import { draftOf, viewOf } from "../../renderer/store/session-view.ts";
import { roundedSight } from "../../renderer/store/space-sight.ts";
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

test("the place of the eye comes back, and an older session is seen from home", async () => {
  const { state } = await look();
  expect(viewOf(draftOf(state()), new Map(), new Map())).toMatchObject({ sight: undefined });
  const steps = state().tracks.look.past.length;
  const sight = roundedSight([2 / 3, -1e-9, 3.14159265], [0.1, -0.25, 0]);
  state().setSight(sight);
  state().setSpaceSize({ width: 512, height: 433 });
  const back = viewOf(draftOf(state()), new Map(), new Map());
  expect(back).toMatchObject({ sight, spaceSize: { width: 512, height: 433 }, ignored: [] });
  // Turning is no step to undo.
  expect(state().tracks.look.past).toHaveLength(steps);
});

test.each([
  ["1,2,3,0,0", "five numbers"],
  ["1,2,3,0,0,x", "no number"],
  ["1,2,1e3,0,0,0", "another way to write one"],
  ["NaN,2,3,0,0,0", "none"],
  ["0.1,0.2,0.3,0,0,0", "nearer than the eye comes"],
  ["9,9,9,0,0,0", "farther than it goes"],
  ["30,1,0,29,1,0", "beside everything"],
])("a sight of %s is refused once and is home: %s", (text) => {
  const { sight, ignored } = viewOf({ view: `sight=${text}` }, new Map(), new Map());
  expect(sight).toBeUndefined();
  expect(ignored).toEqual([
    expect.stringMatching(/^sight: expected six numbers, .* 0\.4 to 12 apart.*, received "/),
  ]);
});

test("what cannot be read is said", () => {
  const { ignored, zoom } = viewOf({ view: "probe=magic&zoom=-3" }, new Map(), new Map());
  expect(ignored.join()).toMatch(/probe: expected .*zoom: expected/s);
  expect(zoom.scale).toBe(1);
});
