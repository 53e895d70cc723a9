/** A model in another precision: the nearest values, the same model otherwise. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toBfloat16, toFloat16, toFloat32 } from "../../engine/executors/float-formats.ts";
import { exportDirectory, precisions } from "../../engine/export/model-directory.ts";
import { asVit } from "../../engine/model/config.ts";
import { maskToken } from "../../engine/model/params.ts";
import { readBackbone } from "../../engine/runs/read-checkpoint.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors } from "../../engine/weights/safetensors.ts";
import { writeModelDirectory } from "../../engine/weights/write-model.ts";
import { bundledModel } from "../support/running-engine.ts";

const mlp = join(import.meta.dirname, "../fixtures/vit/mlp");
const swiglu = join(import.meta.dirname, "../fixtures/vit/swiglu");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-export-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const valuesOf = async (path: string) => readBackbone(await openModelFiles(path));

test.each(precisions)("%s keeps the model and rounds to the nearest", async (precision) => {
  const target = join(folder, precision);
  await exportDirectory(bundledModel, target, { precision });
  const [before, after] = [await openModelFiles(bundledModel), await openModelFiles(target)];
  for (const field of ["name", "config", "preprocessor", "trained", "note", "licence"] as const) {
    expect(after[field], field).toEqual(before[field]);
  }
  const dtype = { fp32: "F32", fp16: "F16", bf16: "BF16" }[precision];
  expect(after.dtype).toBe(dtype);
  const config = JSON.parse(await readFile(join(target, "config.json"), "utf8")) as object;
  expect(config).toMatchObject({
    torch_dtype: { fp32: "float32", fp16: "float16", bf16: "bfloat16" }[precision],
  });
  // The model in the box is stored as bfloat16: 8 bits of significand, which float16's 11 hold; only
  // what is smaller than float16's least step, 2^-24, is rounded at all.
  const [was, is] = [await valuesOf(bundledModel), await valuesOf(target)];
  expect(Object.keys(is)).toEqual(Object.keys(was));
  for (const [name, { data }] of Object.entries(was)) {
    const found = is[name]!.data;
    let furthest = 0;
    for (const [i, value] of data.entries()) {
      furthest = Math.max(furthest, Math.abs(value - found[i]!));
    }
    expect(furthest, name).toBeLessThanOrEqual(precision === "fp16" ? 2 ** -25 : 0);
  }
});

test.each([
  ["a model", mlp, "vit_small_patch16_dinov3_qkvb"],
  ["a model with SwiGLU", swiglu, "vit_small_plus_patch16_dinov3"],
])("in timm's names %s is opened again as timm's, equal bit for bit", async (_, model, made) => {
  const target = join(folder, "timm");
  await exportDirectory(model, target, { precision: "fp32", names: "timm" });
  const [before, after] = [await openModelFiles(model), await openModelFiles(target)];
  for (const field of ["name", "config", "preprocessor", "trained", "licence"] as const) {
    expect(after[field], field).toEqual(before[field]);
  }
  const { tensors } = await readSafetensors(join(target, "model.safetensors"));
  const config = asVit(before.config);
  const block = ["attn.qkv.weight", "gamma_1", "mlp.fc2.bias"].map((name) => `blocks.1.${name}`);
  expect([...tensors.keys()]).toEqual(expect.arrayContaining(["reg_token", ...block]));
  expect(tensors.get("blocks.0.attn.qkv.weight")!.shape).toEqual([3 * config.width, config.width]);
  expect(tensors.has("blocks.0.attn.q_bias")).toBe(config.bias.query);
  expect(tensors.has("blocks.0.mlp.fc1_g.weight")).toBe(config.feedForward === "swiglu");
  expect([...tensors.keys()].filter((name) => /mask|periods|\.w\d|k_bias/.test(name))).toEqual([]);
  const json = JSON.parse(await readFile(join(target, "config.json"), "utf8")) as object;
  expect(json).toMatchObject({
    architecture: made,
    num_features: config.width,
    model_args: { embed_dim: config.width, num_heads: config.heads },
    pretrained_cfg: { mean: before.preprocessor.mean, num_prefix_tokens: 1 + config.registers },
  });
  const [was, is] = [await valuesOf(model), await valuesOf(target)];
  for (const [param, { data }] of Object.entries(was)) {
    const [a, b] = [data, is[param]?.data ?? new Float32Array()].map(
      ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength),
    );
    if (param !== maskToken) expect(a!.equals(b!), param).toBe(true);
  }
});

test("timm's names are refused for another family, and nothing is left", async () => {
  const clip = join(import.meta.dirname, "../fixtures/families/clip");
  const wish = { precision: "fp32", names: "timm" } as const;
  await expect(exportDirectory(clip, join(folder, "clip"), wish)).rejects.toMatchObject({
    code: "model.unknown",
    message: expect.stringContaining("for timm's names; received an encoder of another") as string,
  });
  expect(await readdir(folder)).toEqual([]);
});

test("half the bytes", async () => {
  const bytes = async (precision: "fp32" | "fp16") => {
    const target = join(folder, precision);
    await exportDirectory(bundledModel, target, { precision });
    return (await stat(join(target, "model.safetensors"))).size;
  };
  const [whole, half] = [await bytes("fp32"), await bytes("fp16")];
  expect(half / whole).toBeGreaterThan(0.5);
  expect(half / whole).toBeLessThan(0.502); // The header stays.
});

test("a name, a note and a licence of one's own go with it", async () => {
  const wish = { precision: "fp16", name: "Mine", note: "Trained here.", licence: "MIT" } as const;
  await exportDirectory(bundledModel, join(folder, "mine"), wish);
  const { name, note, licence } = await openModelFiles(join(folder, "mine"));
  expect({ name, note, licence }).toEqual({ name: "Mine", note: "Trained here.", licence: "MIT" });
});

test("a value that float16 does not hold is refused by name, and nothing is left", async () => {
  const model = await openModelFiles(bundledModel);
  const tensors = Object.entries(await readBackbone(model));
  const params = Object.fromEntries(
    tensors.map(([name, { data }]) => [name, Float32Array.from(data)]),
  );
  params["norm.weight"]![3] = -65_520;
  const large = join(folder, "large");
  const config = asVit(model.config);
  await writeModelDirectory(large, { ...model, config, params, dtype: "F32" });
  const target = join(folder, "half");
  await expect(exportDirectory(large, target, { precision: "fp16" })).rejects.toMatchObject({
    code: "option.invalid",
    message: expect.stringContaining("norm.weight: float16 holds values below 65520") as string,
  });
  expect(await readdir(folder)).toEqual(["large"]);
  await exportDirectory(large, target, { precision: "bf16" });
  expect((await valuesOf(target))["norm.weight"]!.data[3]).toBe(-65_536);
});

describe("rounding", () => {
  test("to bfloat16: ties go to even, NaN and infinity stay", () => {
    // 1 + 2^-8 lies between 1 and 1 + 2^-7; 1 + 3 * 2^-8 between the odd 1 + 2^-7 and 1 + 2^-6.
    const values = [1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20, -Infinity, NaN, -0];
    const back = toFloat32(new Uint8Array(toBfloat16(Float32Array.from(values)).buffer), "BF16");
    expect([...back]).toEqual([1, 1 + 2 ** -6, 1 + 2 ** -7, -Infinity, NaN, -0]);
  });

  test("to float16: ties go to even, small values to steps of 2^-24", () => {
    const values = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 3 * 2 ** -25, 65_519, 65_520];
    const back = toFloat32(new Uint8Array(toFloat16(Float32Array.from(values)).buffer), "F16");
    expect([...back]).toEqual([1, 1 + 2 ** -9, 2 ** -23, 65_504, Infinity]);
  });
});
