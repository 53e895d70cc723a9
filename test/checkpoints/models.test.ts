/** One backbone in every container: opened, placed where it lies, and computing the same. */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { assemble } from "../../engine/checkpoints/assemble.ts";
import { toUsable } from "../../engine/checkpoints/decode-floats.ts";
import { openCheckpoint } from "../../engine/checkpoints/open-checkpoint.ts";
import { freeze } from "../../engine/evaluation/frozen-backbone.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor, ParamSource } from "../../engine/executors/executor.ts";
import { paramShapes } from "../../engine/model/params.ts";
import { checkFinite } from "../../engine/weights/check-finite.ts";
import { asVit } from "../../engine/model/config.ts";
import { openModelFiles, type ModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { writeSafetensors, type TensorToWrite } from "../../engine/weights/write-safetensors.ts";
import { stateDict } from "./state-dicts.ts";
import { fixtures, refusalOf } from "./stored-values.ts";

let cache: string;
let cacheBefore: string | undefined;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "gramscope-cache-"));
  cacheBefore = process.env["GRAMSCOPE_CACHE"];
  process.env["GRAMSCOPE_CACHE"] = cache;
});
afterAll(async () => {
  if (cacheBefore === undefined) delete process.env["GRAMSCOPE_CACHE"];
  else process.env["GRAMSCOPE_CACHE"] = cacheBefore;
  await rm(cache, { recursive: true, force: true });
});

const open = (name: string) => openModelFiles(join(fixtures, name));

async function valuesOf(source: ParamSource): Promise<number[]> {
  return [...(source.kind === "file" ? await readTensor(source, source) : source.data)];
}

async function allValues({ params, maskToken }: ModelFiles) {
  const all: Record<string, number[]> = {};
  for (const [name, source] of Object.entries({ ...params, mask: maskToken! })) {
    all[name] = await valuesOf(source);
  }
  return all;
}

const pathsOf = ({ params }: ModelFiles) => [
  ...new Set(Object.values(params).map((source) => (source.kind === "file" ? source.path : ""))),
];

const exact = [
  "flat.pth",
  "flat-legacy.pth",
  "training.pth",
  "training.pth#teacher",
  "strided.pth",
  "distributed",
  "distributed-two",
  "distributed#teacher",
  "arrays.npz",
  "arrays-deflated.npz",
  "flat-f64.pth",
];

describe("opening", () => {
  test.each(exact)("%s gives the parameters of the model directory", async (name) => {
    const [expected, model] = [await open("tiny"), await open(name)];
    expect(model.config).toEqual(expected.config);
    expect(Object.keys(model.params)).toEqual(Object.keys(paramShapes(expected.config)));
    expect(Object.values(model.params).map(({ shape }) => shape)).toEqual(
      Object.values(expected.params).map(({ shape }) => shape),
    );
    expect(await allValues(model)).toEqual(await allValues(expected));
    await checkFinite(model);
  });

  test("the student is another network than the teacher", async () => {
    const [teacher, student] = [await open("training.pth"), await open("training.pth#student")];
    expect(teacher.name).toBe("training (teacher)");
    expect(student.name).toBe("training (student)");
    expect(await valuesOf(student.params["cls"]!)).not.toEqual(
      await valuesOf(teacher.params["cls"]!),
    );
    const sharded = await open("distributed#student");
    expect(await allValues(sharded)).toEqual(await allValues(student));
  });

  test("a network that is not there is refused with those that are", async () => {
    expect(await refusalOf(open("training.pth#ema"))).toMatchObject({
      code: "option.invalid",
      message: `${join(fixtures, "training.pth")}: expected one of its networks, teacher, student; received "ema"`,
    });
  });

  test("BF16 stays as it is; the mask of the key's bias is not a weight", async () => {
    const model = await open("flat-bf16.pth");
    expect(model.dtype).toBe("BF16");
    expect(pathsOf(model)).toEqual([join(fixtures, "flat-bf16.pth")]);
    expect(asVit(model.config).bias).toMatchObject({ query: true, key: false, value: true });
    expect(model.report).toEqual({
      missing: [],
      unexpected: [],
      dropped: ["rope_embed.periods", "blocks.0.attn.qkv.bias_mask", "blocks.1.attn.qkv.bias_mask"],
    });
  });

  test("rows, thirds and views are read where they lie; only what must is copied", async () => {
    for (const name of ["flat.pth", "flat-legacy.pth", "training.pth", "arrays.npz"]) {
      expect(pathsOf(await open(name)), name).toEqual([join(fixtures, name)]);
    }
    expect(pathsOf(await open("distributed"))).toEqual([
      join(fixtures, "distributed/__0_0.distcp"),
    ]);
    const mixed = pathsOf(await open("distributed-two"));
    expect(mixed).toContain(join(fixtures, "distributed-two/__0_0.distcp"));
    expect(mixed.filter((path) => path.startsWith(cache)).length).toBe(1);
  });

  test("a converted copy is written once, and again when its source changed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gramscope-converted-"));
    try {
      const copies = async () => (await readdir(join(cache, "converted"))).length;
      const path = join(folder, "model.pth");
      await cp(join(fixtures, "flat-f64.pth"), path);
      const before = await copies();
      const model = await openModelFiles(path);
      const [first] = pathsOf(model);
      expect(pathsOf(await openModelFiles(path))).toEqual([first]);
      expect(await copies()).toBe(before + 1);
      await rm(first!);
      expect(pathsOf(await openModelFiles(path))).toEqual([first]);
      // Another value in the same place of a file of the same size.
      const bytes = await readFile(path);
      const at = bytes.indexOf(
        Buffer.from(new Float64Array(await valuesOf(model.params["cls"]!)).buffer),
      );
      bytes.writeDoubleLE(0.5, at);
      await writeFile(path, bytes);
      await utimes(path, new Date(), new Date(Date.now() + 5000));
      const changed = await openModelFiles(path);
      expect((await valuesOf(changed.params["cls"]!))[0]).toBe(0.5);
      await cp(join(fixtures, "strided.pth"), path);
      expect(pathsOf(await openModelFiles(path))).not.toContain(first);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("computing", () => {
  let executor: Executor;
  beforeAll(async () => {
    ({ executor } = await chooseExecutor("cpu"));
  });
  afterAll(() => executor.dispose());

  const picture = {
    name: "ramp",
    width: 24,
    height: 16,
    pixels: Uint8Array.from({ length: 3 * 24 * 16 }, (_, i) => (i * 37) % 256),
  };
  const tokens = async (name: string) => {
    const backbone = await freeze(await open(name), executor);
    try {
      return (await backbone.features([picture], { width: 24, height: 16 }))[0]!;
    } finally {
      await backbone.dispose();
    }
  };

  test("arrays in an archive begin at any byte, which the runtime has to bear", async () => {
    const { params } = await open("arrays.npz");
    const offsets = Object.values(params).map((p) => (p.kind === "file" ? p.byteOffset : 0));
    expect(new Set(offsets.map((offset) => offset % 4)).size).toBe(4);
  });

  test.each(["flat.pth", "flat-legacy.pth", "arrays.npz", "distributed-two", "flat-f64.pth"])(
    "%s gives the very features of the model directory",
    async (name) => {
      expect(await tokens(name)).toEqual(await tokens("tiny"));
    },
  );
});

describe("surroundings", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gramscope-models-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("a hub file of satellite images has their mean and deviation, and its licence", async () => {
    const path = join(folder, "dinov3_vitl16_pretrain_sat493m-eadcf0ff.pth");
    await cp(join(fixtures, "flat.pth"), path);
    const model = await openModelFiles(path);
    expect(model.preprocessor.mean).toEqual([0.43, 0.411, 0.296]);
    expect(model.licence).toBe("DINOv3 License");
    expect(model.note).toContain("satellite images");
  });

  test("safetensors in the official spelling need no config.json while their periods tell the heads", async () => {
    const { tensors } = await openCheckpoint(join(fixtures, "flat.pth"));
    const toWrite = tensors.map(({ name, dtype, shape, pieces }): TensorToWrite => ({
      name,
      dtype: dtype as "F32" | "BF16",
      shape,
      data: async () => toUsable(await assemble({ name, dtype, shape, pieces }), dtype).data,
    }));
    await writeSafetensors(join(folder, "model.safetensors"), toWrite);
    expect(await allValues(await openModelFiles(folder))).toEqual(
      await allValues(await open("tiny")),
    );
    await writeSafetensors(
      join(folder, "model.safetensors"),
      toWrite.filter(({ dtype }) => dtype === "F32"),
    );
    expect(await refusalOf(openModelFiles(folder))).toMatchObject({
      code: "config.contradicts",
      message: expect.stringContaining("a width of 16, which is no multiple of 64") as string,
    });
  });

  test("transformers' weights in PyTorch's format are those of its model directory, whole or in shards", async () => {
    const { tensors } = await readSafetensors(join(fixtures, "tiny/model.safetensors"));
    const bytes = await readFile(join(fixtures, "tiny/model.safetensors"));
    const all = [...tensors.values()].map(({ name, dtype, shape, byteOffset, byteLength }) => {
      return [
        name,
        { dtype, shape, bytes: bytes.subarray(byteOffset, byteOffset + byteLength) },
      ] as const;
    });
    const expected = await allValues(await open("tiny"));
    const whole = join(folder, "pytorch_model.bin");
    await writeFile(whole, stateDict(Object.fromEntries(all)));
    expect(await refusalOf(openModelFiles(folder))).toMatchObject({
      code: "path.missing",
      message: `${join(folder, "config.json")}: a model's weights need it beside them`,
    });
    await cp(join(fixtures, "tiny/config.json"), join(folder, "config.json"));
    expect(await allValues(await openModelFiles(folder))).toEqual(expected);
    expect((await openModelFiles(whole)).note).toContain("Random weights");
    await rm(whole);
    const names = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"] as const;
    const map: Record<string, string> = {};
    for (const [i, name] of names.entries()) {
      const own = all.filter((_, k) => k % 2 === i);
      await writeFile(join(folder, name), stateDict(Object.fromEntries(own)));
      for (const [tensor] of own) map[tensor] = name;
    }
    await writeFile(
      join(folder, "pytorch_model.bin.index.json"),
      JSON.stringify({ weight_map: map }),
    );
    for (const path of [folder, join(folder, names[1])]) {
      expect(await allValues(await openModelFiles(path))).toEqual(expected);
    }
    await writeFile(
      join(folder, "pytorch_model.bin.index.json"),
      JSON.stringify({ weight_map: { ...map, "norm.bias": "../evil.bin" } }),
    );
    expect(await refusalOf(openModelFiles(folder))).toMatchObject({ code: "weights.format" });
  });

  test("official weights in a model directory of transformers need none of its files", async () => {
    await cp(join(fixtures, "tiny/config.json"), join(folder, "config.json"));
    // Any file of the same tensors: what save_pretrained(safe_serialization=False) wrote.
    await cp(join(fixtures, "flat.pth"), join(folder, "pytorch_model.bin"));
    const model = await openModelFiles(folder);
    expect(await allValues(model)).toEqual(await allValues(await open("tiny")));
  });

  test("a distributed checkpoint whose file is missing is refused by its name", async () => {
    const copy = join(folder, "19");
    await mkdir(copy);
    await cp(join(fixtures, "distributed-two/.metadata"), join(copy, ".metadata"));
    await cp(join(fixtures, "distributed-two/__0_0.distcp"), join(copy, "__0_0.distcp"));
    expect(await refusalOf(openModelFiles(copy))).toMatchObject({
      code: "path.missing",
      message: `${join(copy, "__1_0.distcp")}: nothing is there`,
    });
  });

  test("a checkpoint without a backbone is refused with what it has", async () => {
    const refusal = await refusalOf(open("assorted.pth"));
    expect(refusal.code).toBe("model.unknown");
    expect(refusal.message).toContain("the file has float32, transposed, column and");
    await writeFile(join(folder, "empty.pth"), "");
    expect(await refusalOf(openModelFiles(join(folder, "empty.pth")))).toMatchObject({
      code: "weights.format",
    });
  });
});
