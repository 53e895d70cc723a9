/**
 * Encoders of other families, exported and run or read as third parties do: tokens of the ONNX graph
 * against PyTorch's of test/fixtures/families, on a grid that their positions were not stored for.
 */
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exportOnnx, onnxFile } from "../../engine/export/export-onnx.ts";
import { exportDirectory } from "../../engine/export/model-directory.ts";
import { describeOnnx } from "../../engine/export/read-onnx.ts";
import { runExportJob } from "../../engine/host/export-job.ts";
import { hasClassToken, prefixTokens } from "../../engine/model/config.ts";
import { exportWish } from "../../engine/protocol/exporting.ts";
import { readBackbone } from "../../engine/runs/read-checkpoint.ts";
import { unattended } from "../../engine/session/control.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";

/** Where the machine is shared. */
vi.setConfig({ testTimeout: 60_000 });

const fixtures = join(import.meta.dirname, "../fixtures/families");
const base = { opset: 18, isFused: false, rope: "fp32", precisions: ["fp32"] } as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-families-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** By fixture: what is given to the program, and the model_type that transformers has for it. */
const cases: Readonly<Record<string, { path?: string; modelType: string; isExact: boolean }>> = {
  dinov2: { modelType: "dinov2", isExact: true },
  "dinov2-registers": { modelType: "dinov2_with_registers", isExact: true },
  "dinov2-giant": { modelType: "dinov2", isExact: true },
  "dinov2-official": { modelType: "dinov2_with_registers", isExact: true },
  franca: { path: "franca/franca_vit_tiny.pth", modelType: "dinov2", isExact: false },
  dino: { modelType: "vit", isExact: true },
  "dino-official": { modelType: "vit", isExact: false },
  mae: { modelType: "vit", isExact: true },
  "mae-official": { modelType: "vit", isExact: true },
  ijepa: { modelType: "ijepa", isExact: true },
  "ijepa-official": { modelType: "ijepa", isExact: true },
  clip: { modelType: "clip_vision_model", isExact: true },
  "open-clip": { modelType: "clip_vision_model", isExact: false },
  siglip: { modelType: "siglip_vision_model", isExact: true },
  "siglip2-naflex": { modelType: "siglip_vision_model", isExact: false },
  "pe-core": { modelType: "pe", isExact: false },
  "pe-spatial": { modelType: "pe", isExact: false },
  radio: { modelType: "radio", isExact: false },
  vjepa2: { modelType: "vJepa2", isExact: false },
  sam: { modelType: "sam_vision_model", isExact: false },
  "sam-official": { modelType: "sam_vision_model", isExact: false },
};
const list = Object.entries(cases).map(([name, one]) => ({
  ...one,
  name,
  model: join(fixtures, one.path ?? name),
}));

test("every fixture is here", async () => {
  const entries = await readdir(fixtures, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(names.sort()).toEqual(Object.keys(cases).sort());
});

async function tokensOf(file: string, fixture: string) {
  const expected = await readSafetensors(join(fixtures, fixture, "expected.safetensors"));
  const read = async (name: string) => readTensor(expected, expected.tensors.get(name)!);
  const { shape } = expected.tensors.get("image")!;
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const found = await session.run({
    pixel_values: new Tensor("float32", await read("image"), shape),
  });
  await session.release();
  return { found, wanted: await read(expected.tensors.has("final") ? "final" : "last"), shape };
}

describe("as ONNX", () => {
  test.each(list)("$name gives PyTorch's tokens", async ({ name, model, modelType }) => {
    const target = join(folder, `${name}-onnx`);
    await exportOnnx(model, target, base);
    const { config } = await openModelFiles(model);
    const { found, wanted, shape } = await tokensOf(join(target, onnxFile("fp32")), name);
    const d = config.width;
    const patches = (shape[2]! * shape[3]!) / config.patch ** 2;
    const prefix = prefixTokens(config);
    expect(found["last_hidden_state"]!.dims).toEqual([1, prefix + patches, d]);
    // The bar; the reference is float64, the graph float32 throughout.
    const tolerance = { atol: 1e-4, rtol: 0 };
    const dataOf = (output: string) => found[output]!.data as Float32Array;
    expectClose(dataOf("last_hidden_state"), wanted, tolerance, "tokens");
    expectClose(dataOf("patches"), wanted.subarray(prefix * d), tolerance, "patches");
    const mean = Float32Array.from({ length: d }, (_, c) => {
      const own = Array.from({ length: patches }, (_, i) => wanted[(prefix + i) * d + c]!);
      return own.reduce((sum, value) => sum + value, 0) / patches;
    });
    const cls = hasClassToken(config) ? wanted.subarray(0, d) : mean;
    expectClose(dataOf("cls"), cls, tolerance, "cls");
    expect(Object.hasOwn(found, "registers")).toBe(config.registers > 0);
    const json = JSON.parse(await readFile(join(target, "config.json"), "utf8")) as object;
    expect(json).toMatchObject({ model_type: modelType, hidden_size: d });
  });

  test.each([
    ["clip", "learned 5×5 and CLS, resized to a picture's grid bicubic"],
    [
      "sam",
      "learned 5×5, resized to a picture's grid bicubic; a bias of attention by the distance of rows and of columns",
    ],
  ])(
    "%s is proved like any other, and its card says how positions are placed",
    async (name, how) => {
      const wish = exportWish.parse({
        model: join(fixtures, name),
        folder: join(folder, `${name} proved`),
        format: "onnx",
        precisions: ["fp32", "fp16", "int8"],
        limit: 1,
        sizes: ["40x24", "model"],
      });
      const made = await runExportJob(wish, { ...unattended, rope: "fp32" });
      expect(made.card!.exports.map(({ verdict }) => verdict)).toEqual(["pass", "pass", "pass"]);
      const readme = await readFile(join(made.folder, "README.md"), "utf8");
      expect(readme).toContain(`- Positions: ${how}; in the ONNX files as part of the graph`);
      expect(readme).not.toContain("Rotary");
      expect(readme.includes("before the neck")).toBe(name === "sam");
      const { metadata } = await describeOnnx(join(made.folder, onnxFile("fp16")));
      expect(metadata["positions"]).toBe(how);
    },
  );

  test.each([
    ["dinov2", { opset: 17 }],
    ["clip", { opset: 22 }],
    ["siglip", { opset: 20, isFused: true }],
    ["pe-core", { isFused: true }],
    ["vjepa2", { opset: 17, isFused: true }],
    ["sam", { opset: 17, isFused: true }],
  ] as const)("%s with %j, too", async (name, change) => {
    const target = join(folder, `${name}-changed`);
    await exportOnnx(join(fixtures, name), target, { ...base, ...change });
    const { found, wanted } = await tokensOf(join(target, onnxFile("fp32")), name);
    const tokens = found["last_hidden_state"]!.data as Float32Array;
    expectClose(tokens, wanted, { atol: 1e-4, rtol: 0 }, "tokens");
  });
});

describe("as a model directory", () => {
  test.each(list.filter(({ isExact }) => isExact))(
    "$name is opened again as $modelType, the same bit for bit",
    async ({ name, model, modelType }) => {
      const target = join(folder, `${name}-directory`);
      await exportDirectory(model, target, { precision: "fp32" });
      const json = JSON.parse(await readFile(join(target, "config.json"), "utf8")) as object;
      expect(json).toMatchObject({ model_type: modelType });
      const [before, after] = [await openModelFiles(model), await openModelFiles(target)];
      for (const field of ["name", "config", "preprocessor"] as const) {
        expect(after[field], field).toEqual(before[field]);
      }
      const [was, is] = [await readBackbone(before), await readBackbone(after)];
      for (const [param, { data }] of Object.entries(was)) {
        expect(is[param]!.data, param).toEqual(data);
      }
    },
  );

  test("dinov2-giant has the names that its own file has", async () => {
    const own = await readSafetensors(join(fixtures, "dinov2-giant/model.safetensors"));
    const written = await readSafetensors(join(folder, "dinov2-giant-directory/model.safetensors"));
    const shapesOf = ({ tensors }: typeof own) =>
      [...tensors].map(([name, { shape }]) => [name, [...shape]]).sort();
    expect(shapesOf(written)).toEqual(shapesOf(own));
  });

  test.each(list.filter(({ isExact }) => !isExact))(
    "$name is refused in one message, and nothing is written",
    async ({ name, model }) => {
      const target = join(folder, `${name}-never`);
      await expect(exportDirectory(model, target, { precision: "fp32" })).rejects.toMatchObject({
        code: "model.unknown",
        message: expect.stringMatching(/transformers/) as string,
      });
      expect(await readdir(folder)).not.toContain(`${name}-never`);
    },
  );
});
