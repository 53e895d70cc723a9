/** Recorded batches: written and read back bit by bit, and every way in which a file can be wrong. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assembleBatch } from "../../engine/data/assemble-batch.ts";
import type { CropSizes, LoadedBatch } from "../../engine/data/batch.ts";
import { openRecordedSource, writeRecorded } from "../../engine/data/recorded.ts";
import { Draws } from "../../engine/random/draws.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { writeSafetensors, type TensorToWrite } from "../../engine/weights/write-safetensors.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "gramscope-recorded-"));
  file = path.join(folder, "batches.safetensors");
});
afterEach(() => rm(folder, { recursive: true }));

const recipe = resolveRecipe({ seed: 4 });

function batchAt(step: number, { gram = 0, locals = 3 } = {}): LoadedBatch {
  const sizes: CropSizes = { global: 64, local: locals > 0 ? 32 : 0, gram };
  const draws = new Draws(step, locals, gram);
  const values = (crops: number, side: number) =>
    Float32Array.from({ length: crops * 3 * side * side }, () => draws.normal());
  const images = Array.from({ length: 4 }, () => ({
    global: values(2, 64),
    local: values(locals, 32),
    gram: values(gram > 0 ? 2 : 0, gram),
    origin: { file: "none", width: 1, height: 1, crops: [] },
  }));
  return { ...assembleBatch(images, sizes, recipe, 16, step), origins: [] };
}

test("what was written comes back bit by bit, of several sizes, in any order", async () => {
  const batches = [batchAt(0), batchAt(1, { gram: 96 }), batchAt(2, { locals: 0 })];
  await writeRecorded(file, batches);
  const source = await openRecordedSource(file);
  expect(source.steps).toBe(3);
  expect(source.description).toBe(`3 recorded batches in ${file}`);
  for (const step of [2, 0, 1, 0]) {
    source.prefetch(step);
    expect(await source.load(step)).toEqual(batches[step]);
  }
  expect(batches[0]!.rescale).not.toBe(1);
  await source.close();
});

test("a step that was not recorded is refused with the number of those that were", async () => {
  await writeRecorded(file, [batchAt(0), batchAt(1)]);
  const source = await openRecordedSource(file);
  await expect(source.load(2)).rejects.toMatchObject({
    code: "data.recorded",
    message: `${file}: expected a step from 0 to 1, received 2: 2 steps are recorded`,
  });
});

test("what the caller expects is checked when the file is opened", async () => {
  await writeRecorded(file, [batchAt(0)]);
  const right = { batchSize: 4, localCrops: 3, patch: 16 };
  await expect(openRecordedSource(file, right)).resolves.toMatchObject({ steps: 1 });
  for (const [wish, message] of [
    [
      { batchSize: 8 },
      "step0.global: expected 16 crops, two of each of 8 images, received F32 [8, 3, 64, 64]",
    ],
    [
      { localCrops: 8 },
      "step0.local: expected 8 crops of each of 4 images, received F32 [12, 3, 32, 32]",
    ],
    [
      { patch: 8 },
      "step0.masks: expected [8, P] with 64 patches of crops of 64 px, received U8 [8, 16]",
    ],
  ] as const) {
    await expect(openRecordedSource(file, wish)).rejects.toMatchObject({
      code: "data.recorded",
      message: `${file}, ${message}`,
    });
  }
});

describe("tensors as PyTorch saves them", () => {
  const zeros = (name: string, shape: number[], dtype: "F32" | "F16" = "F32"): TensorToWrite => {
    const length = shape.reduce((a, b) => a * b, 1);
    const data = dtype === "F32" ? new Float32Array(length) : new Uint16Array(length);
    return { name, dtype, shape, data };
  };
  const masks = (shape: number[], value = 0): TensorToWrite => {
    const data = new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(value);
    return { name: "step0.masks", dtype: "U8", shape, data };
  };
  const good = () => [zeros("step0.global", [4, 3, 32, 32]), masks([4, 4], 1)];

  test("half precision, a scalar rescale, and nothing that is not used", async () => {
    const rescale: TensorToWrite = {
      name: "step0.rescale",
      dtype: "F32",
      shape: [],
      data: Float32Array.of(1.5),
    };
    await writeSafetensors(file, [
      zeros("step0.global", [4, 3, 32, 32], "F16"),
      masks([4, 4]),
      rescale,
    ]);
    const loaded = await (await openRecordedSource(file)).load(0);
    expect(loaded).toMatchObject({
      images: 2,
      rescale: 1.5,
      sizes: { global: 32, local: 0, gram: 0 },
    });
    expect(loaded.batch.maskIndices.length).toBe(0);
  });

  const wrong: [what: string, tensors: () => TensorToWrite[], message: string][] = [
    ["no tensor", () => [], "step0.global: expected a tensor, received an empty file"],
    [
      "another name",
      () => [...good(), zeros("step0.globals", [1])],
      "step0.globals: expected stepK.global",
    ],
    [
      "a gap between steps",
      () => [...good(), zeros("step2.global", [4, 3, 32, 32])],
      "step1.global: expected steps 0, 1, ... without a gap",
    ],
    [
      "no masks",
      () => good().slice(0, 1),
      "step0.masks: expected U8 or BOOL [2B, P], received no such tensor",
    ],
    [
      "float masks",
      () => [good()[0]!, zeros("step0.masks", [4, 4])],
      "step0.masks: expected U8 or BOOL [2B, P], received F32 [4, 4]",
    ],
    [
      "three axes",
      () => [zeros("step0.global", [3, 32, 32]), masks([4, 4])],
      "step0.global: expected F32 or F16 or BF16 [2B, 3, H, H], received F32 [3, 32, 32]",
    ],
    [
      "grey crops",
      () => [zeros("step0.global", [4, 1, 32, 32]), masks([4, 4])],
      "step0.global: expected [2B, 3, H, H], received F32 [4, 1, 32, 32]",
    ],
    [
      "oblong crops",
      () => [zeros("step0.global", [4, 3, 32, 48]), masks([4, 4])],
      "step0.global: expected [2B, 3, H, H]",
    ],
    [
      "an odd number of global crops",
      () => [zeros("step0.global", [3, 3, 32, 32]), masks([3, 4])],
      "step0.global: expected an even number of crops",
    ],
    [
      "local crops that do not divide",
      () => [...good(), zeros("step0.local", [3, 3, 16, 16])],
      "step0.local: expected as many crops of each of 2 images",
    ],
    [
      "too few Gram crops",
      () => [...good(), zeros("step0.gram", [2, 3, 64, 64])],
      "step0.gram: expected 4 crops, as many as global crops, received F32 [2, 3, 64, 64]",
    ],
    ["masks of fewer crops", () => [good()[0]!, masks([2, 4])], "step0.masks: expected [4, P]"],
    [
      "patches that make no square",
      () => [good()[0]!, masks([4, 6])],
      "step0.masks: expected [4, P] with P patches, a square",
    ],
    [
      "patches that do not fill the crop",
      () => [good()[0]!, masks([4, 9])],
      "of crops of 32 px, received U8 [4, 9]",
    ],
    [
      "two factors",
      () => [...good(), zeros("step0.rescale", [2, 2])],
      "step0.rescale: expected F32 or F16 or BF16 [1], received F32 [2, 2]",
    ],
  ];
  test.each(wrong)("%s: refused when opened", async (_, tensors, message) => {
    await writeSafetensors(file, tensors());
    await expect(openRecordedSource(file)).rejects.toMatchObject({
      code: "data.recorded",
      message: expect.stringContaining(message) as string,
    });
  });

  test("values that no batch has are refused when they are read", async () => {
    const broken = new Float32Array(4 * 3 * 32 * 32);
    broken[7] = NaN;
    const global = {
      name: "step0.global",
      dtype: "F32",
      shape: [4, 3, 32, 32],
      data: broken,
    } as const;
    const cases: [TensorToWrite[], string][] = [
      [[global, masks([4, 4])], "step0.global: expected finite numbers, received NaN at element 7"],
      [[good()[0]!, masks([4, 4], 2)], "step0.masks: expected 0 or 1, received 2 at element 0"],
      [
        [...good(), zeros("step0.rescale", [1])],
        "step0.rescale: expected a factor above 0, received 0",
      ],
    ];
    for (const [tensors, message] of cases) {
      await writeSafetensors(file, tensors);
      await expect((await openRecordedSource(file)).load(0)).rejects.toMatchObject({
        code: "data.recorded",
        message: `${file}, ${message}`,
      });
    }
  });

  test("a file that is missing or no safetensors is refused as such", async () => {
    await expect(openRecordedSource(file)).rejects.toMatchObject({ code: "path.missing" });
    await writeFile(file, "these are no tensors at all");
    await expect(openRecordedSource(file)).rejects.toMatchObject({ code: "weights.format" });
  });
});
