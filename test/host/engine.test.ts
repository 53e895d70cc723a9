/** The engine from end to end: a client on a socket, the server in this process, threads as built. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Float16Array } from "@petamoriken/float16";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { decodeImage } from "../../engine/image/decode.ts";
import { preprocess } from "../../engine/image/preprocess.ts";
import type { ImageInfo, ModelCard, Progress } from "../../engine/protocol/messages.ts";
import { probeNames } from "../../engine/protocol/probes.ts";
import {
  elementCount,
  float16Bits,
  float32Values,
  int32Values,
  toWireTensor,
} from "../../engine/protocol/tensor.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import { unattended } from "../../engine/session/control.ts";
import { Session } from "../../engine/session/session.ts";
import { badImages, badModels, withBadModel } from "../support/bad-inputs.ts";
import {
  built,
  bundledModel,
  samples,
  startEngine,
  type EngineClient,
  type RunningEngine,
} from "../support/running-engine.ts";

const photographFile = path.join(samples, "chelsea.jpg");
let photograph: Uint8Array;
let engine: RunningEngine;
let client: EngineClient;
let model: ModelCard;
let image: ImageInfo;
beforeAll(async () => {
  photograph = await readFile(photographFile);
  engine = await startEngine();
  ({ client } = await engine.connect());
  model = await client.call("model.open", { path: bundledModel });
  image = await openImage(client, "chelsea.jpg", photograph);
});
afterAll(() => engine.close());

function openImage(by: EngineClient, name: string, bytes: Uint8Array): Promise<ImageInfo> {
  return by.call("image.open", { name, bytes: toWireTensor(bytes, [bytes.length]) });
}

function refTo(changes: Partial<FeatureRef> = {}): FeatureRef {
  return {
    model: model.id,
    image: image.id,
    size: { kind: "model" },
    layer: "last",
    norm: true,
    ...changes,
  };
}

/** Hundreds of GFLOP in six segments: seconds on any CPU. */
function longRef(): FeatureRef {
  return refTo({ size: { kind: "exact", width: 2048, height: 2048 } });
}

describe("a picture of labels", () => {
  const labelsOf = (name: string, bytes: Uint8Array) =>
    client.call("image.labels", { name, bytes: toWireTensor(bytes, [bytes.length]) });

  test("gives the numbers that it stores, palette indices and 16 bits as well", async () => {
    const raw = { width: 3, height: 2, channels: 1 } as const;
    const small = Uint8Array.of(0, 1, 2, 255, 7, 7);
    const grey = await sharp(small, { raw }).toColourspace("b-w").png().toBuffer();
    expect((await labelsOf("grey.png", grey)).values).toEqual(toWireTensor(small, [2, 3]));
    const large = Uint16Array.of(0, 300, 65_535, 1, 2, 3);
    const deep = await sharp(large, { raw }).toColourspace("grey16").png().toBuffer();
    const { values } = await labelsOf("deep.png", deep);
    expect([...int32Values(values)]).toEqual([...large]);
  });

  test("that is a photograph is refused", async () => {
    await expect(labelsOf("chelsea.jpg", photograph)).rejects.toMatchObject({
      code: "image.format",
      message: expect.stringContaining("chelsea.jpg: expected a PNG"),
    });
  });
});

describe("one URL", () => {
  test("tells what the engine is and what is in the box", async () => {
    const info = await client.call("engine.info", {});
    expect(info).toMatchObject({
      version: "0.0.0-test",
      protocol: 1,
      executors: [{ name: "cpu", chosen: true, available: true }],
      models: [
        { name: "Scene ViT", trained: true },
        { name: "Scene ViT, small", trained: true },
        { name: "Untrained ViT (random weights)", trained: false, path: bundledModel },
      ],
    });
    expect(info.samples.map(({ name }) => name)).toContain("Chelsea the cat");
    expect(info.samples.every(({ credit }) => credit.length > 0)).toBe(true);
    expect(info.memory.resident).toBeLessThan(info.memory.total);
  });

  test("opens the untrained model in the box, which says so, and no path is in its id", async () => {
    expect(model).toMatchObject({ trained: false, width: 192, depth: 6, heads: 3, patch: 16 });
    expect(model.note).toContain("Random weights");
    expect(model.id).toMatch(/^\w+$/);
    expect(await client.call("model.open", { path: bundledModel })).toEqual(model);
  });

  test("opens photographs, sent or from the box, with a preview and a credit", async () => {
    expect(image).toMatchObject({ name: "chelsea.jpg", width: 451, height: 300, format: "jpeg" });
    expect(Buffer.from(image.preview.data.subarray(8, 12)).toString()).toBe("WEBP");
    const sample = await client.call("image.sample", { name: "Chelsea the cat" });
    expect(sample).toMatchObject({
      width: 451,
      height: 300,
      credit: expect.stringMatching(/CC0/) as string,
    });
    await expect(client.call("image.sample", { name: "../secret" })).rejects.toMatchObject({
      code: "option.invalid",
      message: expect.stringContaining("Chelsea the cat") as string,
    });
  });

  test("gives the features that a session of one process computes, in half precision", async () => {
    const { executor } = await chooseExecutor("cpu");
    const decoded = await decodeImage(photograph, "chelsea.jpg");
    const session = new Session({
      executor,
      featureBytes: 2 ** 28,
      programBytes: 2 ** 30,
      pixels: {
        describe: async () => ({ name: "chelsea.jpg", width: 451, height: 300 }),
        input: async (_, geometry, pre) => preprocess(decoded, geometry, pre),
      },
    });
    await session.openModel(bundledModel, unattended);
    const here = await session.features(refTo(), unattended);
    const there = await client.call("features.get", refTo());
    expect(there).toMatchObject({
      geometry: here.geometry,
      block: 5,
      norm: true,
      executor: "cpu",
      patches: { dtype: "float16", shape: [14 * 14, 192] },
      cls: { dtype: "float32", shape: [192] },
      registers: { dtype: "float32", shape: [4, 192] },
    });
    // The same code on the same machine: the same bits.
    expect(float32Values(there.cls)).toEqual(here.cls);
    expect(float32Values(there.registers)).toEqual(here.registers);
    expect(float16Bits(there.patches)).toEqual(
      new Uint16Array(new Float16Array(here.patches).buffer),
    );
    await session.dispose();
  });

  test("answers another layer from the cache", async () => {
    await client.call("features.get", refTo());
    expect(await client.call("features.get", refTo({ layer: 2, norm: false }))).toMatchObject({
      cached: true,
      block: 2,
      norm: false,
    });
  });

  test("runs every probe", async () => {
    const optionsOf: Record<string, unknown> = {
      cosine: { queries: [{ row: 3, col: 4 }] },
      gram: { order: "cluster" },
      pca: { preset: "whitened" },
    };
    for (const probe of probeNames) {
      const { result, geometry } = await client.call("probe.run", {
        features: refTo(),
        call: { probe, options: optionsOf[probe] ?? {} } as never,
      });
      expect(result.probe).toBe(probe);
      expect(geometry.grid).toEqual({ rows: 14, cols: 14 });
      const { kind, values } = result.maps[0]!;
      const cells = kind === "matrix" ? 196 * 196 : kind === "rgb" ? 196 * 3 : 196;
      expect(elementCount(values.shape), probe).toBe(cells);
      expect(result.recipe.length, probe).toBeGreaterThan(3);
    }
  });

  test("forgets a photograph that was closed, and refuses its id from then on", async () => {
    const short = await openImage(client, "short.jpg", photograph);
    const ref = refTo({ image: short.id });
    await client.call("features.get", ref);
    await client.call("image.close", { image: short.id });
    await expect(client.call("features.get", ref)).rejects.toMatchObject({
      code: "option.invalid",
      message: `image: no image with the id "${short.id}" is open`,
    });
    await expect(client.call("features.get", refTo({ model: "m0" }))).rejects.toMatchObject({
      code: "option.invalid",
      message: 'model: no model with the id "m0" is open',
    });
  });
});

describe("while the compute thread is busy", () => {
  test("the server answers in under 50 ms at the median, and a cancelled pass makes room", async () => {
    const abort = new AbortController();
    const heard: Progress[] = [];
    const busy = client.call("features.get", longRef(), {
      signal: abort.signal,
      onProgress: (progress) => heard.push(progress),
    });
    const ended = expect(busy).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBeGreaterThan(0);

    const answeredMs: number[] = [];
    for (let i = 0; i < 30; i++) {
      const asked = performance.now();
      await client.call("engine.info", {});
      answeredMs.push(performance.now() - asked);
      await sleep(10);
    }
    expect(heard.at(-1)!.fraction, "the pass is still under way").toBeLessThan(1);
    const fractions = heard.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));

    const cancelledAt = performance.now();
    abort.abort();
    await ended;
    const endedMs = performance.now() - cancelledAt;
    await client.call("features.get", refTo({ size: { kind: "short", side: 64 } }));
    const freeMs = performance.now() - cancelledAt;

    const medianMs = answeredMs.sort((a, b) => a - b)[15]!;
    const slowestMs = answeredMs.at(-1)!;
    console.log(
      `engine.info while computing: median ${medianMs.toFixed(1)} ms, slowest ${slowestMs.toFixed(1)} ms; ` +
        `cancelled after ${endedMs.toFixed(1)} ms, the next pass done after ${freeMs.toFixed(0)} ms`,
    );
    // The bar of the page is 50 ms for any input. A server that computes itself, or waits for the
    // thread that does, takes a segment's time, hundreds of milliseconds; one that does not takes
    // a few, and twice as many where every core is busy with the pass.
    expect(medianMs).toBeLessThan(50);
    expect(endedMs).toBeLessThan(1000);
    // The thread stops at the end of the segment it is in: a block of 16,384 tokens, a second on
    // two cores and ten where another test has them. What is told here is that it stops at all.
    expect(freeMs).toBeLessThan(40_000);
  });

  test("a newer request of the same view overtakes, and is answered", async () => {
    const older = client.call("features.get", longRef(), { view: "map" });
    const ended = expect(older).rejects.toMatchObject({ code: "cancelled" });
    await sleep(50);
    const newer = client.call("features.get", refTo({ layer: 1 }), { view: "map" });
    await ended;
    expect(await newer).toMatchObject({ block: 1 });
  });
});

describe("two clients", () => {
  test("have views of their own, and neither suffers when the other leaves", async () => {
    const [one, two] = await Promise.all([engine.connect(), engine.connect()]);
    const [a, b] = [one.client, two.client];
    const size = (side: number) => ({ size: { kind: "short", side } }) as const;
    // Same view name, same moment: both are answered, each with its own.
    const [forA, forB] = await Promise.all([
      a.call("features.get", refTo(size(160)), { view: "map" }),
      b.call("features.get", refTo(size(96)), { view: "map" }),
    ]);
    expect([forA.geometry.grid.rows, forB.geometry.grid.rows]).toEqual([10, 6]);

    // One leaves in the middle of a long pass: its work is called off, the other's is done.
    const left = a.call("features.get", longRef());
    const lost = expect(left).rejects.toMatchObject({ code: "connection.lost" });
    const waiting = b.call("features.get", refTo(size(128)));
    await sleep(100);
    one.socket.terminate();
    await lost;
    expect(await waiting).toMatchObject({ geometry: { grid: { rows: 8 } } });
    b.close();
  });

  test("the photographs of one that leaves are closed, those of the other stay", async () => {
    const [one, two] = await Promise.all([engine.connect(), engine.connect()]);
    const mine = await openImage(one.client, "mine.jpg", photograph);
    const others = await openImage(two.client, "other.jpg", photograph);
    expect(await two.client.call("features.get", refTo({ image: mine.id }))).toBeDefined();
    one.socket.terminate();
    await expect
      .poll(() =>
        two.client.call("features.get", refTo({ image: mine.id })).then(
          () => "open",
          (error: unknown) => (error as Error).message,
        ),
      )
      .toBe(`image: no image with the id "${mine.id}" is open`);
    expect(await two.client.call("features.get", refTo({ image: others.id }))).toBeDefined();
    two.client.close();
  });
});

describe("bad input is told, and the engine goes on", () => {
  const expectWorking = async () => {
    const features = await client.call("features.get", refTo());
    expect(features.patches.shape).toEqual([196, 192]);
  };

  test.each(badModels.map((bad) => [bad.what, bad] as const))("%s", async (_, bad) => {
    const error = await withBadModel(bad, (where) =>
      client.call("model.open", { path: where }).catch((thrown: unknown) => thrown),
    );
    expect(error).toMatchObject({ name: "EngineError", code: bad.code });
    for (const words of bad.words) expect((error as Error).message).toMatch(words);
    await expectWorking();
  });

  test.each(badImages.map((bad) => [bad.what, bad] as const))("%s", async (_, bad) => {
    const open = async () => {
      const { id } = await openImage(client, bad.name, bad.bytes(photograph));
      // One that opens is refused at the size that does not suit it.
      return client.call("features.get", refTo({ image: id, size: { kind: "native" } }));
    };
    const error = await open().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "EngineError", code: bad.code });
    for (const words of bad.words) expect((error as Error).message).toMatch(words);
    await expectWorking();
  });

  test("a patch outside the grid", async () => {
    const asked = client.call("probe.run", {
      features: refTo(),
      call: { probe: "cosine", options: { queries: [{ row: 14, col: 0 }] } },
    });
    await expect(asked).rejects.toMatchObject({
      code: "patch.range",
      message: expect.stringMatching(/row 0 to 13 .* received row 14/) as string,
    });
    await expectWorking();
  });

  test("a photograph of a single colour", async () => {
    const black = await sharp({
      create: { width: 64, height: 48, channels: 3, background: "black" },
    })
      .png()
      .toBuffer();
    const { id } = await openImage(client, "black.png", black);
    for (const probe of probeNames) {
      const options = probe === "cosine" ? { queries: [{ row: 0, col: 0 }] } : {};
      const call = { probe, options } as never;
      // No value of the answer may be NaN, which the protocol does not carry.
      const { result } = await client.call("probe.run", { features: refTo({ image: id }), call });
      expect(result.probe).toBe(probe);
    }
  });
});

describe("a compute thread that dies", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "gramscope-thread-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The real thread, with a fault: it throws when the file is there. */
  async function mortalThread(): Promise<{ threadFile: string; kill: () => Promise<void> }> {
    const name = Math.random().toString(36).slice(2);
    const flag = path.join(folder, `${name}.flag`);
    const threadFile = path.join(folder, `${name}.mjs`);
    await writeFile(
      threadFile,
      `import { existsSync, rmSync } from "node:fs";
      await import(${JSON.stringify(pathToFileURL(built("compute-thread.js")).href)});
      setInterval(() => {
        if (!existsSync(${JSON.stringify(flag)})) return;
        rmSync(${JSON.stringify(flag)});
        throw new Error("the device was lost");
      }, 5);`,
    );
    const kill = async () => {
      await writeFile(flag, "");
      await expect.poll(() => readFile(flag).catch(() => undefined)).toBeUndefined();
    };
    return { threadFile, kill };
  }

  test("is reported to whoever waited, and the next call works with the same ids", async () => {
    const { threadFile, kill } = await mortalThread();
    const mortal = await startEngine({ threadFile });
    try {
      const { client: caller } = await mortal.connect();
      const gone = path.join(folder, "gone");
      await cp(bundledModel, gone, { recursive: true });
      const goneModel = await caller.call("model.open", { path: gone });
      const opened = await caller.call("model.open", { path: bundledModel });
      const { id } = await openImage(caller, "chelsea.jpg", photograph);
      const ref = refTo({ model: opened.id, image: id });
      const before = await caller.call("features.get", ref);

      const waiting = caller.call("features.get", { ...longRef(), model: opened.id, image: id });
      const told = expect(waiting).rejects.toMatchObject({
        code: "executor.failed",
        message: "The compute thread ended: Error: the device was lost",
        hint: "The next request starts it again.",
      });
      await kill();
      await told;

      // A model that was deleted meanwhile is the only one that is lost.
      await rm(gone, { recursive: true });
      const after = await caller.call("features.get", ref);
      expect({ ...after, elapsedMs: 0 }).toEqual({ ...before, elapsedMs: 0 });
      expect((await caller.call("model.open", { path: bundledModel })).id).toBe(opened.id);
      await expect(
        caller.call("features.get", { ...ref, model: goneModel.id }),
      ).rejects.toMatchObject({ code: "option.invalid" });

      // Again, with nobody waiting, and with several who come at once.
      await kill();
      await sleep(50);
      const [x, y] = await Promise.all([
        caller.call("features.get", ref),
        caller.call("engine.info", {}),
      ]);
      expect(x.patches).toEqual(before.patches);
      expect(y.executors[0]).toMatchObject({ name: "cpu", chosen: true });
    } finally {
      await mortal.close();
    }
  });

  test("that cannot start says why, at every call, and the server goes on", async () => {
    const threadFile = path.join(folder, "broken.mjs");
    await writeFile(threadFile, 'throw new Error("libfoo.so is missing");');
    const broken = await startEngine({ threadFile });
    try {
      const { client: caller } = await broken.connect();
      for (let i = 0; i < 2; i++) {
        await expect(caller.call("engine.info", {})).rejects.toMatchObject({
          code: "executor.failed",
          message: "The compute thread ended: Error: libfoo.so is missing",
        });
      }
      expect(await openImage(caller, "chelsea.jpg", photograph)).toMatchObject({ width: 451 });
    } finally {
      await broken.close();
    }
  });

  test("an engine that is closed in the middle of a pass tells its clients, and is closed", async () => {
    const other = await startEngine();
    const { client: caller } = await other.connect();
    const card = await caller.call("model.open", { path: bundledModel });
    const { id } = await openImage(caller, "chelsea.jpg", photograph);
    const heard: number[] = [];
    const pass = caller.call(
      "features.get",
      { ...longRef(), model: card.id, image: id },
      { onProgress: ({ fraction }) => heard.push(fraction) },
    );
    const lost = expect(pass).rejects.toMatchObject({ code: "connection.lost" });
    // In the second segment, so inside the runtime, which nothing interrupts.
    await expect.poll(() => heard.at(-1), { timeout: 30_000 }).toBeGreaterThan(0);
    await other.close();
    await lost;
    await expect(openImage(caller, "chelsea.jpg", photograph)).rejects.toMatchObject({
      code: "connection.lost",
    });
  });
});

describe("a figure", () => {
  const pane = (photographId: string) => ({
    title: "cat",
    photograph: photographId,
    view: { x: 0, y: 0, width: image.width, height: image.height },
    recipe: [],
  });
  const look = { widthMm: 50, dpi: 72, parts: [] };

  test("is drawn in its own thread from a photograph that is open, and a clip tells how far it is", async () => {
    const panes = [pane(image.id)];
    const { file, width } = await client.call("figure.draw", { panes, look, format: "png" });
    expect(await sharp(file.data).metadata()).toMatchObject({ format: "png", width });
    const told: Progress[] = [];
    const frames = [1, 2].map((step) => ({ title: `step ${step}`, panes }));
    const clip = await client.call(
      "figure.clip",
      // Frames that look the same would be one to libwebp.
      { frames, look: { ...look, parts: ["title"] }, frameMs: 50 },
      { onProgress: (progress) => told.push(progress) },
    );
    const read = await sharp(clip.file.data, { animated: true }).metadata();
    expect(read).toMatchObject({ format: "webp", pages: 2 });
    expect(told.at(-1)?.label).toBe("Joining the frames");
  });

  test.each([
    ["no width", { widthMm: 0 }, "protocol.invalid"],
    ["more pixels than there may be", { widthMm: 1200, dpi: 1200 }, "option.invalid"],
  ])("of %s is refused", async (_, wrong, code) => {
    const asked = { panes: [pane(image.id)], look: { ...look, ...wrong }, format: "pdf" as const };
    await expect(client.call("figure.draw", asked)).rejects.toMatchObject({ code });
  });

  test("of a photograph that is not open is refused, and of cells that do not match their shape", async () => {
    const unknown = { panes: [pane("i99")], look, format: "svg" as const };
    await expect(client.call("figure.draw", unknown)).rejects.toMatchObject({
      code: "option.invalid",
    });
    const cells = { dtype: "uint8" as const, shape: [4000, 4000, 4], data: new Uint8Array(4) };
    const box = { x: 0, y: 0, width: 1, height: 1 };
    const broken = { ...pane(image.id), map: { cells, box, opacity: 1 } };
    await expect(
      client.call("figure.draw", { panes: [broken], look, format: "png" }),
    ).rejects.toMatchObject({ code: "protocol.invalid" });
  });
});
