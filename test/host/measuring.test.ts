/** Measuring over a socket, as the page has it: one job at a time, cancelled with its client, and scenes beside it. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MeasureJobs } from "../../engine/host/measure-jobs.ts";
import { labelledProbeNames } from "../../engine/protocol/probe-report.ts";
import { float32Values, type WireTensor } from "../../engine/protocol/tensor.ts";
import { classNames } from "../../engine/scenes/classes.ts";
import { instancePair, viewPair } from "../../engine/scenes/correspondence.ts";
import { renderScene } from "../../engine/scenes/render.ts";
import { drawScene } from "../../engine/scenes/scene.ts";
import { renderSequence } from "../../engine/scenes/sequence.ts";
import {
  built,
  bundledModel,
  samples,
  startEngine,
  type EngineClient,
  type RunningEngine,
} from "../support/running-engine.ts";

let engine: RunningEngine;
let client: EngineClient;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-measuring-"));
  // Threads have the environment of the process as it is when they start.
  process.env["GRAMSCOPE_CACHE"] = join(folder, "cache");
  engine = await startEngine();
  ({ client } = await engine.connect());
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const comparison = { images: samples, limit: 3, size: 64 } as const;
const knn = {
  probe: "knn",
  model: bundledModel,
  data: "scenes",
  size: 64,
  train: 9,
  test: 4,
} as const;

it("what can be measured is described", async () => {
  const { probes, scores, layouts, classes, samplesFolder } = await client.call(
    "measure.describe",
    {},
  );
  expect(probes.map(({ name }) => name)).toEqual(labelledProbeNames);
  for (const { preset, presets, scenes } of probes) {
    expect(presets).toEqual(expect.arrayContaining([preset, scenes.preset]));
  }
  expect(scores.find(({ name }) => name === "mapRoughness")).toMatchObject({ isBetter: "lower" });
  expect(layouts.find(({ name }) => name === "coco")!.tasks).toEqual(["segmentation", "discovery"]);
  expect(classes[0]).toBe("sky");
  expect(classes).toEqual(classNames);
  expect(samplesFolder).toBe(samples);
});

describe("a comparison", () => {
  it("tells each model as it is scored, and remembers scores by what is in the weights", async () => {
    const copy = join(folder, "copy");
    await cp(bundledModel, copy, { recursive: true });
    const scored: { name: string; isCached: boolean; points: number | undefined }[] = [];
    const fractions: number[] = [];
    const report = await client.call(
      "compare.run",
      { paths: [bundledModel, copy], ...comparison },
      {
        onEvent: ({ model: { name, isCached }, quality }) =>
          scored.push({ name, isCached, points: quality?.length }),
        onProgress: ({ fraction }) => fractions.push(fraction),
      },
    );
    expect(scored).toEqual([
      { name: "untrained-vit", isCached: false, points: undefined },
      { name: "copy", isCached: true, points: 2 },
    ]);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(report.models.map(({ images }) => images.length)).toEqual([3, 3]);
    expect(report.data).toMatchObject({ images: 3, skipped: [] });
    // The same weights twice: there is nothing between them.
    expect(report.degradation!.decline.mean).toBe(0);
  });

  it("of what is not there is refused, and the next one goes", async () => {
    const paths = [join(folder, "nowhere")];
    await expect(client.call("compare.run", { paths, ...comparison })).rejects.toMatchObject({
      code: "path.missing",
    });
    await client.call("compare.run", { paths: [bundledModel], ...comparison });
  });
});

describe("a probe", () => {
  it("reports the same numbers for the same seed", async () => {
    const first = await client.call("probe.measure", knn);
    expect(first.report).toMatchObject({ probe: "knn", preset: "paper", seed: 0 });
    expect(first.report.settings).toMatchObject({ size: "square", side: 64 });
    expect(first.report.data.description).toContain("9 to train on, 4 to test");
    const { report, pictures } = await client.call("probe.measure", knn);
    expect(report.numbers).toEqual(first.report.numbers);
    expect(report.cases).toEqual(first.report.cases);
    // A picture a case, in their order, the same again.
    expect(pictures.map((picture) => picture.case)).toEqual(report.cases.map((_, i) => i));
    expect(pictures).toEqual(first.pictures);
    for (const { picture, caption } of pictures) {
      expect((await sharp(picture.data).metadata()).format).toBe("png");
      expect(caption).toMatch(/^k-NN classification\. (Best|Median|Worst) case: .* scene \d+;/);
    }
  });

  it.each([
    ["a preset", { preset: "best" }, "preset: expected one of paper; received"],
    ["a layout", { data: samples, layout: "heap" }, "layout: expected one of masks, voc"],
    ["a layout of another task", { data: samples, layout: "davis" }, "serves classification"],
  ])("with %s that is not there is refused", async (_, change, message) => {
    await expect(client.call("probe.measure", { ...knn, ...change })).rejects.toThrow(message);
  });
});

describe("one job at a time", () => {
  const long = { ...knn, train: 2000 } as const;

  /** Begins a job that takes minutes, and waits until it does. */
  async function begun(one: EngineClient, signal?: AbortSignal) {
    let ended: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve, reject) => {
      ended = one.call("probe.measure", long, { signal, onProgress: () => resolve() });
      ended.catch(reject);
    });
    return { ended };
  }

  it("a second one is refused, until the first is cancelled", async () => {
    const abort = new AbortController();
    const { ended } = await begun(client, abort.signal);
    const { client: other } = await engine.connect();
    await expect(other.call("probe.measure", knn)).rejects.toMatchObject({
      code: "run.busy",
      message: "Another measurement goes on: the probe knn on untrained-vit",
    });
    // Drawn by other threads: not even a busy measuring thread holds them up.
    const looked = performance.now();
    await other.call("scene.render", { seed: 0, index: 0, side: 32, what: ["semantic"] });
    const lookedMs = performance.now() - looked;
    expect(lookedMs).toBeLessThan(5000);
    const cancelledAt = performance.now();
    abort.abort();
    await expect(ended).rejects.toMatchObject({ code: "cancelled" });
    const { report } = await other.call("probe.measure", knn);
    // The long one would have taken minutes.
    expect(performance.now() - cancelledAt).toBeLessThan(20_000);
    expect(report.numbers[0]!.name).toBe("top-1, k = 9");
    other.close();
  });

  it("one whose client goes is cancelled", async () => {
    const { client: other } = await engine.connect();
    const { ended } = await begun(other);
    other.close();
    await expect(ended).rejects.toMatchObject({ code: "connection.lost" });
    await expect
      .poll(() => client.call("probe.measure", knn).then(() => "measured", String), {
        timeout: 20_000,
        interval: 200,
      })
      .toBe("measured");
  });
});

describe("the measuring thread", () => {
  const options = { device: "cpu", rope: "fp32" } as const;

  it("ends when it has nothing to do, and comes again", async () => {
    const jobs = new MeasureJobs({
      ...options,
      threadFile: built("measure-thread.js"),
      idleMs: 50,
    });
    expect(jobs.threads).toBe(0);
    await jobs.describe();
    expect(jobs.threads).toBe(1);
    await expect.poll(() => jobs.threads, { timeout: 10_000 }).toBe(0);
    expect((await jobs.describe()).classes[0]).toBe("sky");
    await jobs.dispose();
    expect(jobs.threads).toBe(0);
  });

  it("that dies is told, and the next request starts another", async () => {
    const threadFile = join(folder, "dying.mjs");
    await writeFile(
      threadFile,
      `import { parentPort } from "node:worker_threads";
      parentPort.on("message", () => { throw new Error("out of memory, say"); });`,
    );
    const jobs = new MeasureJobs({ ...options, threadFile });
    for (const _ of [1, 2]) {
      await expect(jobs.describe()).rejects.toMatchObject({
        code: "executor.failed",
        message: "The measuring thread ended: Error: out of memory, say",
      });
    }
    await jobs.dispose();
  });
});

describe("a scene", () => {
  const pixelsOf = async (png: WireTensor) =>
    new Uint8Array(await sharp(png.data).raw().toBuffer());

  it("comes with what is in each of its pixels, and only with what was asked for", async () => {
    const wish = { seed: 3, index: 8, side: 48, kind: "gathering" } as const;
    const scene = drawScene(3, 8, { kind: "gathering" });
    const truth = renderScene(scene, 48);
    const what = ["picture", "semantic", "labels", "instances", "depth"] as const;
    const whole = await client.call("scene.render", { ...wish, what: [...what] });
    expect(await pixelsOf(whole.picture!)).toEqual(truth.picture.pixels);
    expect(whole.semantic).toMatchObject({ dtype: "uint8", shape: [48, 48] });
    expect(new Uint8Array(whole.semantic!.data)).toEqual(truth.semantic);
    const read = await client.call("image.labels", { name: "classes", bytes: whole.labels! });
    expect(read.values).toMatchObject({ dtype: "uint8", shape: [48, 48] });
    expect(new Uint8Array(read.values.data)).toEqual(truth.semantic);
    expect(new Uint8Array(whole.instances!.data)).toEqual(truth.instances);
    expect(float32Values(whole.depth!)).toEqual(truth.depth);
    expect(whole).toMatchObject({ kind: "gathering", ground: scene.ground.name });
    // An instance in the mask is of the class that the semantic mask has there.
    for (const { instance, classIndex } of whole.objects) {
      const at = truth.instances.indexOf(instance);
      if (at >= 0) expect(truth.semantic[at]).toBe(classIndex);
    }
    const some = await client.call("scene.render", { ...wish, what: ["depth"] });
    expect(Object.keys(some).sort()).toEqual(["depth", "ground", "kind", "objects"]);
    expect(some.depth!.data).toEqual(whole.depth!.data);
  });

  it.each(["views", "instances"] as const)("has a pair of %s with its points", async (pairs) => {
    const found = await client.call("scene.pair", { seed: 1, index: 2, side: 64, pairs });
    const drawn = (pairs === "views" ? viewPair : instancePair)(1, 2, 64);
    expect(await pixelsOf(found.second)).toEqual(drawn.second.pixels);
    expect(found.points.shape).toEqual([drawn.points.length, 4]);
    const [{ from, to }] = drawn.points as [(typeof drawn.points)[number]];
    const first = [...float32Values(found.points).slice(0, 4)];
    [from.x, from.y, to.x, to.y].forEach((value, i) => expect(first[i]).toBeCloseTo(value, 4));
    expect(found.unit).toBe(drawn.unit);
  });

  it("moves, with a mask a frame", async () => {
    const found = await client.call("scene.sequence", { seed: 1, index: 2, side: 32, frames: 3 });
    const drawn = renderSequence(1, 2, 32, 3);
    expect(found.masks.shape).toEqual([3, 32, 32]);
    expect(new Uint8Array(found.masks.data)).toEqual(
      Uint8Array.from(drawn.masks.flatMap((mask) => [...mask])),
    );
    expect(await pixelsOf(found.frames[2]!)).toEqual(drawn.frames[2]!.pixels);
  });

  it("of an impossible size is refused", async () => {
    const wish = { seed: 0, index: 0, side: 4000, what: ["picture"] } as const;
    await expect(
      client.call("scene.render", { ...wish, what: [...wish.what] }),
    ).rejects.toMatchObject({ code: "protocol.invalid" });
  });
});
