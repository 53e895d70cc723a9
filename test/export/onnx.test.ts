/** Exported ONNX files, run as a third party would, against the engine's own features. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freeze } from "../../engine/evaluation/frozen-backbone.ts";
import type { Picture } from "../../engine/labels/labelled.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { exportOnnx, onnxFile } from "../../engine/export/export-onnx.ts";
import type { OnnxPrecision } from "../../engine/export/network-parts.ts";
import { vitGraph } from "../../engine/export/vit-graph.ts";
import { writeOnnx } from "../../engine/export/write-onnx.ts";
import { preprocess } from "../../engine/image/preprocess.ts";
import { planInput } from "../../engine/image/plan-input.ts";
import { scenePicture } from "../../engine/scenes/render.ts";
import { asVit } from "../../engine/model/config.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readParam } from "../../engine/weights/safetensors.ts";
import { bundledModel } from "../support/running-engine.ts";

const swiglu = join(import.meta.dirname, "../fixtures/vit/swiglu");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-onnx-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const base = { opset: 18, isFused: false, rope: "fp32" } as const;

/** Two pictures of a size that is no square, through the file and through the engine. */
async function both(model: string, file: string, [width, height] = [80, 48]) {
  const pictures = [3, 4].map((index) => crop(scenePicture(2, index, 96), width, height));
  const files = await openModelFiles(model);
  const { executor } = await chooseExecutor("cpu");
  const backbone = await freeze(files, executor);
  const expected = await backbone.features(pictures, { width: width, height: height });
  await backbone.dispose();
  await executor.dispose();

  const pixels = pictures.map((picture) => {
    const plan = planInput(
      picture,
      { kind: "exact", width: width, height: height },
      files.preprocessor,
      files.config.patch,
    );
    return preprocess(picture, plan, files.preprocessor);
  });
  const data = new Float32Array(2 * 3 * width * height);
  pixels.forEach((own, i) => data.set(own, i * own.length));
  const session = await InferenceSession.create(file);
  const found = await session.run({
    pixel_values: new Tensor("float32", data, [2, 3, height, width]),
  });
  await session.release();
  return { expected, found, config: files.config };
}

function crop({ name, width: side, pixels }: Picture, width: number, height: number): Picture {
  const own = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    own.set(pixels.subarray(y * side * 3, (y * side + width) * 3), y * width * 3);
  }
  return { name, width, height, pixels: own };
}

function furthest(a: Float32Array, b: Float32Array): number {
  expect(b.length).toBe(a.length);
  let most = 0;
  for (const [i, value] of a.entries()) most = Math.max(most, Math.abs(value - b[i]!));
  return most;
}

/** Least cosine of rows [n, d] of the one and the other. */
function leastCosine(a: Float32Array, b: Float32Array, d: number): number {
  let least = 1;
  for (let i = 0; i < a.length; i += d) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let j = i; j < i + d; j++) {
      ab += a[j]! * b[j]!;
      aa += a[j]! ** 2;
      bb += b[j]! ** 2;
    }
    least = Math.min(least, ab / Math.sqrt(aa * bb));
  }
  return least;
}

const dataOf = (tensor: Tensor | undefined) => tensor!.data as Float32Array;

describe("in float32", () => {
  test.each([
    ["the bundled model", bundledModel, base],
    ["the bundled model, at opset 17", bundledModel, { ...base, opset: 17 }],
    ["the bundled model, at opset 22", bundledModel, { ...base, opset: 22 }],
    ["the bundled model, with the runtime's operators", bundledModel, { ...base, isFused: true }],
    ["a model with SwiGLU and shards", swiglu, base],
  ] as const)(
    "%s has the engine's tokens, in batches, at sizes of any kind",
    async (name, model, wish) => {
      const target = join(folder, name);
      await exportOnnx(model, target, { ...wish, precisions: ["fp32"] });
      const file = join(target, onnxFile("fp32"));
      for (const size of [
        [80, 48],
        [32, 96],
      ] as const) {
        const { expected, found, config } = await both(model, file, [...size]);
        const [d, r] = [config.width, config.registers];
        const n = (size[0] * size[1]) / config.patch ** 2;
        expect(found["last_hidden_state"]!.dims).toEqual([2, 1 + r + n, d]);
        expect(found["cls"]!.dims).toEqual([2, d]);
        expect(found["registers"]!.dims).toEqual([2, r, d]);
        expect(found["patches"]!.dims).toEqual([2, n, d]);
        // Sums in another order: a few units in the last place of values up to about ten.
        expected.forEach(({ cls, patches }, i) => {
          const own = (output: string, length: number) =>
            dataOf(found[output]).subarray(i * length, (i + 1) * length);
          expect(furthest(cls, own("cls", d))).toBeLessThan(1e-4);
          expect(furthest(patches, own("patches", n * d))).toBeLessThan(1e-4);
          const whole = own("last_hidden_state", (1 + r + n) * d);
          expect(furthest(own("registers", r * d), whole.subarray(d, (1 + r) * d))).toBe(0);
        });
        expect(dataOf(found["pooler_output"])).toEqual(dataOf(found["cls"]));
      }
    },
  );
});

test.each([
  // Of the issue: 1st percentile of the cosine at least 0.999 and 0.98; here all patches are above.
  ["fp16", 0.999],
  ["int8", 0.98],
  // Random weights have no outliers, and 4 bits still leave noise of some percent.
  ["int4", 0.9],
] as const)("%s keeps the direction of every patch", async (precision, bar) => {
  const target = join(folder, precision);
  await exportOnnx(bundledModel, target, { ...base, precisions: [precision] });
  const file = join(target, onnxFile(precision));
  const { expected, found, config } = await both(bundledModel, file);
  const all = new Float32Array(expected.flatMap(({ patches }) => [...patches]));
  const least = leastCosine(all, dataOf(found["patches"]), config.width);
  expect(least).toBeGreaterThan(bar);
  expect(least).toBeLessThan(1);
});

describe("the folder", () => {
  test("is laid out for transformers.js, and smaller with fewer bits", async () => {
    const target = join(folder, "all");
    const precisions: OnnxPrecision[] = ["fp32", "fp16", "int8", "int4"];
    const fractions: number[] = [];
    await exportOnnx(bundledModel, target, {
      ...base,
      precisions,
      progress: (fraction) => fractions.push(fraction),
    });
    expect((await readdir(target)).sort()).toEqual([
      "config.json",
      "onnx",
      "preprocessor_config.json",
    ]);
    expect((await readdir(join(target, "onnx"))).sort()).toEqual([
      "model.onnx",
      "model_fp16.onnx",
      "model_q4.onnx",
      "model_quantized.onnx",
    ]);
    const config = JSON.parse(await readFile(join(target, "config.json"), "utf8")) as object;
    expect(config).toMatchObject({ model_type: "dinov3_vit", hidden_size: 192, patch_size: 16 });
    const sizes = await Promise.all(
      precisions.map(async (precision) => (await stat(join(target, onnxFile(precision)))).size),
    );
    expect(sizes[1]! / sizes[0]!).toBeLessThan(0.56);
    expect(sizes[2]! / sizes[0]!).toBeLessThan(0.36);
    expect(sizes[3]! / sizes[0]!).toBeLessThan(0.27);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  test("is not written into one that holds something, and a wrong opset leaves nothing", async () => {
    const wish = { ...base, precisions: ["fp32"] } as const;
    await expect(exportOnnx(bundledModel, bundledModel, wish)).rejects.toMatchObject({
      code: "path.unwritable",
    });
    const target = join(folder, "never");
    await expect(exportOnnx(bundledModel, target, { ...wish, opset: 16 })).rejects.toMatchObject({
      code: "option.invalid",
      message: "--opset: expected a whole number from 17 to 22, received 16",
    });
    await expect(
      exportOnnx(bundledModel, target, { ...wish, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "cancelled" });
    expect((await readdir(folder)).filter((name) => name.includes("never"))).toEqual([]);
  });
});

test("weights that do not fit lie in a file beside, on pages of their own", async () => {
  const { config, params } = await openModelFiles(bundledModel);
  const graph = vitGraph({
    ...base,
    config: asVit(config),
    precision: "fp32",
    read: (name) => readParam(params[name]!),
  });
  const file = join(folder, "large.onnx");
  await writeOnnx(file, graph, {
    opset: base.opset,
    description: "",
    metadata: {},
    mostInside: 1000,
  });
  expect((await stat(file)).size).toBeLessThan(200_000);
  expect((await stat(`${file}_data`)).size).toBeGreaterThan(10_000_000);
  const { expected, found, config: shape } = await both(bundledModel, file);
  const n = expected[0]!.patches.length;
  expect(furthest(expected[0]!.patches, dataOf(found["patches"]).subarray(0, n))).toBeLessThan(
    1e-4,
  );
  expect(shape).toEqual(config);
});
