/** Model directories under the names of the authors' own code: what fixtures of their files have. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportDirectory } from "../../engine/export/model-directory.ts";
import { asVit } from "../../engine/model/config.ts";
import { maskToken } from "../../engine/model/params.ts";
import { readBackbone } from "../../engine/runs/read-checkpoint.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";

const families = join(import.meta.dirname, "../fixtures/families");
const vit = join(import.meta.dirname, "../fixtures/vit");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-official-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** In the precision of the fixtures of official files. */
async function written(model: string, name: string) {
  const target = join(folder, name);
  await exportDirectory(model, target, { precision: "fp16", names: "official" });
  const file = await readSafetensors(join(target, "model.safetensors"));
  const valuesOf = (tensor: string) => readTensor(file, file.tensors.get(tensor)!);
  return { target, file, valuesOf };
}

/** Opened again it is the same model. */
async function expectSame(model: string, target: string) {
  const [before, after] = [await openModelFiles(model), await openModelFiles(target)];
  for (const field of ["name", "family", "config", "preprocessor", "licence"] as const) {
    expect(after[field], field).toEqual(before[field]);
  }
  const [was, is] = [await readBackbone(before), await readBackbone(after)];
  for (const [param, { data }] of Object.entries(was)) {
    if (param !== maskToken) expect(is[param]!.data, param).toEqual(data);
  }
}

describe("what upstream published has the same names, shapes and bits", () => {
  test.each([
    ["dino-official", []],
    ["dinov2-official", ["mask_token"]],
    ["mae-official", []],
    ["ijepa-official", []],
    ["open-clip", []],
    ["pe-core", []],
    ["pe-spatial", []],
  ] as const)("%s", async (name, more) => {
    const model = join(families, name);
    const { target, file, valuesOf } = await written(model, name);
    const upstream = await readSafetensors(join(model, "model.safetensors"));
    // Heads, decoders and texts are no part of an encoder.
    const head = /^(visual\.)?(proj$|attn_pool)|^(decoder|mask_token|token_embedding|logit)/;
    const own = [...upstream.tensors].filter(([theirs]) => !head.test(theirs));
    const bare = (theirs: string) => theirs.replace(/^visual\./, "");
    expect([...file.tensors.keys()].sort()).toEqual(
      [...own.map(([theirs]) => bare(theirs)), ...more].sort(),
    );
    for (const [theirs, tensor] of own) {
      const found = file.tensors.get(bare(theirs))!;
      expect([found.dtype, found.shape], theirs).toEqual([tensor.dtype, tensor.shape]);
      expect(await valuesOf(bare(theirs)), theirs).toEqual(await readTensor(upstream, tensor));
    }
    await expectSame(model, target);
  });

  test("dinov2's mask token is a row, and zeros where the file has none", async () => {
    const file = await readSafetensors(join(folder, "dinov2-official/model.safetensors"));
    const mask = file.tensors.get("mask_token")!;
    expect(mask.shape).toEqual([1, 64]);
    expect((await readTensor(file, mask)).every((value) => value === 0)).toBe(true);
  });

  test("franca's blocks are numbered through, as its code has them once it is loaded", async () => {
    const model = join(families, "franca/franca_vit_tiny.pth");
    const { target, file } = await written(model, "taken-away");
    const blocks = [...file.tensors.keys()].filter((name) => name.endsWith(".mlp.w12.weight"));
    expect(blocks).toEqual(["blocks.0.mlp.w12.weight", "blocks.1.mlp.w12.weight"]);
    await expectSame(model, target);
  });

  test("transformers' V-JEPA 2 gets its authors' names", async () => {
    const { target, file } = await written(join(families, "vjepa2"), "vjepa2");
    expect([...file.tensors.keys()].filter((name) => !name.startsWith("blocks.")).sort()).toEqual([
      "norm.bias",
      "norm.weight",
      "patch_embed.proj.bias",
      "patch_embed.proj.weight",
    ]);
    const { config, family } = await openModelFiles(join(families, "vjepa2"));
    expect(await openModelFiles(target)).toMatchObject({ config, family });
  });

  test("OpenCLIP's activation lies beside it", async () => {
    const path = join(folder, "open-clip/open_clip_config.json");
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      model_cfg: {
        quick_gelu: false,
        vision_cfg: { width: 64, layers: 2, head_width: 64, patch_size: 4, image_size: 20 },
      },
    });
  });
});

describe("DINOv3's vision transformer", () => {
  test.each(["mlp", "swiglu"])("of the kind %s", async (kind) => {
    const model = join(vit, kind);
    const target = join(folder, kind);
    await exportDirectory(model, target, { precision: "fp32", names: "official" });
    const before = await openModelFiles(model);
    const config = asVit(before.config);
    const after = await openModelFiles(target);
    expect(after.config).toEqual(config);
    expect(after.preprocessor).toEqual(before.preprocessor);
    const [was, is] = [await readBackbone(before), await readBackbone(after)];
    for (const [param, { data }] of Object.entries(was)) {
      if (param !== maskToken) expect(is[param]!.data, param).toEqual(data);
    }

    const file = await readSafetensors(join(target, "model.safetensors"));
    const d = config.width;
    const feedForward = kind === "mlp" ? ["fc1", "fc2"] : ["w1", "w2", "w3"];
    const block = [
      "norm1",
      "attn.qkv",
      "attn.proj",
      "norm2",
      ...feedForward.map((name) => `mlp.${name}`),
    ].flatMap((name) => [`${name}.weight`, `${name}.bias`]);
    // dinov3.md A.6, by hand.
    const whole = [...block, "ls1.gamma", "ls2.gamma", "attn.qkv.bias_mask"];
    // This one is as the 7B, whose queries, keys and values have no biases.
    const own = whole.filter((name) => kind === "mlp" || !name.startsWith("attn.qkv.bias"));
    const found = [...file.tensors.keys()];
    expect(found.filter((name) => name.startsWith("blocks.0.")).sort()).toEqual(
      own.map((name) => `blocks.0.${name}`).sort(),
    );
    expect(found.filter((name) => !name.startsWith("blocks.")).sort()).toEqual([
      "cls_token",
      "mask_token",
      "norm.bias",
      "norm.weight",
      "patch_embed.proj.bias",
      "patch_embed.proj.weight",
      "rope_embed.periods",
      "storage_tokens",
    ]);
    const read = async (name: string) => readTensor(file, file.tensors.get(name)!);
    const periods = await read("rope_embed.periods");
    const count = d / config.heads / 4;
    expect(periods).toHaveLength(count);
    // base^(i / n): dinov3.md A.3. Float32 of numbers below 100.
    periods.forEach((period, i) => expect(period).toBeCloseTo(100 ** (i / count), 4));
    if (kind === "swiglu") return;
    const bias = await read("blocks.0.attn.qkv.bias");
    expect(bias.subarray(0, d)).toEqual(was["block00.query.bias"]!.data);
    expect(bias.subarray(d, 2 * d)).toEqual(new Float32Array(d));
    expect(bias.subarray(2 * d)).toEqual(was["block00.value.bias"]!.data);
    const mask = await read("blocks.0.attn.qkv.bias_mask");
    expect([mask[0], mask[d], mask[2 * d], mask.length]).toEqual([1, 0, 1, 3 * d]);
  });
});

test.each([
  ["dinov2", "authors' code of DINOv2 computes something else"],
  ["dino", "authors' code of DINO computes something else"],
  ["clip", "OpenAI's code reads its own archives"],
  ["siglip", "written in JAX"],
  ["radio", "reads what lies around the encoder"],
  ["sam", "by a neck"],
])("%s is refused with the reason and the remedy, and nothing is left", async (name, words) => {
  const wish = { precision: "fp32", names: "official" } as const;
  const target = join(folder, "never");
  await expect(exportDirectory(join(families, name), target, wish)).rejects.toMatchObject({
    code: "model.unknown",
    message: expect.stringContaining(words) as string,
    hint: expect.stringContaining("export ONNX") as string,
  });
  expect((await readdir(folder)).filter((one) => one.includes("never"))).toEqual([]);
});
