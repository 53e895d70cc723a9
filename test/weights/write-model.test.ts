import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dinov3Preprocessor, type Preprocessor } from "../../engine/image/preprocessor.ts";
import { asVit, type VitConfig } from "../../engine/model/config.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { writeModelDirectory, type ModelToWrite } from "../../engine/weights/write-model.ts";
import { fixtures } from "./broken-models.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-write-model-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A fixture that transformers saved, as it would be handed to the writer. */
async function fixtureModel(name: string): Promise<ModelToWrite> {
  const model = await openModelFiles(join(fixtures, name));
  const sources = { ...model.params, ...(model.maskToken && { mask: model.maskToken }) };
  const params = Object.entries(sources).map(async ([key, source]) => {
    if (source.kind !== "file") throw new Error("expected a file");
    return [key, await readTensor(source, source)] as const;
  });
  return {
    config: asVit(model.config),
    preprocessor: model.preprocessor,
    params: Object.fromEntries(await Promise.all(params)),
    name: "A model",
    trained: true,
  };
}

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
}

describe("a written model", () => {
  test.each(["mlp", "swiglu"])("has the very parameters of the %s fixture", async (name) => {
    const model = await fixtureModel(name);
    const target = join(folder, "new", "model");
    await writeModelDirectory(target, model);
    const opened = await openModelFiles(target);
    expect(opened).toMatchObject({
      name: "A model",
      trained: true,
      config: model.config,
      preprocessor: model.preprocessor,
      dtype: "F32",
    });
    expect(opened.report).toEqual({ missing: [], unexpected: [], dropped: [] });
    for (const [key, values] of Object.entries(model.params)) {
      const source = key === "mask" ? opened.maskToken : opened.params[key];
      if (source?.kind !== "file") throw new Error(`${key} is missing`);
      expect(await readTensor(source, source), key).toEqual(values);
    }
  });

  // The fixture's config.json has the fields of transformers' DINOv3ViTConfig.
  test("says all that the config.json of a published model says", async () => {
    await writeModelDirectory(join(folder, "model"), await fixtureModel("mlp"));
    const ours = await json(join(folder, "model", "config.json"));
    const theirs = await json(join(fixtures, "mlp", "config.json"));
    // How layers are initialised is of no matter to weights that are there.
    const { gramscope: _, layerscale_value: __, ...fields } = theirs;
    expect(ours).toMatchObject(fields);
  });

  // transformers 5.18 checks types strictly: "Field 'rope_theta' expected float, got int".
  test("writes Python's floats with a fraction", async () => {
    await writeModelDirectory(join(folder, "model"), await fixtureModel("mlp"));
    const text = await readFile(join(folder, "model", "config.json"), "utf8");
    expect(text).toContain('"rope_theta": 100.0,');
    expect(text).toContain('"layerscale_value": 1.0,');
    expect(text).toContain('"pos_embed_rescale": 2.0,');
    expect(text).toContain('"layer_norm_eps": 0.00001,');
    expect(text).toContain('"hidden_size": 64,');
  });

  test("has transformers' tensor names, the mask token [1, 1, d] and the format mark", async () => {
    const model = await fixtureModel("mlp");
    await writeModelDirectory(join(folder, "model"), model);
    const ours = await readSafetensors(join(folder, "model", "model.safetensors"));
    const theirs = await readSafetensors(join(fixtures, "mlp", "model.safetensors"));
    const names = [...theirs.tensors.keys()].filter((name) => !name.includes("rope"));
    expect([...ours.tensors.keys()].sort()).toEqual(
      [...new Set([...names, "embeddings.mask_token"])].sort(),
    );
    expect(ours.tensors.get("embeddings.mask_token")?.shape).toEqual([1, 1, model.config.width]);
    expect(ours.metadata).toEqual({ format: "pt" });
  });

  const preprocessors: Preprocessor[] = [
    { ...dinov3Preprocessor, size: { height: 256, width: 320 }, resample: "lanczos" },
    {
      ...dinov3Preprocessor,
      size: { shortestEdge: 256 },
      resample: "bicubic",
      centerCrop: { height: 224, width: 192 },
    },
    { ...dinov3Preprocessor, doResize: false, rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  ];
  test.each(preprocessors)("keeps its preprocessor %#", async (preprocessor) => {
    await writeModelDirectory(folder, { ...(await fixtureModel("mlp")), preprocessor });
    expect((await openModelFiles(folder)).preprocessor).toEqual(preprocessor);
  });

  test("keeps every field of its configuration", async () => {
    const model = await fixtureModel("mlp");
    const config: VitConfig = { ...asVit(model.config), normEpsilon: 1e-6, ropeTheta: 50 };
    await writeModelDirectory(folder, { ...model, config, trained: false, note: "A note." });
    const opened = await openModelFiles(folder);
    expect(opened).toMatchObject({ config, trained: false, note: "A note." });
  });

  test("has zeros where no mask token was given", async () => {
    const { params, ...model } = await fixtureModel("mlp");
    const { mask: _, ...rest } = params;
    await writeModelDirectory(folder, { ...model, params: rest });
    const source = (await openModelFiles(folder)).maskToken;
    if (source?.kind !== "file") throw new Error("expected a mask token");
    expect(await readTensor(source, source)).toEqual(new Float32Array(model.config.width));
  });
});

describe("nothing is left behind", () => {
  test("when a tensor fails on its turn", async () => {
    const model = await fixtureModel("mlp");
    const params = {
      ...model.params,
      "norm.bias": () => Promise.reject(new Error("no more")),
    };
    const written = writeModelDirectory(join(folder, "model"), { ...model, params });
    await expect(written).rejects.toThrow("no more");
    expect(await readdir(folder)).toEqual([]);
  });

  test("of a model into a folder that holds something", async () => {
    const target = join(folder, "model");
    await mkdir(target);
    await writeFile(join(target, "thesis.txt"), "");
    await expect(writeModelDirectory(target, await fixtureModel("mlp"))).rejects.toMatchObject({
      code: "path.unwritable",
      message: expect.stringContaining("it holds thesis.txt"),
    });
    expect(await readdir(target)).toEqual(["thesis.txt"]);
    expect(await readdir(folder)).toEqual(["model"]);
  });

  test("of a model with a parameter too few or too many, which is a bug", async () => {
    const model = await fixtureModel("mlp");
    const { cls: _, ...without } = model.params;
    const more = { ...model.params, other: new Float32Array(1) };
    const target = join(folder, "model");
    await expect(writeModelDirectory(target, { ...model, params: without })).rejects.toThrow(
      "internal: the parameter cls is missing",
    );
    await expect(writeModelDirectory(target, { ...model, params: more })).rejects.toThrow(
      "internal: other is no parameter",
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
