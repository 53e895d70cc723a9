import {
  cp,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ParamSource } from "../../engine/executors/executor.ts";
import { countParameters, paramShapes } from "../../engine/model/params.ts";
import { elementCount } from "../../engine/protocol/tensor.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import {
  copyModel,
  editHeader,
  editJson,
  fixtures,
  removeFolder,
  type Header,
} from "./broken-models.ts";

const mlp = {
  width: 64,
  depth: 3,
  heads: 2,
  hidden: 96,
  feedForward: "mlp",
  patch: 16,
  registers: 4,
  bias: { query: true, key: false, value: true, projection: true, feedForward: true },
  normEpsilon: 1e-5,
  ropeTheta: 100,
};
const swiglu = {
  ...mlp,
  width: 48,
  depth: 2,
  heads: 3,
  feedForward: "swiglu",
  patch: 8,
  bias: { ...mlp.bias, query: false, value: false },
};

const valuesOf = (source: ParamSource) => {
  if (source.kind !== "file") throw new Error("expected a file");
  return readTensor({ path: source.path }, source);
};

describe("opening", () => {
  test.each([
    ["mlp", mlp, "F32"],
    ["swiglu", swiglu, "F32"],
    ["mlp-bf16", mlp, "BF16"],
    ["mlp-f16", mlp, "F16"],
  ])(
    "%s: configuration, dtype and every parameter in the shape it must have",
    async (name, config, dtype) => {
      const model = await openModelFiles(join(fixtures, name));
      expect(model).toMatchObject({
        name: `fixture ${name}`,
        directory: await realpath(join(fixtures, name)),
        config,
        dtype,
        trained: false,
        note: "Random weights, made by test/fixtures/make_vit.py.",
        licence: "MIT",
        report: { missing: [], unexpected: [], dropped: [] },
        preprocessor: { size: { height: 64, width: 96 }, resample: "bilinear" },
        maskToken: { shape: [1, 1, config.width] },
      });
      expect(model.variant).toBeUndefined();
      const shapes = Object.entries(model.params).map(([key, source]) => [key, source.shape]);
      expect(shapes).toEqual(Object.entries(paramShapes(model.config)));
      const scalars = Object.values(model.params).reduce((n, p) => n + elementCount(p.shape), 0);
      expect(scalars).toBe(countParameters(model.config));
    },
  );

  test("each parameter is the tensor of its upstream name", async () => {
    const model = await openModelFiles(join(fixtures, "swiglu"));
    const shards = await Promise.all(
      ["1", "2"].map((i) =>
        readSafetensors(join(fixtures, `swiglu/model-0000${i}-of-00002.safetensors`)),
      ),
    );
    const upstream = async (name: string) => {
      const file = shards.find((shard) => shard.tensors.has(name))!;
      return readTensor(file, file.tensors.get(name)!);
    };
    // One pair per kind of parameter, written out by hand.
    const pairs = {
      cls: "embeddings.cls_token",
      registers: "embeddings.register_tokens",
      "patch.weight": "embeddings.patch_embeddings.weight",
      "patch.bias": "embeddings.patch_embeddings.bias",
      "block01.norm1.weight": "layer.1.norm1.weight",
      "block01.norm1.bias": "layer.1.norm1.bias",
      "block01.query.weight": "layer.1.attention.q_proj.weight",
      "block01.key.weight": "layer.1.attention.k_proj.weight",
      "block01.value.weight": "layer.1.attention.v_proj.weight",
      "block01.projection.weight": "layer.1.attention.o_proj.weight",
      "block01.projection.bias": "layer.1.attention.o_proj.bias",
      "block01.scale1": "layer.1.layer_scale1.lambda1",
      "block01.norm2.weight": "layer.1.norm2.weight",
      "block01.gate.weight": "layer.1.mlp.gate_proj.weight",
      "block01.gate.bias": "layer.1.mlp.gate_proj.bias",
      "block01.up.weight": "layer.1.mlp.up_proj.weight",
      "block00.up.weight": "layer.0.mlp.up_proj.weight",
      "block01.down.weight": "layer.1.mlp.down_proj.weight",
      "block01.down.bias": "layer.1.mlp.down_proj.bias",
      "block01.scale2": "layer.1.layer_scale2.lambda1",
      "norm.weight": "norm.weight",
      "norm.bias": "norm.bias",
    };
    for (const [ours, theirs] of Object.entries(pairs)) {
      expect(await valuesOf(model.params[ours]!), ours).toEqual(await upstream(theirs));
    }
    expect(await valuesOf(model.maskToken!)).toEqual(await upstream("embeddings.mask_token"));
  });

  test("BF16 and F16 hold the F32 values rounded", async () => {
    const cls = async (name: string) =>
      valuesOf((await openModelFiles(join(fixtures, name))).params["cls"]!);
    const exact = await cls("mlp");
    // Half a unit in the last place: 8 significant bits for BF16, 11 for F16.
    for (const [name, ulp] of [
      ["mlp-bf16", 2 ** -8],
      ["mlp-f16", 2 ** -11],
    ] as const) {
      const rounded = await cls(name);
      expect(rounded).not.toEqual(exact);
      rounded.forEach((v, i) =>
        expect(Math.abs(v - exact[i]!)).toBeLessThanOrEqual(ulp * Math.abs(exact[i]!)),
      );
    }
  });

  test("a file, an index and a shard open the model that they belong to", async () => {
    const params = async (path: string) => (await openModelFiles(join(fixtures, path))).params;
    expect(await params("mlp/model.safetensors")).toEqual(await params("mlp"));
    expect(await params("swiglu/model.safetensors.index.json")).toEqual(await params("swiglu"));
    expect(await params("swiglu/model-00002-of-00002.safetensors")).toEqual(await params("swiglu"));
  });
});

describe("a changed copy", () => {
  let folder: string;
  let weights: string;
  beforeEach(async () => {
    folder = await copyModel("mlp");
    weights = join(folder, "model.safetensors");
  });
  afterEach(() => removeFolder(folder));

  const renameTensor = (from: string, to: string) => (header: Header) => {
    header[to] = header[from]!;
    delete header[from];
  };
  const refusal = async (path = folder) => {
    try {
      await openModelFiles(path);
    } catch (error) {
      return error as { code: string; message: string; hint?: string };
    }
    throw new Error("was opened");
  };

  test.each(["model.", "backbone.", "dinov3_vit.", "teacher.backbone.", "module._orig_mod.model."])(
    "the prefix %s makes no difference",
    async (prefix) => {
      await editHeader(weights, (header) => {
        for (const name of Object.keys(header)) {
          if (name !== "__metadata__") renameTensor(name, prefix + name)(header);
        }
      });
      const model = await openModelFiles(folder);
      expect(Object.keys(model.params)).toEqual(Object.keys(paramShapes(model.config)));
    },
  );

  test("stored rotary periods are dropped and listed", async () => {
    await editHeader(weights, (header) => {
      header["rope_embeddings.inv_freq"] = { dtype: "F32", shape: [0], data_offsets: [0, 0] };
    });
    expect((await openModelFiles(folder)).report.dropped).toEqual(["rope_embeddings.inv_freq"]);
  });

  test("paths of parameters hold no symbolic link, as in the Hugging Face cache", async () => {
    await mkdir(join(folder, "blobs"));
    await mkdir(join(folder, "snapshot"));
    const blob = join(folder, "blobs", "abc");
    await rename(weights, blob);
    await cp(join(folder, "config.json"), join(folder, "snapshot", "config.json"));
    await symlink("../blobs/abc", join(folder, "snapshot", "model.safetensors"));
    for (const path of ["snapshot", "snapshot/model.safetensors"]) {
      const { params } = await openModelFiles(join(folder, path));
      const paths = new Set(Object.values(params).map((p) => (p.kind === "file" ? p.path : "")));
      expect([...paths]).toEqual([await realpath(blob)]);
    }
  });

  test("without preprocessor_config.json the DINOv3 defaults are used, and said", async () => {
    await rm(join(folder, "preprocessor_config.json"));
    const model = await openModelFiles(folder);
    expect(model.preprocessor).toMatchObject({
      size: { height: 224, width: 224 },
      resample: "bilinear",
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    expect(model.note).toContain("No preprocessor_config.json");
  });

  test("a satellite model with the statistics of photographs gets a note", async () => {
    await editJson(join(folder, "config.json"), {
      _name_or_path: "facebook/dinov3-vitl16-pretrain-sat493m",
    });
    expect((await openModelFiles(folder)).note).toContain("0.43 0.411 0.296");
    await editJson(join(folder, "preprocessor_config.json"), {
      image_mean: [0.43, 0.411, 0.296],
      image_std: [0.213, 0.156, 0.143],
    });
    expect((await openModelFiles(folder)).note).not.toContain("satellite");
  });

  test("a model without a marker counts as trained and is named after its folder", async () => {
    await editJson(join(folder, "config.json"), { gramscope: undefined });
    const model = await openModelFiles(folder);
    expect(model.trained).toBe(true);
    expect(folder.endsWith(model.name)).toBe(true);
  });

  test.each<[claim: string, edit: (header: Header) => void, code: string, message: string]>([
    [
      "a missing tensor",
      (h) => delete h["layer.1.norm2.bias"],
      "weights.missing",
      "layer.1.norm2.bias: expected [64], file has no such tensor",
    ],
    [
      "a missing register tensor",
      (h) => delete h["embeddings.register_tokens"],
      "weights.missing",
      "embeddings.register_tokens: expected [1, 4, 64], file has no such tensor",
    ],
    [
      "an extra tensor",
      (h) => (h["head.weight"] = { dtype: "F32", shape: [0, 64], data_offsets: [0, 0] }),
      "weights.extra",
      "head.weight: expected no such tensor in a DINOv3 ViT of 3 blocks, file has [0, 64]",
    ],
    [
      "a tensor of the wrong shape",
      (h) => (h["layer.2.mlp.up_proj.weight"]!.shape = [64, 96]),
      "weights.shape",
      "layer.2.mlp.up_proj.weight: expected [96, 64], file has [64, 96]",
    ],
    [
      "the same parameter under two prefixes",
      (h) => (h["model.norm.bias"] = { dtype: "F32", shape: [0], data_offsets: [0, 0] }),
      "weights.extra",
      '"norm.bias" are the same parameter',
    ],
    [
      "a dtype that is not a float of ours",
      (h) => (h["norm.bias"] = { ...h["norm.bias"]!, dtype: "I32" }),
      "weights.format",
      "norm.bias: expected dtype F32, F16 or BF16, file has I32",
    ],
    [
      "key biases that the configuration denies",
      (h) => {
        for (const i of [0, 1, 2]) {
          h[`layer.${i}.attention.k_proj.bias`] = {
            dtype: "F32",
            shape: [0],
            data_offsets: [0, 0],
          };
        }
      },
      "config.contradicts",
      "key_bias is false in config.json and true in the weights",
    ],
  ])("%s is refused by name", async (_, edit, code, message) => {
    await editHeader(weights, edit);
    const { code: received, message: text } = await refusal();
    expect(text).toContain(message);
    expect(received).toBe(code);
  });

  test.each<[changes: Record<string, unknown>, code: string, message: string]>([
    [
      { num_hidden_layers: 12 },
      "config.contradicts",
      "num_hidden_layers is 12 in config.json and 3 in the weights",
    ],
    [
      { num_hidden_layers: 2 },
      "config.contradicts",
      "num_hidden_layers is 2 in config.json and 3 in the weights",
    ],
    [
      { hidden_size: 128, num_attention_heads: 4 },
      "config.contradicts",
      "hidden_size is 128 in config.json and 64 in the weights",
    ],
    [
      { intermediate_size: 256, patch_size: 14 },
      "config.contradicts",
      "intermediate_size is 256 in config.json and 96 in the weights; patch_size is 14 in config.json and 16 in the weights",
    ],
    [
      { num_register_tokens: 0 },
      "config.contradicts",
      "num_register_tokens is 0 in config.json and 4 in the weights",
    ],
    [
      { use_gated_mlp: true, hidden_act: "silu" },
      "config.contradicts",
      "use_gated_mlp is true in config.json and false in the weights",
    ],
    [
      { query_bias: false },
      "config.contradicts",
      "query_bias is false in config.json and true in the weights",
    ],
    [
      { num_attention_heads: 5 },
      "config.invalid",
      "hidden_size 64 must be a multiple of num_attention_heads 5",
    ],
    [{ num_attention_heads: 32 }, "config.invalid", "rotary positions need a multiple of 4"],
    [{ hidden_act: "relu" }, "config.invalid", 'hidden_act: expected "gelu"'],
    [{ num_channels: 4 }, "config.invalid", "num_channels: expected 3, received 4"],
    [{ hidden_size: "64" }, "config.invalid", "hidden_size: "],
    [{ num_hidden_layers: -1 }, "config.invalid", "num_hidden_layers: "],
    [
      { model_type: "dinov2" },
      "config.contradicts",
      'model_type is "dinov2" in config.json and the tensors are named as in dinov3_vit',
    ],
    [{ model_type: "resnet" }, "model.unknown", 'received "resnet"'],
    [{ model_type: undefined }, "model.unknown", "received no model_type"],
  ])("config.json with %o is refused as %s", async (changes, code, message) => {
    await editJson(join(folder, "config.json"), changes);
    const { code: received, message: text } = await refusal();
    expect(text).toContain(message);
    expect(received).toBe(code);
  });

  test.each<[changes: Record<string, unknown>, message: string]>([
    [{ resample: 5 }, "resample: expected 0 (nearest)"],
    [{ size: { longest_edge: 512 } }, "size: "],
    [{ image_std: [0.2, 0, 0.2] }, "std: must be positive"],
    [{ do_center_crop: true }, "do_center_crop is set without crop_size"],
    [
      { size: { shortest_edge: 224 }, do_center_crop: true, crop_size: 256 },
      "crop_size 256x256 is larger than size.shortest_edge 224",
    ],
  ])("preprocessor_config.json with %o is refused", async (changes, message) => {
    await editJson(join(folder, "preprocessor_config.json"), changes);
    const { code, message: text } = await refusal();
    expect(text).toContain(message);
    expect(code).toBe("config.invalid");
  });

  test("a crop with a short side is understood as transformers writes it", async () => {
    await editJson(join(folder, "preprocessor_config.json"), {
      size: { shortest_edge: 256 },
      resample: 3,
      do_center_crop: true,
      crop_size: { height: 224, width: 208 },
      do_normalize: false,
      do_rescale: false,
    });
    expect((await openModelFiles(folder)).preprocessor).toEqual({
      doResize: true,
      size: { shortestEdge: 256 },
      resample: "bicubic",
      centerCrop: { height: 224, width: 208 },
      rescaleFactor: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
  });

  test("config.json that is not JSON, or not there, is refused", async () => {
    await writeFile(join(folder, "config.json"), "{");
    expect(await refusal()).toMatchObject({ code: "config.invalid" });
    await rm(join(folder, "config.json"));
    expect(await refusal()).toMatchObject({ code: "path.missing" });
  });

  test("weights that are cut short are refused as such", async () => {
    await truncate(weights, (await readFile(weights)).length - 1);
    const { code, message } = await refusal();
    expect(message).toContain("cut short");
    expect(code).toBe("weights.format");
  });

  test("paths that are no model are refused with a way out", async () => {
    expect(await refusal(join(folder, "none"))).toMatchObject({ code: "path.missing" });
    expect(await refusal(join(folder, "config.json"))).toMatchObject({ code: "weights.format" });
    await rm(weights);
    expect(await refusal()).toMatchObject({
      code: "path.missing",
      message: `${folder}: expected a model directory with config.json and model.safetensors; it holds config.json, preprocessor_config.json`,
    });
    await writeFile(join(folder, "pytorch_model.bin"), "");
    expect((await refusal()).message).toContain("received an empty file");
    await rm(join(folder, "pytorch_model.bin"));
    await cp(join(fixtures, "mlp"), join(folder, "teacher"), { recursive: true });
    expect((await refusal()).hint).toBe(`Perhaps ${join(folder, "teacher")} is meant.`);
  });
});

describe("a changed index", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await copyModel("swiglu");
  });
  afterEach(() => removeFolder(folder));

  const withMap = async (change: (map: Record<string, string>) => void) => {
    const path = join(folder, "model.safetensors.index.json");
    const index = JSON.parse(await readFile(path, "utf8")) as {
      weight_map: Record<string, string>;
    };
    change(index.weight_map);
    await writeFile(path, JSON.stringify(index));
    return openModelFiles(folder);
  };

  test("that names a file elsewhere is refused", async () => {
    await expect(
      withMap((map) => (map["norm.bias"] = "../model-00002-of-00002.safetensors")),
    ).rejects.toMatchObject({ code: "weights.format" });
  });

  test("that looks for a tensor in the wrong shard is refused", async () => {
    await expect(
      withMap((map) => (map["norm.bias"] = "model-00001-of-00002.safetensors")),
    ).rejects.toMatchObject({
      code: "weights.missing",
      message: expect.stringContaining("norm.bias: expected in model-00001-of-00002") as string,
    });
  });

  test("whose shard is not there is refused", async () => {
    await rm(join(folder, "model-00002-of-00002.safetensors"));
    await expect(openModelFiles(folder)).rejects.toMatchObject({
      code: "path.missing",
      message: expect.stringContaining("model-00002-of-00002.safetensors") as string,
    });
  });
});
