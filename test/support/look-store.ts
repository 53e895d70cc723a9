/** A page's store against an engine and a similarity worker that are plain objects. */
import type { RequestKind } from "../../engine/protocol/messages.ts";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import type { Similarity } from "../../renderer/compute/similarity-client.ts";
import type { Asked } from "../../renderer/compute/similarity-answers.ts";
import { umapLayout } from "../../renderer/compute/umap.ts";
import type { Engine } from "../../renderer/connection/engine-client.ts";
import { follow } from "../../renderer/store/follow.ts";
import type { Services } from "../../renderer/store/look.ts";
import { createLookStore } from "../../renderer/store/store.ts";

const geometry = (rows: number, cols: number) => ({
  patch: 16,
  grid: { rows, cols },
  input: { width: cols * 16, height: rows * 16 },
  image: { width: 100, height: 100 },
  region: { x: 0, y: 0, width: 100, height: 100 },
  resample: "bilinear" as const,
});

export const card = {
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

/** Samples "cat" and "cup", one bundled model of 12 blocks, grids of 4x4 patches. */
export function setUpLook(answers: Answers = {}) {
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
    // No run is going, and none begins: the listening ends when the page does.
    "training.follow": () => new Promise(() => {}),
    "recipe.describe": () => ({
      fields: {},
      presets: [],
      runsFolder: "/runs",
      samplesFolder: "/samples",
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
  const queried: Asked[] = [];
  const similarity: Similarity = {
    load: async (_slot, bits) => void (side = bits.length / 2),
    clear: () => {},
    query: async (questions) =>
      questions.map(({ asked, over, from }) => {
        queried.push(asked);
        const patch = "token" in asked ? -1 : asked.patches[0]!;
        const values = Float32Array.from(
          { length: side },
          (_, i) => 1 - Math.abs(i - patch) / side,
        );
        return { values: over === from ? values : values.reverse(), tokens: new Float32Array(5) };
      }),
  };
  const store = createLookStore({ engine, similarity, layOut });
  follow(store);
  const asked = (kind: RequestKind) => calls.filter(([one]) => one === kind).map(([, p]) => p);
  return { store, calls, asked, queried };
}

/** Where a page has a worker. */
export const layOut: Services["layOut"] = (input) => Promise.resolve(umapLayout(input, () => {}));

/** Everything that was asked has been answered. */
export const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
