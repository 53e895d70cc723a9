/** A ConvNeXt taken away: its graph against PyTorch's numbers, its proof, and its names in all spellings. */
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exportOnnx, onnxFile } from "../../engine/export/export-onnx.ts";
import { exportDirectory } from "../../engine/export/model-directory.ts";
import { describeOnnx } from "../../engine/export/read-onnx.ts";
import { runExportJob, runVerifyJob } from "../../engine/host/export-job.ts";
import { exportWish, type ExportWishInput } from "../../engine/protocol/exporting.ts";
import { readBackbone } from "../../engine/runs/read-checkpoint.ts";
import { unattended } from "../../engine/session/control.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";

/** Where the machine is shared. */
vi.setConfig({ testTimeout: 60_000 });

const fixtures = join(import.meta.dirname, "../fixtures/convnext");
const official = join(fixtures, "official/convnext_small_pretrain.pth");
const modelOf = (name: string) => (name === "official" ? official : join(fixtures, name));
const base = { opset: 18, isFused: false, rope: "fp32", precisions: ["fp32"] } as const;
const d = 24;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-convnext-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("as ONNX", () => {
  test.each([
    ["transformers", {}],
    ["official", { opset: 17 }],
    ["timm", { opset: 22 }],
    ["timm", { isFused: true }],
  ] as const)("%s's with %j gives PyTorch's tokens, twice in a batch", async (name, change) => {
    const target = join(folder, `${name} ${JSON.stringify(change).replaceAll('"', "")}`);
    await exportOnnx(modelOf(name), target, { ...base, ...change });
    const expected = await readSafetensors(join(fixtures, name, "expected.safetensors"));
    const read = async (tensor: string) => readTensor(expected, expected.tensors.get(tensor)!);
    const [one, wanted] = [await read("image"), await read("final")];
    const pixels = new Float32Array(2 * one.length);
    pixels.set(one);
    pixels.set(one, one.length);
    const session = await InferenceSession.create(join(target, onnxFile("fp32")));
    const found = await session.run({
      pixel_values: new Tensor("float32", pixels, [2, 3, 64, 96]),
    });
    await session.release();
    expect(Object.keys(found).sort()).toEqual([
      "cls",
      "last_hidden_state",
      "patches",
      "pooler_output",
    ]);
    expect(found["last_hidden_state"]!.dims).toEqual([2, 1 + 2 * 3, d]);
    // The bar; the reference is float64, the graph float32 throughout.
    const tolerance = { atol: 1e-4, rtol: 0 };
    for (const i of [0, 1]) {
      const own = (output: string, length: number) =>
        (found[output]!.data as Float32Array).subarray(i * length, (i + 1) * length);
      expectClose(own("last_hidden_state", 7 * d), wanted, tolerance, "tokens");
      expectClose(own("cls", d), wanted.subarray(0, d), tolerance, "cls");
      expectClose(own("pooler_output", d), wanted.subarray(0, d), tolerance, "pooler_output");
      expectClose(own("patches", 6 * d), wanted.subarray(d), tolerance, "patches");
    }
  });

  const job = { ...unattended, rope: "fp32" } as const;
  const wish: ExportWishInput = {
    model: join(fixtures, "transformers"),
    folder: "",
    format: "onnx",
    precisions: ["fp32", "fp16", "int8", "int8-static"],
    limit: 1,
    sizes: ["192x128"],
  };

  test("every precision is proved, and verified from its files alone", async () => {
    const target = join(folder, "proved");
    const calibrate = join(folder, "photographs");
    await mkdir(calibrate);
    const photograph = join(import.meta.dirname, "../../assets/samples/coffee.jpg");
    await copyFile(photograph, join(calibrate, "coffee.jpg"));
    const asked = exportWish.parse({ ...wish, folder: target, calibrate });
    const made = await runExportJob(asked, job);
    const card = made.card!;
    expect(card.exports.map(({ precision, verdict }) => [precision, verdict])).toEqual([
      ["fp32", "pass"],
      ["fp16", "pass"],
      ["int8", "pass"],
      ["int8-static", "pass"],
    ]);
    // Another order of sums; the rest loses what its bits lose.
    expect(card.exports[0]!.numbers.largestDifference).toBeLessThan(1e-4);
    for (const { numbers } of card.exports.slice(1)) {
      expect(numbers.largestDifference).toBeGreaterThan(1e-4);
      expect(numbers.patches).toBe(6 * 4);
    }
    const readme = await readFile(join(target, "README.md"), "utf8");
    expect(readme).toContain("- Positions: none: the network is convolutional\n");
    expect(readme).not.toMatch(/vision transformer|Rotary/);
    const json = JSON.parse(await readFile(join(target, "config.json"), "utf8")) as object;
    expect(json).toMatchObject({
      model_type: "dinov3_convnext",
      hidden_sizes: [8, 12, 16, 24],
      depths: [1, 2, 3, 1],
    });
    const { metadata } = await describeOnnx(join(target, onnxFile("fp16")));
    expect(metadata).toMatchObject({ patch: "32", licence: "DINOv3 License" });
    const again = { path: target, images: "scenes", limit: 1, sizes: ["model"], bars: {} };
    const verified = await runVerifyJob(again, job);
    expect(verified.verdict).toBe("pass");
  });
});

describe("as a model directory", () => {
  const spellings = {
    transformers: "stages.2.layers.1.depthwise_conv.weight",
    timm: "stages.2.blocks.1.conv_dw.weight",
    official: "stages.2.1.dwconv.weight",
  } as const;

  test.each(
    Object.entries(spellings).flatMap(([names, tensor]) =>
      ["transformers", "official"].map((from) => [from, names, tensor] as const),
    ),
  )("%s's in %s's names is opened again, the same bit for bit", async (from, names, tensor) => {
    const target = join(folder, `${from} as ${names}`);
    const model = modelOf(from);
    const wish = { precision: "fp32", names: names as keyof typeof spellings } as const;
    await exportDirectory(model, target, wish);
    const [before, after] = [await openModelFiles(model), await openModelFiles(target)];
    for (const field of ["name", "family", "config", "preprocessor", "licence"] as const) {
      expect(after[field], field).toEqual(before[field]);
    }
    // What is told of every ConvNeXt is told once.
    expect(after.note!.split("A convolutional network")).toHaveLength(2);
    const [was, is] = [await readBackbone(before), await readBackbone(after)];
    expect(Object.keys(is)).toEqual(Object.keys(was));
    for (const [param, { data }] of Object.entries(was)) {
      expect(is[param]!.data, param).toEqual(data);
    }
    const { tensors } = await readSafetensors(join(target, "model.safetensors"));
    expect(tensors.get(tensor)!.shape).toEqual([16, 1, 7, 7]);
  });

  test.each(["transformers", "timm", "official"] as const)(
    "in %s' names it is, tensor for tensor, what a script of PyTorch makes of the official file",
    async (names) => {
      const sums = JSON.parse(
        await readFile(join(fixtures, "official/renamed.json"), "utf8"),
      ) as Record<string, string>;
      const file = await readSafetensors(join(folder, `official as ${names}`, "model.safetensors"));
      const hash = createHash("sha256");
      for (const [name, tensor] of [...file.tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(`${name} [${tensor.shape.join(", ")}]\n`);
        hash.update(Buffer.from((await readTensor(file, tensor)).buffer));
      }
      expect(hash.digest("hex")).toBe(sums[names]);
    },
  );
});

test("nothing lies about", async () => {
  expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
});
