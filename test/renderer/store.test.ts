/** The store against an engine and a worker that are plain objects. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { EngineError } from "../../engine/protocol/errors.ts";
import type { RequestKind } from "../../engine/protocol/messages.ts";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import type { Similarity } from "../../renderer/compute/similarity-client.ts";
import type { Engine } from "../../renderer/connection/engine-client.ts";
import { followAddress } from "../../renderer/store/address.ts";
import { follow } from "../../renderer/store/follow.ts";
import { createLookStore, type LookStore } from "../../renderer/store/store.ts";

const geometry = (rows: number, cols: number) => ({
  patch: 16,
  grid: { rows, cols },
  input: { width: cols * 16, height: rows * 16 },
  image: { width: 100, height: 100 },
  region: { x: 0, y: 0, width: 100, height: 100 },
  resample: "bilinear" as const,
});

const card = {
  name: "ViT-S/16",
  variant: "custom",
  trained: false,
  parameters: 1,
  width: 2,
  depth: 12,
  heads: 6,
  registers: 4,
  patch: 16,
  feedForward: "mlp" as const,
  dtype: "float32",
  preprocess: "",
};

type Answers = Partial<
  Record<RequestKind, (payload: never, signal: AbortSignal | undefined) => unknown>
>;

function setUp(answers: Answers = {}) {
  const calls: [RequestKind, unknown][] = [];
  let opened = 0;
  const image = (name: string) => ({
    id: `image ${opened++}`,
    name,
    width: 100,
    height: 100,
    format: "png",
    notes: [],
    preview: toWireTensor(new Uint8Array(3), [3]),
  });
  const usual: Answers = {
    "engine.info": () => ({
      version: "0",
      protocol: 1,
      executors: [],
      memory: { resident: 1, total: 2 },
      models: [{ name: "bundled", path: "/bundled", trained: false }],
      samples: [
        { name: "cat", credit: "CC0" },
        { name: "cup", credit: "CC0" },
      ],
    }),
    "model.open": ({ path }: { path: string }) => ({ ...card, id: `model ${path}`, source: path }),
    "image.sample": ({ name }: { name: string }) => image(name),
    "image.open": ({ name }: { name: string }) => image(name),
    "image.close": () => ({}),
    "features.get": ({ size, norm }: { size: { kind: string; side?: number }; norm: boolean }) => {
      const side = size.kind === "short" ? size.side! / 16 : 4;
      return {
        patches: toWireTensor(new Uint16Array(side * side * 2), [side * side, 2]),
        cls: toWireTensor(new Float32Array(2), [2]),
        registers: toWireTensor(new Float32Array(8), [4, 2]),
        geometry: geometry(side, side),
        block: 11,
        norm,
        executor: "cpu",
        elapsedMs: 5,
        cached: false,
      };
    },
    "probe.run": ({ call }: { call: { probe: string } }) => ({
      geometry: geometry(4, 4),
      elapsedMs: 1,
      result: {
        probe: call.probe,
        maps: [
          {
            name: "map",
            kind: "scalar",
            values: toWireTensor(new Float32Array(16), [4, 4]),
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
  };
  const engine = {
    call: async (kind: RequestKind, payload: unknown, options?: { signal?: AbortSignal }) => {
      calls.push([kind, payload]);
      const answer = (answers[kind] ?? usual[kind]) as (p: unknown, s?: AbortSignal) => unknown;
      return answer(payload, options?.signal);
    },
  } as unknown as Engine;
  let side = 16;
  const queried: number[] = [];
  const similarity: Similarity = {
    load: async (_slot, bits) => void (side = bits.length / 2),
    clear: () => {},
    query: async (patch, withSecond) => {
      queried.push(patch);
      const main = Float32Array.from({ length: side }, (_, i) => 1 - Math.abs(i - patch) / side);
      return { main, second: withSecond ? main.slice().reverse() : undefined };
    },
  };
  const store = createLookStore({ engine, similarity });
  follow(store);
  const asked = (kind: RequestKind) => calls.filter(([one]) => one === kind).map(([, p]) => p);
  return { store, calls, asked, queried };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const state = (store: LookStore) => store.getState();

describe("starting", () => {
  it("the bundled model, the first sample and a cosine map come with no click", async () => {
    const { store, asked } = setUp();
    await state(store).connected();
    await settle();
    const { model, active, cosine, query } = state(store);
    expect([model?.source, active, query]).toEqual(["/bundled", "cat", { row: 2, col: 2 }]);
    expect(cosine?.main.values).toHaveLength(16);
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
  let queried: number[];
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
    expect([query, cursor, cosine?.startedAt]).toEqual([{ row: 1, col: 3 }, over(1, 3), 123]);
    expect(queried.at(-1)).toBe(7);
  });

  it("stays where it is pinned while the pointer moves, and lets go of a second click", async () => {
    state(store).togglePin({ row: 0, col: 1 });
    await settle();
    state(store).hover(over(3, 3), 1);
    await settle();
    expect([state(store).query, state(store).cursor]).toEqual([{ row: 0, col: 1 }, over(3, 3)]);
    state(store).togglePin({ row: 0, col: 1 });
    expect(state(store).view.patch).toBeUndefined();
    expect(state(store).unpin()).toBe(false);
  });

  it("walks with the keys and stops at the edge", async () => {
    state(store).walk(-1, 1);
    expect(state(store).view.patch).toEqual({ row: 1, col: 3 });
    await settle();
    state(store).walk(10, 10);
    expect(state(store).view.patch).toEqual({ row: 3, col: 3 });
  });

  it("keeps its place on the photograph when the grid gets finer", async () => {
    state(store).togglePin({ row: 3, col: 0 });
    await settle();
    state(store).setView({ size: { kind: "short", side: 128 } });
    await settle();
    expect(state(store).query).toEqual({ row: 7, col: 1 });
    expect(state(store).cosine?.main.values).toHaveLength(64);
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
    await state(store).chooseSecond("cup");
    await settle();
    const { second } = state(store).cosine!;
    // The fake worker mirrors the map, so the best match of the centre mirrors the centre.
    expect(second?.best?.patch).toEqual({ row: 1, col: 1 });
    await state(store).chooseSecond(undefined);
    await settle();
    expect(state(store).cosine?.second).toBeUndefined();
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
