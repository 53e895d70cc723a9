/** Scrubbing through a run: what is asked for and what is not, what is kept, what is said. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EngineError } from "../../engine/protocol/errors.ts";
import type { RequestKind } from "../../engine/protocol/messages.ts";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import type { TimelineEvent } from "../../engine/protocol/timeline.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Similarity } from "../../renderer/compute/similarity-client.ts";
import type { Engine } from "../../renderer/connection/engine-client.ts";
import { stepUnder, trackSpan } from "../../renderer/panels/timeline/track-scale.ts";
import { followAddress, type AddressBar } from "../../renderer/store/address.ts";
import { CheckpointLoader, idleMs, restMs } from "../../renderer/store/checkpoint-loader.ts";
import { follow } from "../../renderer/store/follow.ts";
import { KeptMaps } from "../../renderer/store/kept-maps.ts";
import { runMarks } from "../../engine/protocol/run-marks.ts";
import { createLookStore } from "../../renderer/store/store.ts";
import { blankTimeline } from "../../renderer/store/timeline-slice.ts";
import { movedBy, nearestAt, neighbours } from "../../renderer/store/timeline-steps.ts";
import { drawnModel, isArrived } from "../../renderer/store/timeline-view.ts";
import { layOut } from "../support/look-store.ts";

const places = (...steps: number[]) => steps.map((step) => ({ step, path: `/run/${step}` }));

describe("places on the timeline", () => {
  const run = places(0, 10, 20, 40, 100);

  it.each([
    [-5, 0],
    [4, 0],
    [5, 0],
    [6, 1],
    [31, 3],
    [69, 3],
    [71, 4],
    [900, 4],
  ])("the checkpoint nearest to step %i is number %i", (step, index) => {
    expect(nearestAt(run, step)).toBe(index);
    // The same by looking at every one of them.
    const distances = run.map((one) => Math.abs(one.step - step));
    expect(distances[index]).toBe(Math.min(...distances));
  });

  it("keys go on by checkpoints and stop at the ends", () => {
    expect(movedBy(run, 10, 1)).toBe(20);
    expect(movedBy(run, 10, -10)).toBe(0);
    expect(movedBy(run, 20, 10)).toBe(100);
    expect(movedBy([], 0, 1)).toBeUndefined();
    expect(nearestAt([], 3)).toBe(-1);
  });

  it("neighbours come nearest first, further the way it goes", () => {
    const long = places(...Array.from({ length: 20 }, (_, i) => i));
    expect(neighbours(long, 10, 1)).toEqual([11, 9, 12, 8, 13, 14]);
    expect(neighbours(long, 10, -1)).toEqual([9, 11, 8, 12, 7, 6]);
    expect(neighbours(run, 100, 1)).toEqual([40, 20]);
  });

  it("a pointer finds the step under it, between the room at both ends", () => {
    const span = trackSpan({ ...blankTimeline("/run"), checkpoints: run });
    expect(span).toEqual([0, 100]);
    expect(stepUnder(54, 1080, span)).toBe(0);
    expect(stepUnder(554, 1080, span)).toBe(50);
    expect(stepUnder(4000, 1080, span)).toBe(100);
    expect(trackSpan({ ...blankTimeline("/run"), checkpoints: places(7) })).toEqual([6, 8]);
  });

  it("phases and events are found in what was logged", () => {
    const curves = {
      steps: [1, 2, 3, 4],
      columns: { head_warmup: [1, 1, 0, 0], gram_refresh: [0, 0, 0, 1], gram: [NaN, NaN, 2, 1] },
    };
    expect(runMarks(curves)).toEqual([
      { step: 4, label: "Gram teacher refreshed" },
      { step: 3, label: "heads are warm" },
      { step: 3, label: "Gram anchoring begins" },
    ]);
    expect(runMarks({ steps: [1], columns: { gram: [2] } })).toEqual([]);
  });
});

const ref = (model: string): FeatureRef => ({
  model,
  image: "cat",
  size: { kind: "model" },
  layer: "last",
  norm: true,
});
const features = (patches = 4) => ({
  patches: toWireTensor(new Uint16Array(patches * 2), [patches, 2]),
  cls: toWireTensor(new Float32Array(2), [2]),
  registers: toWireTensor(new Float32Array(0), [0, 2]),
  geometry: {
    patch: 16,
    grid: { rows: 1, cols: patches },
    input: { width: patches * 16, height: 16 },
    image: { width: 100, height: 100 },
    region: { x: 0, y: 0, width: 100, height: 100 },
    resample: "bilinear" as const,
  },
  block: 11,
  norm: true,
  executor: "cpu" as const,
  elapsedMs: 5,
  cached: false,
});

it("maps are kept up to a bound, and those unused for longest go first", async () => {
  const engine = { call: async () => features(500) } as unknown as Engine;
  const maps = new KeptMaps(engine, 10_000);
  for (const model of ["a", "b", "c"]) await maps.askFeatures(ref(model), {});
  expect(maps.features(ref("a"))).toMatchObject({ cached: true, elapsedMs: 0 });
  await maps.askFeatures(ref("d"), {});
  expect(
    ["a", "b", "c", "d"].map((model) => maps.has({ ref: ref(model), call: undefined })),
  ).toEqual([true, false, true, true]);
  for (let i = 0; i < 50; i++) await maps.askFeatures(ref(`${i}`), {});
  expect(maps.bytes).toBeLessThanOrEqual(10_000);
  expect(maps.bytes).toBeGreaterThan(5_000);
});

describe("the loader", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function setUp(ahead: readonly number[] = []) {
    const kept = new Set<number>();
    const loaded: string[] = [];
    const shown: number[] = [];
    const loader = new CheckpointLoader({
      isKept: (step) => kept.has(step),
      load: (step, signal, isWanted) =>
        new Promise((resolve, reject) => {
          loaded.push(`${isWanted ? "" : "ahead "}${step}`);
          const timer = setTimeout(() => {
            kept.add(step);
            resolve();
          }, 1000);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            loaded.push(`dropped ${step}`);
            reject(new EngineError("cancelled", ""));
          });
        }),
      show: (step) => shown.push(step),
      ahead: () => ahead,
    });
    return { loader, kept, loaded, shown };
  }

  it("asks for nothing that is passed over", async () => {
    const { loader, loaded, shown } = setUp();
    for (let step = 0; step < 100; step++) {
      loader.want(step);
      await vi.advanceTimersByTimeAsync(restMs / 4);
    }
    expect(loaded).toEqual([]);
    await vi.advanceTimersByTimeAsync(restMs);
    expect(loaded).toEqual(["99"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(shown).toEqual([99]);
  });

  it("drops what is under way when another is wanted", async () => {
    const { loader, loaded, shown } = setUp();
    loader.want(1);
    await vi.advanceTimersByTimeAsync(restMs);
    loader.want(2);
    await vi.advanceTimersByTimeAsync(restMs + 1000);
    expect(loaded).toEqual(["1", "dropped 1", "2"]);
    expect(shown).toEqual([2]);
  });

  it("shows what is kept at once, and computes neighbours when nothing is wanted", async () => {
    const { loader, kept, loaded, shown } = setUp([6, 4]);
    kept.add(5);
    loader.want(5);
    expect(shown).toEqual([5]);
    await vi.advanceTimersByTimeAsync(idleMs - 1);
    expect(loaded).toEqual([]);
    await vi.advanceTimersByTimeAsync(1 + 2000);
    expect(loaded).toEqual(["ahead 6", "ahead 4"]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(loaded).toHaveLength(2);
  });

  it("goes on with a neighbour that becomes wanted", async () => {
    const { loader, kept, loaded, shown } = setUp([6, 4]);
    kept.add(5);
    loader.want(5);
    await vi.advanceTimersByTimeAsync(idleMs + 10);
    loader.want(6);
    await vi.advanceTimersByTimeAsync(1000);
    expect(loaded).toEqual(["ahead 6"]);
    expect(shown).toEqual([5, 6]);
  });
});

describe("a run in the store", () => {
  const card = (path: string, width = 2) => ({
    id: `model ${path}`,
    name: "ViT",
    variant: "custom",
    source: path,
    trained: true,
    parameters: 1,
    width,
    depth: 12,
    heads: 1,
    registers: 0,
    patch: 16,
    feedForward: "mlp" as const,
    dtype: "F32",
    preprocess: "",
  });
  const running: (() => void)[] = [];
  afterEach(() => running.splice(0).forEach((stop) => stop()));

  function setUp(steps: readonly number[], search = "") {
    const calls: [RequestKind, unknown][] = [];
    let tell: (event: TimelineEvent) => void = () => {};
    const timelineOf = (of: readonly number[]): TimelineEvent => ({
      kind: "run",
      folder: "/run",
      made: "gramscope",
      checkpoints: places(...of),
      isGrowing: true,
      logBytes: 0,
      marks: [],
    });
    const image = { width: 100, height: 100, format: "png", notes: [] };
    const preview = toWireTensor(new Uint8Array(3), [3]);
    const answers: Partial<Record<RequestKind, (payload: never) => unknown>> = {
      "engine.info": () => ({
        version: "0",
        protocol: 1,
        executors: [],
        memory: { resident: 1, total: 2 },
        models: [{ name: "bundled", path: "/bundled", trained: false }],
        samples: [{ name: "cat", credit: "" }],
      }),
      "model.open": ({ path }: { path: string }) => {
        if (path === "/run/666") throw new EngineError("path.missing", `${path}: it is gone`);
        return card(path, path === "/run/777" ? 3 : 2);
      },
      "image.sample": ({ name }: { name: string }) => ({ ...image, id: name, name, preview }),
      "features.get": () => features(),
      "probe.run": ({ call }: { call: { probe: string } }) => ({
        geometry: features().geometry,
        elapsedMs: 1,
        result: {
          probe: call.probe,
          maps: [
            {
              name: "map",
              kind: "rgb",
              values: toWireTensor(new Float32Array(12), [1, 4, 3]),
              range: [0, 1],
              unit: "",
            },
          ],
          tokens: [],
          marks: [],
          numbers: [],
          recipe: [],
        },
      }),
      "timeline.scores": () => ({}),
      "training.follow": () => new Promise(() => {}),
      "recipe.describe": () => ({ fields: {}, presets: [], runsFolder: "/", samplesFolder: "/" }),
    };
    const engine = {
      call: async (kind: RequestKind, payload: never, options?: { onEvent?: typeof tell }) => {
        calls.push([kind, payload]);
        if (kind === "timeline.follow") {
          tell = options!.onEvent!;
          tell(timelineOf(steps));
          return new Promise(() => {});
        }
        return answers[kind]!(payload);
      },
    } as unknown as Engine;
    const similarity: Similarity = {
      load: async () => {},
      clear: () => {},
      query: async (questions) =>
        questions.map(() => ({ values: new Float32Array(4), tokens: new Float32Array(1) })),
    };
    const store = createLookStore({ engine, similarity, layOut });
    const bar = {
      location: { search, hash: "", pathname: "/" },
      history: { replaceState: vi.fn<AddressBar["history"]["replaceState"]>() },
    };
    running.push(followAddress(store, bar), follow(store), () => store.getState().closeTimeline());
    const paths = () =>
      calls.flatMap(([kind, payload]) =>
        kind === "model.open" ? (payload as { path: string }).path : [],
      );
    return { store, calls, bar, paths, tell: (event: TimelineEvent) => tell(event), timelineOf };
  }
  type Store = ReturnType<typeof setUp>["store"];
  const at = (store: Store) => store.getState().timeline?.at;
  const arrived = (store: Store, step: number) =>
    vi.waitFor(() => {
      expect(at(store)).toBe(step);
      expect(isArrived(store.getState())).toBe(true);
    });

  it("opens at its last checkpoint, steps, and keeps the older map until the newer is there", async () => {
    const { store, paths } = setUp([10, 20, 30]);
    await store.getState().connected();
    await store.getState().openTimeline("/run");
    await arrived(store, 30);
    expect(store.getState().model?.source).toBe("/run/30");
    store.getState().goBy(-1);
    // At once: the wish is known, the older picture still lies there.
    expect(at(store)).toBe(20);
    expect(isArrived(store.getState())).toBe(false);
    expect(drawnModel(store.getState(), "main")).toBe("model /run/30");
    await arrived(store, 20);
    await vi.waitFor(() => expect(store.getState().timeline?.kept).toEqual(new Set([30, 20, 10])));
    const asked = paths().length;
    store.getState().goBy(-10);
    expect(store.getState().timeline?.asked?.wasKept).toBe(true);
    await arrived(store, 10);
    expect(paths()).toHaveLength(asked);
    // What is scrubbed over is not what was opened lately.
    expect(store.getState().recent).toEqual([]);
  });

  it("one basis is held over the run: the fit is of one checkpoint, whichever is shown", async () => {
    const { store, calls } = setUp([10, 20]);
    await store.getState().connected();
    await store.getState().openTimeline("/run");
    store.getState().setView({ probe: "pca" });
    await arrived(store, 20);
    store.getState().goTo(10);
    await arrived(store, 10);
    const fits = () =>
      calls.flatMap(([kind, payload]) => {
        if (kind !== "probe.run") return [];
        const { features, call } = payload as never as {
          features: FeatureRef;
          call: { options: { fit: FeatureRef[] } };
        };
        return [[features.model, ...call.options.fit.map(({ model }) => model)]];
      });
    expect(fits()).toEqual([
      ["model /run/20", "model /run/20"],
      ["model /run/10", "model /run/20"],
    ]);
    store.getState().holdHere();
    await vi.waitFor(() => expect(fits()).toContainEqual(["model /run/10", "model /run/10"]));
  });

  it("the basis is fetched when a PCA is chosen while another step is looked at", async () => {
    const { store, paths } = setUp([10, 500, 20_000]);
    await store.getState().connected();
    await store.getState().openTimeline("/run", { at: 10 });
    await arrived(store, 10);
    expect(paths()).not.toContain("/run/20000");
    store.getState().setView({ probe: "pca" });
    await arrived(store, 10);
    expect(store.getState().answers.main?.call.options).toMatchObject({
      fit: [{ model: "model /run/20000" }],
    });
  });

  it("says in place what is wrong with a checkpoint, and goes on", async () => {
    const { store } = setUp([10, 666, 777]);
    await store.getState().connected();
    await store.getState().openTimeline("/run", { at: 10 });
    await arrived(store, 10);
    store.getState().goTo(666);
    const problemAt = (step: number) => store.getState().timeline?.broken.get(step)?.message;
    await vi.waitFor(() => expect(problemAt(666)).toMatch(/is gone/));
    store.getState().goTo(777);
    await vi.waitFor(() =>
      expect(problemAt(777)).toMatch(/expected width 2 as the run's others have, received 3/),
    );
    expect(drawnModel(store.getState(), "main")).toBe("model /run/10");
    expect(store.getState().notices).toEqual([]);
    store.getState().goTo(10);
    await arrived(store, 10);
  });

  it("stays as it is when the run goes, grows when it grows", async () => {
    const { store, tell, timelineOf } = setUp([10, 20]);
    await store.getState().connected();
    await store.getState().openTimeline("/run");
    await arrived(store, 20);
    tell({ kind: "refused", error: { code: "run.missing", message: "nothing is there" } });
    expect(store.getState().timeline).toMatchObject({
      problem: { message: "nothing is there" },
      at: 20,
      checkpoints: places(10, 20),
    });
    tell(timelineOf([10, 20, 30]));
    expect(store.getState().timeline).toMatchObject({ problem: undefined, at: 20 });
    expect(store.getState().timeline?.checkpoints).toHaveLength(3);
  });

  it("begins again after a reload where it was, and after a lost connection", async () => {
    const { store, paths } = setUp([10, 20, 30], "?run=%2Frun&step=10&hold=20&layer=3&probe=norm");
    await store.getState().connected();
    await arrived(store, 10);
    expect(paths()).not.toContain("/bundled");
    expect(store.getState().timeline?.hold).toBe(20);
    expect(store.getState().view.layer).toBe(2);
    store.getState().disconnected({ kind: "lost", attempt: 1, retryAt: 0 });
    store.getState().goTo(20);
    expect(at(store)).toBe(20);
    await store.getState().connected();
    await arrived(store, 20);
  });

  it("writes run, checkpoint and layer into the address", async () => {
    const { store, bar } = setUp([10, 20]);
    await store.getState().connected();
    await store.getState().openTimeline("/run");
    await arrived(store, 20);
    store.getState().setView({ layer: 4 });
    await vi.waitFor(() => expect(bar.history.replaceState).toHaveBeenCalled());
    expect(bar.history.replaceState.mock.lastCall![2]).toBe(
      "/?layer=5&basis=run&run=/run&step=20&hold=20",
    );
  });

  it("plays to the end without passing one over, and stops there", async () => {
    const { store } = setUp([10, 20, 30]);
    await store.getState().connected();
    await store.getState().openTimeline("/run");
    await arrived(store, 30);
    store.getState().setPace(25);
    const seen: unknown[] = [];
    store.subscribe((state) => {
      const drawn = drawnModel(state, "main");
      if (seen.at(-1) !== drawn) seen.push(drawn);
    });
    store.getState().play();
    await vi.waitFor(() => expect(store.getState().timeline?.isPlaying).toBe(false), 4000);
    expect(seen).toEqual(["/run/30", "/run/10", "/run/20", "/run/30"].map((p) => `model ${p}`));
  });

  it("a model that is opened by hand ends it", async () => {
    const { store } = setUp([10]);
    await store.getState().connected();
    await store.getState().openTimeline("/run");
    await arrived(store, 10);
    store.getState().play();
    expect(store.getState().timeline?.isPlaying).toBe(false);
    await store.getState().openModel("/bundled");
    expect(store.getState().timeline).toBeUndefined();
    expect(store.getState().view.basis).toBe("own");
  });
});
