/** The built-in world in the store: what is drawn, in which order, and what is called off. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import type { Look } from "../../renderer/store/look.ts";
import { draftOf } from "../../renderer/store/session-view.ts";
import { lastScene, pageStart, thumbKey } from "../../renderer/store/measure-scenes-slice.ts";
import { depthRange, truthAt, truthOf } from "../../renderer/panels/measure/scene-layers.ts";
import { measureStore } from "../support/measure-store.ts";

const file = toWireTensor(new Uint8Array([7]), [1]);
const semantic = toWireTensor(new Uint8Array([0, 1, 1, 0]), [2, 2]);
const labels = toWireTensor(new Uint8Array([1, 2, 3]), [3]);
const drawn = { picture: file, kind: "gathering", objects: [], ground: "grass" };

interface Wish {
  readonly index: number;
  readonly side: number;
}

describe("the chosen scene", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is drawn when the choice rests: passing over ten of them draws one", async () => {
    const { store, asked } = measureStore({ "scene.render": () => drawn });
    const { setScenes } = store.getState();
    for (let index = 1; index <= 10; index++) setScenes({ index });
    expect(asked("scene.render")).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked("scene.render")).toMatchObject([{ seed: 0, index: 10 }]);
    expect(store.getState().shownScene).toMatchObject({ mode: "scene", scene: drawn });
  });

  it("another layer draws nothing anew, another kind does", async () => {
    const { store, asked } = measureStore({ "scene.render": () => drawn });
    const { setScenes } = store.getState();
    setScenes({ index: 1 });
    await vi.advanceTimersByTimeAsync(200);
    setScenes({ layer: "depth", opacity: 0.5 });
    await vi.advanceTimersByTimeAsync(200);
    expect(asked("scene.render")).toHaveLength(1);
    setScenes({ kind: "portrait" });
    await vi.advanceTimersByTimeAsync(200);
    expect(asked("scene.render")).toMatchObject([{}, { kind: "portrait" }]);
  });

  it("what comes too late is not shown", async () => {
    let answer!: (value: unknown) => void;
    const { store } = measureStore({
      "scene.render": () => new Promise((resolve) => (answer = resolve)),
    });
    store.getState().setScenes({ index: 1 });
    await vi.advanceTimersByTimeAsync(200);
    store.setState({ scenes: { ...store.getState().scenes, index: 2 } });
    answer(drawn);
    await vi.advanceTimersByTimeAsync(1);
    expect(store.getState().shownScene).toBeUndefined();
  });

  it("stays within what there is, and a film begins at its first frame", () => {
    const { store } = measureStore();
    const { setScenes } = store.getState();
    setScenes({ frame: 5 });
    setScenes({ index: -3 });
    expect(store.getState().scenes).toMatchObject({ index: 0, frame: 5 });
    setScenes({ index: 2 ** 40 });
    expect(store.getState().scenes).toMatchObject({ index: lastScene, frame: 0 });
  });

  it("opens among the photographs as a picture of its own", async () => {
    const { store, asked } = measureStore({
      "scene.render": () => ({ ...drawn, semantic, labels }),
      "image.open": () => ({
        id: "1",
        name: "s",
        width: 1,
        height: 1,
        format: "png",
        notes: [],
        preview: file,
      }),
    });
    const measuring = { classes: ["grass", "cat"] } as unknown as Look["measuring"];
    store.setState({ measuring, scenes: { ...store.getState().scenes, seed: 3, index: 8 } });
    await store.getState().openSceneInLook();
    expect(asked("scene.render")).toEqual([
      { seed: 3, index: 8, side: 512, what: ["picture", "semantic", "labels"] },
    ]);
    // A session keeps its classes as it keeps a picture of labels.
    expect(draftOf(store.getState()).labels).toEqual([
      {
        id: "l1",
        of: "p1",
        name: "classes of scene 3/8",
        bytes: labels,
        classes: ["grass", "cat"],
      },
    ]);
    expect(asked("image.open")).toMatchObject([{ name: "scene 3/8", bytes: file }]);
    expect(store.getState().page).toBe("look");
  });
});

describe("the gallery", () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

  it("draws one after the other; those of a page that was turned are dropped", async () => {
    const waiting: ((value: unknown) => void)[] = [];
    const { store, asked } = measureStore({
      "scene.render": () => new Promise((resolve) => waiting.push(resolve)),
    });
    const indices = () => asked("scene.render").map((wish) => (wish as Wish).index);
    store.getState().drawThumbs([0, 1, 2]);
    await settled();
    expect(indices()).toEqual([0]);
    store.getState().drawThumbs([10, 11]);
    waiting[0]!(drawn);
    await settled();
    waiting[1]!(drawn);
    await settled();
    expect(indices()).toEqual([0, 10, 11]);
    expect([...store.getState().sceneThumbs.keys()]).toEqual(
      [0, 10].map((index) => thumbKey(store.getState().scenes, index)),
    );
  });

  it("forgets the oldest, and none that is on the page", async () => {
    const { store, asked } = measureStore({ "scene.render": () => drawn });
    const from = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => first + i);
    const has = (index: number) =>
      store.getState().sceneThumbs.has(thumbKey(store.getState().scenes, index));
    for (const page of [from(0, 30), from(100, 370)]) {
      store.getState().drawThumbs(page);
      await vi.waitFor(() => expect(has(page.at(-1)!)).toBe(true));
    }
    // Back to the first ones, with ten new ones beside them.
    store.getState().drawThumbs([...from(0, 30), ...from(900, 10)]);
    await vi.waitFor(() => expect(has(909)).toBe(true));
    expect(store.getState().sceneThumbs.size).toBe(400);
    expect(from(0, 30).every(has)).toBe(true);
    expect(from(100, 10).some(has)).toBe(false);
    expect(has(110)).toBe(true);
    // None is drawn twice.
    expect(asked("scene.render")).toHaveLength(410);
  });

  it("an error is not asked for again and again", async () => {
    const { store, asked } = measureStore({
      "scene.render": () => Promise.reject(new Error("no")),
    });
    store.getState().drawThumbs([0, 1, 2]);
    await settled();
    expect(asked("scene.render")).toHaveLength(1);
    expect(store.getState().notices).toEqual([]);
  });

  it("a page holds the chosen scene", () => {
    expect(pageStart(0, 24)).toBe(0);
    expect(pageStart(23, 24)).toBe(0);
    expect(pageStart(49, 24)).toBe(48);
  });
});

describe("layers", () => {
  it("a pixel says its class, its instance and its depth; sky has neither of the last two", () => {
    const truth = truthOf({
      semantic: toWireTensor(new Uint8Array([0, 1, 2, 2]), [2, 2]),
      instances: toWireTensor(new Uint8Array([0, 0, 1, 3]), [2, 2]),
      depth: toWireTensor(new Float32Array([0, 4, 2, 1.5]), [2, 2]),
      kind: "gathering",
      objects: [],
      ground: "grass",
    });
    const classes = ["sky", "grass", "vase"];
    const none = { instance: undefined, metres: undefined };
    expect(truthAt(truth, classes, 0, 0)).toEqual({ className: "sky", ...none });
    expect(truthAt(truth, classes, 1, 0)).toEqual({ className: "grass", ...none, metres: 4 });
    expect(truthAt(truth, classes, 1, 1)).toEqual({ className: "vase", instance: 3, metres: 1.5 });
    expect(truthAt(truth, classes, 2, 0)).toBeUndefined();
    expect(truthAt(truth, classes, 0, -1)).toBeUndefined();
  });

  it("depth ends where few surfaces lie behind, and not at the horizon", () => {
    const metres = new Float32Array(100).map((_, i) => (i < 98 ? 1 + i / 100 : 1e5));
    expect(depthRange(metres)?.map((end) => Number(end.toFixed(2)))).toEqual([1, 1.94]);
    expect(depthRange(new Float32Array(4))).toBeUndefined();
  });
});
