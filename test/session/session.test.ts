import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { planSegments } from "../../engine/model/programs.ts";
import type { FeatureMap } from "../../engine/probes/probe.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { probeNames, probeCall, type ProbeCall } from "../../engine/protocol/probes.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import { unattended, type Control } from "../../engine/session/control.ts";
import { Session, type PixelSource, type SessionOptions } from "../../engine/session/session.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";
import { countingExecutor, type Counts } from "../support/counting-executor.ts";
import { copyModel, editJson, fixtures, removeFolder } from "../weights/broken-models.ts";

const bundled = path.join(import.meta.dirname, "../../assets/models/untrained-vit");
/** As in test/model/parity.test.ts: the reference is float64. */
const tolerance = { atol: 2e-5, rtol: 2e-5 };

let cpu: Executor;
let expected: (name: string) => Promise<Float32Array>;
let photograph: Float32Array;
beforeAll(async () => {
  ({ executor: cpu } = await chooseExecutor("cpu"));
  const file = await readSafetensors(path.join(fixtures, "expected.safetensors"));
  expected = (name) => readTensor(file, file.tensors.get(name)!);
  photograph = await expected("image");
});

interface Opened {
  readonly session: Session;
  readonly counts: Counts;
  /** How often pixels were asked for, and with which signals. */
  readonly asked: AbortSignal[];
}

const opened: Session[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.dispose()));
});

/** A session over the photograph of the fixtures, "i1" and "i2"; "big" is 1280 x 1280. */
function open(changes: Partial<SessionOptions> = {}): Opened {
  const { executor, counts } = countingExecutor(cpu);
  const asked: AbortSignal[] = [];
  const pixels: PixelSource = {
    describe: async (image) => {
      if (image === "big") return { name: "big.png", width: 1280, height: 1280 };
      if (image === "i1" || image === "i2") return { name: "fixture.png", width: 96, height: 64 };
      throw new EngineError("option.invalid", `image: no image with the id "${image}" is open`);
    },
    input: async (image, { input: { width, height } }, _preprocessor, signal) => {
      asked.push(signal);
      if (width === 96 && height === 64) {
        return image === "i2" ? photograph.map((value) => -value) : photograph;
      }
      return Float32Array.from({ length: 3 * width * height }, (_, i) => Math.sin(i / 97));
    },
  };
  const budget = { featureBytes: 2 ** 28, programBytes: 2 ** 30 };
  const session = new Session({ executor, pixels, ...budget, ...changes });
  opened.push(session);
  return { session, counts, asked };
}

async function openFixture(name: string, changes?: Partial<SessionOptions>) {
  const all = open(changes);
  const { id } = await all.session.openModel(path.join(fixtures, name), unattended);
  const ref = (of: Partial<FeatureRef> = {}): FeatureRef => ({
    model: id,
    image: "i1",
    size: { kind: "model" },
    layer: "last",
    norm: true,
    ...of,
  });
  return { ...all, id, ref };
}

/** CLS, registers and patches in one row, as the network has them. */
function tokensOf({ cls, registers, patches }: FeatureMap): number[] {
  return [...cls, ...registers, ...patches];
}

describe("features", () => {
  test.each(["mlp", "swiglu", "mlp-bf16", "mlp-f16"])(
    "%s: the last tokens after the norm are PyTorch's",
    async (name) => {
      const { session, ref } = await openFixture(name);
      const features = await session.features(ref(), unattended);
      expectClose(tokensOf(features), await expected(`${name}.final`), tolerance);
      expect(features).toMatchObject({ norm: true, image: "fixture.png", cached: false });
    },
  );

  test.each(["mlp", "swiglu"])("%s: so are those of every block before it", async (name) => {
    const { session, ref } = await openFixture(name);
    const depth = name === "mlp" ? 3 : 2;
    for (let layer = 0; layer < depth; layer++) {
      const features = await session.features(ref({ layer, norm: false }), unattended);
      expectClose(tokensOf(features), await expected(`${name}.block0${layer}`), tolerance);
      expect([features.block, features.norm]).toEqual([layer, false]);
    }
  });

  test("periods as the official files round them are an option of the session", async () => {
    const { session, ref } = await openFixture("mlp", { rope: "bf16" });
    const features = await session.features(ref(), unattended);
    expectClose(tokensOf(features), await expected("mlp.final.bf16_periods"), tolerance);
  });

  test("another layer of an image that was run is there without running the backbone", async () => {
    const { session, ref, counts, asked } = await openFixture("mlp");
    await session.features(ref(), unattended);
    expect(counts.runs).toEqual([expect.stringMatching(/blocks 0\.\.2$/)]);
    for (const layer of [0, 1, 2]) {
      const features = await session.features(ref({ layer, norm: false }), unattended);
      expect(features.cached).toBe(true);
      expectClose(tokensOf(features), await expected(`mlp.block0${layer}`), tolerance);
    }
    expect((await session.features(ref(), unattended)).cached).toBe(true);
    expect([counts.runs.length, asked.length]).toEqual([1, 1]);
    // The norm of a block within is a program of its own, and is kept as well.
    const normed = await session.features(ref({ layer: 1 }), unattended);
    expect(normed.cached).toBe(true);
    expect(tokensOf(await session.features(ref({ layer: 1 }), unattended))).toEqual(
      tokensOf(normed),
    );
    expect(counts.runs.slice(1)).toEqual([expect.stringMatching(/ norm$/)]);
  });

  test("images, sizes and models are told apart", async () => {
    const { session, ref, id } = await openFixture("mlp");
    const other = await session.openModel(path.join(fixtures, "mlp-bf16"), unattended);
    const one = await session.features(ref(), unattended);
    for (const change of [
      { image: "i2" },
      { size: { kind: "exact", width: 64, height: 96 } },
      { model: other.id },
    ] as const) {
      const features = await session.features(ref(change), unattended);
      expect(features.cached).toBe(false);
      expect(tokensOf(features)).not.toEqual(tokensOf(one));
    }
    expect(other.id).not.toBe(id);
  });

  test("tokens over the byte budget make room, and come again right", async () => {
    // Room for one set of 29 tokens of width 64.
    const { session, ref, counts } = await openFixture("mlp", { featureBytes: 29 * 64 * 4 });
    const first = await session.features(ref(), unattended);
    expect((await session.features(ref(), unattended)).cached).toBe(true);
    await session.features(ref({ image: "i2" }), unattended);
    const again = await session.features(ref(), unattended);
    expect(again.cached).toBe(false);
    expect(tokensOf(again)).toEqual(tokensOf(first));
    expect(counts.runs.length).toBe(3);
  });

  test("a budget that holds nothing changes no number", async () => {
    const { session, ref } = await openFixture("mlp", { featureBytes: 1, programBytes: 1 });
    const features = await session.features(ref({ layer: 1, norm: false }), unattended);
    expectClose(tokensOf(features), await expected("mlp.block01"), tolerance);
  });

  test("closing an image forgets its features and no other's", async () => {
    const { session, ref } = await openFixture("mlp");
    for (const image of ["i1", "i2"]) await session.features(ref({ image }), unattended);
    session.forgetImage("i1");
    expect((await session.features(ref({ image: "i2" }), unattended)).cached).toBe(true);
    expect((await session.features(ref(), unattended)).cached).toBe(false);
  });

  test.each<[what: string, change: Partial<FeatureRef>, words: RegExp]>([
    ["a model", { model: "m999" }, /no model with the id "m999" is open/],
    ["an image", { image: "i999" }, /no image with the id "i999" is open/],
    ["a layer", { layer: 3 }, /layer: expected 0 to 2 for .*mlp, received 3/],
  ])("%s that is not there is refused, and the session goes on", async (_, change, words) => {
    const { session, ref } = await openFixture("mlp");
    await expect(session.features(ref(change), unattended)).rejects.toMatchObject({
      code: "option.invalid",
      message: expect.stringMatching(words) as string,
    });
    await session.features(ref(), unattended);
  });
});

describe("a model", () => {
  test("is found again by any path to it, under the same id, also in another session", async () => {
    const { session, id } = await openFixture("swiglu");
    const index = path.join(fixtures, "swiglu/model.safetensors.index.json");
    expect((await session.openModel(index, unattended)).id).toBe(id);
    expect((await openFixture("swiglu")).id).toBe(id);
    expect((await openFixture("mlp")).id).not.toBe(id);
  });

  test.each<[what: string, change: (folder: string) => Promise<void>, changesTokens: boolean]>([
    ["its weights", changeWeights, true],
    [
      "its configuration",
      (folder) => editJson(path.join(folder, "config.json"), { rope_theta: 50 }),
      true,
    ],
    [
      "its preprocessor",
      (folder) =>
        editJson(path.join(folder, "preprocessor_config.json"), {
          size: { height: 32, width: 32 },
        }),
      true,
    ],
    [
      "its marker",
      (folder) =>
        editJson(path.join(folder, "config.json"), { gramscope: { name: "x", trained: true } }),
      false,
    ],
  ])("that changed in %s is opened anew, and the old id is refused", async (_, change, differs) => {
    const folder = await copyModel("mlp");
    try {
      const { session, counts } = open();
      const before = await session.openModel(folder, unattended);
      const ref = { image: "i1", size: { kind: "model" }, layer: "last", norm: true } as const;
      const old = await session.features({ ...ref, model: before.id }, unattended);
      await change(folder);
      const after = await session.openModel(folder, unattended);
      expect(after.id).not.toBe(before.id);
      const fresh = await session.features({ ...ref, model: after.id }, unattended);
      expect(fresh.cached).toBe(false);
      if (differs) expect(tokensOf(fresh)).not.toEqual(tokensOf(old));
      await expect(
        session.features({ ...ref, model: before.id }, unattended),
      ).rejects.toMatchObject({ code: "option.invalid" });
      // The old model's programs hold memory no longer.
      expect(counts.live).toBe(1);
    } finally {
      await removeFolder(folder);
    }
  });

  test("that is refused leaves the session working", async () => {
    const { session, ref } = await openFixture("mlp");
    await expect(session.openModel("/no/such/model", unattended)).rejects.toMatchObject({
      code: "path.missing",
    });
    await session.features(ref(), unattended);
  });
});

describe("one at a time", () => {
  test("a second request waits its turn, and each gets its own answer", async () => {
    const { session, ref, counts } = await openFixture("mlp");
    const done: string[] = [];
    const ask = async (image: string) => {
      const features = await session.features(ref({ image }), unattended);
      done.push(image);
      return tokensOf(features);
    };
    const [one, two, again] = await Promise.all([ask("i1"), ask("i2"), ask("i1")]);
    expect(done).toEqual(["i1", "i2", "i1"]);
    expect(counts.mostRunning).toBe(1);
    expect(one).not.toEqual(two);
    expect(again).toEqual(one);
    expect(counts.runs.length).toBe(2);
  });

  test("a request that is cancelled while it waits never runs; those behind it do", async () => {
    const { session, ref, counts } = await openFixture("mlp");
    const abort = new AbortController();
    const first = session.features(ref(), unattended);
    const control = { ...unattended, signal: abort.signal };
    // One that would run the backbone, and one that the cache would answer.
    const cancelled = [ref({ image: "i2" }), ref()].map((other) =>
      session.features(other, control),
    );
    const ends = cancelled.map((call) =>
      expect(call).rejects.toMatchObject({
        code: "cancelled",
        message: "The forward pass was cancelled",
      }),
    );
    const third = session.features(ref(), unattended);
    abort.abort();
    await Promise.all(ends);
    await Promise.all([first, third]);
    expect(counts.runs.length).toBe(1);
  });

  test("a request that fails leaves the queue in order", async () => {
    const { session, ref } = await openFixture("mlp");
    const failing = session.features(ref({ layer: 9 }), unattended);
    const following = session.features(ref(), unattended);
    await expect(failing).rejects.toMatchObject({ code: "option.invalid" });
    expectClose(tokensOf(await following), await expected("mlp.final"), tolerance);
  });
});

describe("a long forward pass", () => {
  test("ends between two segments when it is cancelled, and goes on from there later", async () => {
    const { session, counts, asked } = open();
    const { id } = await session.openModel(bundled, unattended);
    const { config } = await openModelFiles(bundled);
    const segments = planSegments(config, 80 * 80);
    expect(segments.length, "or there would be nothing to cancel between").toBeGreaterThan(2);

    const abort = new AbortController();
    const heard: [fraction: number, remainingMs: number | undefined][] = [];
    const control: Control = {
      signal: abort.signal,
      progress: (fraction, _label, remainingMs) => {
        heard.push([fraction, remainingMs]);
        // The second segment is about to run.
        if (heard.length === 2) abort.abort();
      },
    };
    const ref: FeatureRef = {
      model: id,
      image: "big",
      size: { kind: "native" },
      layer: "last",
      norm: true,
    };
    await expect(session.features(ref, control)).rejects.toMatchObject({ code: "cancelled" });
    expect(counts.runs.length).toBe(2);
    expect(heard.map(([fraction]) => fraction)).toEqual([
      0,
      expect.closeTo(1 / segments.length, 1),
    ]);
    // From the second on there is a measured speed to estimate with.
    expect(heard[0]![1]).toBeUndefined();
    expect(heard[1]![1]).toBeGreaterThan(0);

    const resumed = await session.features(ref, unattended);
    expect(resumed.patches.length).toBe(80 * 80 * config.width);
    expect(resumed.patches.every(Number.isFinite)).toBe(true);
    expect(counts.runs.length, "the first two segments are not run again").toBe(segments.length);
    expect(asked.length).toBe(1);
  });

  test("hands its signal to whoever prepares the photograph", async () => {
    const { session, ref, asked } = await openFixture("mlp");
    const { signal } = new AbortController();
    await session.features(ref(), { ...unattended, signal });
    expect(asked).toEqual([signal]);
  });
});

describe("probes", () => {
  const calls: Record<string, unknown>[] = [
    { probe: "cosine", options: { queries: [{ row: 1, col: 2 }] } },
    { probe: "pca", options: { preset: "foreground" } },
    { probe: "gram", options: { order: "cluster", clusters: 3 } },
    { probe: "norm", options: {} },
    { probe: "cls", options: {} },
    { probe: "kmeans", options: { k: 3 } },
    { probe: "attention", options: {} },
    { probe: "foreground", options: {} },
  ];
  const parsed = calls.map((call) => probeCall.parse(call));

  test("the list above has every one", () => {
    expect(parsed.map(({ probe }) => probe).sort()).toEqual([...probeNames].sort());
  });

  test.each(parsed.map((call) => [call.probe, call] as const))(
    "%s gives the same when programs are thrown out as soon as another is needed",
    async (_, call) => {
      const roomy = await openFixture("mlp");
      const tight = await openFixture("mlp", { programBytes: 1, featureBytes: 1 });
      const [expectedResult, result] = await Promise.all(
        [roomy, tight].map(({ session, ref }) => session.probe(ref(), call, unattended)),
      );
      expect({ ...result, elapsedMs: 0 }).toEqual({ ...expectedResult, elapsedMs: 0 });
      // Each is disposed of when it makes room, not piled up: one, and the one that replaces it.
      expect(tight.counts.mostLive).toBeLessThanOrEqual(2);
      expect(tight.counts.live).toBeLessThanOrEqual(1);
    },
  );

  test("attention of a block is PyTorch's", async () => {
    const { session, ref } = await openFixture("mlp");
    const attention = (layer: number, token: unknown): ProbeCall =>
      probeCall.parse({ probe: "attention", options: { token, head: 1 } });
    for (const [name, token] of [
      ["mlp.attention.cls", { kind: "cls" }],
      ["mlp.attention.patch5", { kind: "patch", patch: { row: 0, col: 5 } }],
    ] as const) {
      const call = attention(1, token);
      const { result } = await session.probe(ref({ layer: 1 }), call, unattended);
      const rows = await expected(name);
      // Head 1 of [2, 29]; 5 tokens stand before the patches.
      expectClose(float32Values(result.maps[0]!.values), rows.subarray(29 + 5), { atol: 2e-6 });
    }
  });

  test("over two images report progress that never goes back", async () => {
    const { session } = open();
    const { id } = await session.openModel(bundled, unattended);
    const heard: number[] = [];
    const shown = { model: id, layer: "last", norm: true } as const;
    // The first in several segments, so that the second starts below where the first ended.
    const ref: FeatureRef = { ...shown, image: "big", size: { kind: "native" } };
    const call = probeCall.parse({
      probe: "cosine",
      options: {
        queries: [{ row: 0, col: 0 }],
        target: { ...shown, image: "i1", size: { kind: "native" } },
      },
    });
    const control = { ...unattended, progress: (fraction: number) => heard.push(fraction) };
    await session.probe(ref, call, control);
    expect(heard.filter((fraction) => fraction > 0 && fraction < 0.8).length).toBeGreaterThan(1);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    expect(heard.at(-1)).toBeLessThanOrEqual(1);
  });

  test("a patch outside the grid is refused, and the session goes on", async () => {
    const { session, ref } = await openFixture("mlp");
    const call = probeCall.parse({ probe: "cosine", options: { queries: [{ row: 4, col: 0 }] } });
    await expect(session.probe(ref(), call, unattended)).rejects.toMatchObject({
      code: "patch.range",
      message: expect.stringMatching(
        /row 0 to 3 and column 0 to 5 of the 4x6 grid, received row 4/,
      ) as string,
    });
    await session.features(ref(), unattended);
  });
});

test("disposing of a session waits for what runs and leaves no program behind", async () => {
  const { session, ref, counts } = await openFixture("mlp");
  const running = session.features(ref(), unattended);
  await session.dispose();
  opened.splice(0);
  expectClose(tokensOf(await running), await expected("mlp.final"), tolerance);
  expect(counts.live).toBe(0);
});

/** Half of every value of one norm, in place. */
async function changeWeights(folder: string): Promise<void> {
  const file = path.join(folder, "model.safetensors");
  const { tensors } = await readSafetensors(file);
  const entry = tensors.get("norm.weight")!;
  const values = (await readTensor({ path: file }, entry)).map((value) => value / 2);
  const bytes = await readFile(file);
  bytes.set(new Uint8Array(values.buffer), entry.byteOffset);
  await writeFile(file, bytes);
}
