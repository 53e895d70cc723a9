/** What of the page's state becomes a Python program: the map on the stage and the value beside it. */
import { expect, test } from "vitest";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import { pythonViewOf } from "../../renderer/panels/python-view.ts";
import { defaultView } from "../../renderer/store/view-state.ts";

const geometry = {
  patch: 16,
  grid: { rows: 2, cols: 2 },
  input: { width: 32, height: 32 },
  image: { width: 64, height: 64 },
  region: { x: 0, y: 0, width: 64, height: 64 },
  resample: "bilinear",
};
const over = {
  geometry,
  values: Float32Array.of(1, 0.5, 0.25, 0.125),
  matches: [{ patch: { row: 0, col: 1 }, value: 0.5 }],
};
const looking = {
  model: { id: "m", source: "/vit", depth: 12, registers: 4, patch: 16 },
  active: "a",
  panes: [{ id: "pane1", photograph: "b", view: {} }],
  connection: { kind: "open" },
  epoch: 1,
  modelEpoch: 1,
  photographs: [
    { key: "a", name: "a.jpg", info: { id: "i1" } },
    { key: "b", name: "b.jpg", info: { id: "i2" } },
  ],
  view: defaultView,
  features: { main: { geometry, block: 11, norm: true } },
  cosine: { token: "patch", query: [{ row: 0, col: 0 }], over: { main: over, pane1: over } },
  cursor: undefined,
  answers: {},
  shownMap: 0,
};
const viewOf = (change: object) => pythonViewOf({ ...looking, ...change } as never);

test("a cosine map, and the best match where the pointer has left", () => {
  expect(viewOf({})).toMatchObject({
    image: "a.jpg",
    block: 11,
    map: { kind: "cosine", query: { token: "patches", patches: [{ row: 0, col: 0 }] } },
    shown: { patch: { row: 0, col: 1 }, value: 0.5 },
  });
  const cursor = { pane: "pane1", patch: { row: 1, col: 1 } };
  expect(viewOf({ cursor })).toMatchObject({
    image: "a.jpg",
    map: { target: { image: "b.jpg" } },
    shown: { patch: { row: 1, col: 1 }, value: 0.125 },
  });
  const asksRegister = { ...looking.cosine, token: "register2", query: [] };
  expect(viewOf({ cosine: asksRegister })).toMatchObject({
    map: { query: { token: "register", index: 2 } },
  });
  expect(viewOf({ cosine: undefined })).toBeUndefined();
});

test("an answer of the engine, as the map that it is or as its tokens", () => {
  const answerOf = (call: { probe: string; options: object }) => ({
    view: { ...defaultView, probe: call.probe },
    cursor: { pane: "main", patch: { row: 1, col: 0 } },
    answers: {
      main: {
        call,
        geometry,
        ref: { layer: "last", norm: false },
        result: {
          maps: [{ kind: "scalar", values: toWireTensor(Float32Array.of(1, 2, 3, 4), [2, 2]) }],
        },
      },
    },
  });
  expect(viewOf(answerOf({ probe: "norm", options: {} }))).toMatchObject({
    block: 11,
    norm: false,
    map: { kind: "norm" },
    shown: { patch: { row: 1, col: 0 }, value: 3 },
  });
  const pca = (options: object) => viewOf(answerOf({ probe: "pca", options }))?.map.kind;
  expect(pca({ preset: "raw", fit: [] })).toBe("pca");
  expect(pca({ preset: "whitened", fit: [] })).toBe("tokens");
  expect(pca({ preset: "raw", fit: [{}] })).toBe("tokens");
});
