/** How people wrap, name and store a backbone: what is taken for one, and which of several. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assemble } from "../../engine/checkpoints/assemble.ts";
import { decodeFloats, toUsable } from "../../engine/checkpoints/decode-floats.ts";
import { chooseNetwork, findNetworks } from "../../engine/checkpoints/networks.ts";
import { openCheckpoint } from "../../engine/checkpoints/open-checkpoint.ts";
import { toFloat32 } from "../../engine/executors/float-formats.ts";
import { asVit } from "../../engine/model/config.ts";
import { openModelFiles, type ModelFiles } from "../../engine/weights/open-model.ts";
import { readTensor } from "../../engine/weights/safetensors.ts";
import { officialTensors, stateDict, type PlainTensor } from "./state-dicts.ts";
import { contentsOf, fixtures, refusalOf, tensorsOf } from "./stored-values.ts";

let folder: string;
let cacheBefore: string | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-wrappers-"));
  cacheBefore = process.env["GRAMSCOPE_CACHE"];
  process.env["GRAMSCOPE_CACHE"] = join(folder, "cache");
});
afterEach(async () => {
  if (cacheBefore === undefined) delete process.env["GRAMSCOPE_CACHE"];
  else process.env["GRAMSCOPE_CACHE"] = cacheBefore;
  await rm(folder, { recursive: true, force: true });
});

type Tensors = Record<string, PlainTensor>;

let made = 0;
/** The official tensors, changed, opened from a file of their own. */
async function open(change: (tensors: Tensors) => Tensors): Promise<ModelFiles> {
  const path = join(folder, `model-${made++}.pth`);
  await writeFile(path, stateDict(change(await officialTensors())));
  return openModelFiles(path);
}

const renamed = (rename: (name: string) => string) => (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [rename(name), value]));

async function valuesOf({ params }: ModelFiles) {
  const all: Record<string, number[]> = {};
  for (const [name, source] of Object.entries(params)) {
    if (source.kind === "file") all[name] = [...(await readTensor(source, source))];
  }
  return all;
}

describe("networks", () => {
  const layer = "patch_embed.proj.weight";
  test.each<[string, string[], string[]]>([
    ["a flat file", [""], ["model"]],
    ["a wrapped one", ["module.model.backbone."], ["model"]],
    ["student and teacher", ["student.backbone.", "teacher.backbone."], ["teacher", "student"]],
    ["model and moving average", ["model.", "ema."], ["ema", "model"]],
    ["model and its moving average", ["state_dict.", "model_ema."], ["model_ema", "model"]],
    [
      "the official code in distillation",
      [
        "model.student.backbone.",
        "model.teacher.backbone.",
        "model.model_ema.backbone.",
        "model.gram_teacher.backbone.",
      ],
      ["model_ema", "teacher", "student", "gram_teacher"],
    ],
    ["two that mean the same word", ["module.", "model."], ["model", "module"]],
    [
      "I-JEPA's",
      ["encoder.", "target_encoder.", "predictor."],
      ["target_encoder", "model", "predictor"],
    ],
  ])("%s", (_, prefixes, labels) => {
    const networks = findNetworks(prefixes.map((prefix) => prefix + layer));
    expect(networks.map(({ label }) => label)).toEqual(labels);
  });

  test("what looks like a first layer within another name is none", () => {
    expect(
      findNetworks(["optimizer.state.patch_embed.proj.weight.exp_avg", "xpatch_embed.proj.weight"]),
    ).toEqual([]);
  });

  test("one is chosen by its label or its prefix", () => {
    const networks = findNetworks(["student.backbone.", "teacher.backbone."].map((p) => p + layer));
    expect(chooseNetwork(networks, undefined, "x")?.label).toBe("teacher");
    for (const word of ["student", "student.backbone", "student.backbone."]) {
      expect(chooseNetwork(networks, word, "x")?.prefix).toBe("student.backbone.");
    }
    expect(() => chooseNetwork([], "student", "x")).toThrow("of which it has none");
  });
});

describe("names", () => {
  test.each([
    "module.",
    "model.",
    "_orig_mod.",
    "teacher.backbone.",
    "state_dict.model.backbone.",
    "model.teacher.backbone.",
    "train_model.backbone.",
  ])("%s before every name makes no difference", async (prefix) => {
    const plain = await open((tensors) => tensors);
    expect(await valuesOf(await open(renamed((name) => prefix + name)))).toEqual(
      await valuesOf(plain),
    );
  });

  test("what compilation and checkpointing put between them makes none either", async () => {
    const wrapped = await open(
      renamed((name) =>
        name.replace(
          /^blocks\.(\d+)\./,
          "_orig_mod.blocks.$1._checkpoint_wrapped_module._orig_mod.",
        ),
      ),
    );
    expect(await valuesOf(wrapped)).toEqual(await valuesOf(await open((tensors) => tensors)));
  });

  test("timm's are the same weights; it drops the zero biases", async () => {
    const timm = await open((tensors) => {
      const out: Tensors = {};
      for (const [name, value] of Object.entries(tensors)) {
        if (/mask_token|bias_mask/.test(name)) continue;
        const { bytes, dtype } = value;
        const third = bytes.length / 3;
        if (name.endsWith("qkv.bias")) {
          const own = (i: number) => ({
            dtype,
            shape: [16],
            bytes: bytes.subarray(i * third, (i + 1) * third),
          });
          out[name.replace("qkv.bias", "q_bias")] = own(0);
          out[name.replace("qkv.bias", "v_bias")] = own(2);
        } else {
          const own = name
            .replace("storage_tokens", "reg_token")
            .replace(/ls(\d)\.gamma/, "gamma_$1");
          out[own] = value;
        }
      }
      return out;
    });
    expect(await valuesOf(timm)).toEqual(await valuesOf(await open((tensors) => tensors)));
  });

  test("SwiGLU's three matrices are found in both spellings", async () => {
    const gated = (names: readonly [string, string, string]) => (tensors: Tensors) => {
      const out: Tensors = {};
      for (const [name, value] of Object.entries(tensors)) {
        const [all, start, layer, kind] = /^(blocks\.\d+\.mlp\.)(fc[12])\.(\w+)$/.exec(name) ?? [];
        if (all === undefined) out[name] = value;
        else if (layer === "fc1") {
          out[`${start}${names[0]}.${kind}`] = value;
          out[`${start}${names[1]}.${kind}`] = {
            ...value,
            bytes: Buffer.from(value.bytes).fill(0),
          };
        } else out[`${start}${names[2]}.${kind}`] = value;
      }
      return out;
    };
    const official = await open(gated(["w1", "w2", "w3"]));
    expect(official.config).toMatchObject({ feedForward: "swiglu", hidden: 24 });
    const values = await valuesOf(official);
    expect(values["block01.gate.weight"]!.some((value) => value !== 0)).toBe(true);
    expect(values["block01.up.weight"]!.every((value) => value === 0)).toBe(true);
    expect(await valuesOf(await open(gated(["fc1_g", "fc1_x", "fc2"])))).toEqual(values);
  });

  test("a norm of local crops is dropped, a head is named and refused", async () => {
    const norm = { dtype: "F32", shape: [16], bytes: Buffer.alloc(64) };
    const model = await open((tensors) => ({
      ...tensors,
      "local_cls_norm.weight": norm,
      "local_cls_norm.bias": norm,
    }));
    expect(model.report.dropped).toContain("local_cls_norm.weight");
    const refusal = await refusalOf(open((tensors) => ({ ...tensors, "head.weight": norm })));
    expect(refusal.code).toBe("weights.extra");
    expect(refusal.message).toContain(
      "head.weight: expected no such tensor in a DINOv3 ViT of 2 blocks",
    );
  });

  test("what is missing is told in the file's own spelling", async () => {
    const refusal = await refusalOf(
      open(({ "blocks.1.attn.qkv.weight": _, ...rest }) =>
        renamed((name) => `teacher.backbone.${name}`)(rest),
      ),
    );
    expect(refusal.message).toContain(
      "teacher.backbone.blocks.1.attn.qkv.weight: expected [16, 16], file has no such tensor; and 2 more",
    );
  });

  test("q, k and v that do not come apart, and a block beyond all", async () => {
    const flat = { dtype: "F32", shape: [47, 16], bytes: Buffer.alloc(47 * 64) };
    expect(
      await refusalOf(open((tensors) => ({ ...tensors, "blocks.0.attn.qkv.weight": flat }))),
    ).toMatchObject({
      code: "weights.shape",
      message: expect.stringContaining("expected q, k and v in one, file has [47, 16]") as string,
    });
    const norm = { dtype: "F32", shape: [16], bytes: Buffer.alloc(64) };
    const far = await refusalOf(
      open((tensors) => ({ ...tensors, "blocks.4000000000.norm1.weight": norm })),
    );
    expect(far).toMatchObject({ code: "weights.extra" });
    const gap = await refusalOf(
      open((tensors) => ({ ...tensors, "blocks.999.norm1.weight": norm })),
    );
    expect(gap).toMatchObject({ code: "weights.missing" });
  });
});

describe("biases of the keys", () => {
  const withoutMask = ({ ...tensors }: Tensors) => {
    for (const name of Object.keys(tensors)) if (name.endsWith("bias_mask")) delete tensors[name];
    return tensors;
  };
  const withKeys = (tensors: Tensors, value: number) => {
    for (const [name, { bytes, ...rest }] of Object.entries(tensors)) {
      if (!name.endsWith("qkv.bias")) continue;
      const own = Buffer.from(bytes);
      for (let i = 16; i < 32; i++) own.writeFloatLE(value, 4 * i);
      tensors[name] = { ...rest, bytes: own };
    }
    return tensors;
  };

  test("that are zero without a mask are none", async () => {
    const model = await open((tensors) => withKeys(withoutMask(tensors), -0));
    expect(asVit(model.config).bias).toMatchObject({ query: true, key: false, value: true });
  });

  test("that are not, and are not masked, are theirs", async () => {
    const model = await open((tensors) => withKeys(withoutMask(tensors), 0.25));
    expect(asVit(model.config).bias.key).toBe(true);
    expect((await valuesOf(model))["block01.key.bias"]).toEqual(Array<number>(16).fill(0.25));
  });
});

describe("rotary positions", () => {
  const periods = (values: number[]) => (tensors: Tensors) => ({
    ...tensors,
    "rope_embed.periods": {
      dtype: "F32",
      shape: [values.length],
      bytes: Buffer.from(new Float32Array(values).buffer),
    },
  });

  test("another base is read off the periods, and said", async () => {
    const model = await open(periods([1, 100]));
    expect(asVit(model.config).ropeTheta).toBe(10000);
    expect(model.note).toContain("Rotary positions with base 10000");
    expect(asVit((await open(periods([1, 9.9375]))).config).ropeTheta).toBe(100);
  });

  test("their number tells the heads", async () => {
    expect(asVit((await open(periods([1, 100 ** 0.25, 10, 100 ** 0.75]))).config).heads).toBe(1);
  });

  test("periods between a smallest and a largest are refused", async () => {
    expect(await refusalOf(open(periods([2, 30])))).toMatchObject({
      code: "config.contradicts",
      message: expect.stringContaining("expected periods that grow from 1 by one base") as string,
    });
  });
});

describe("dtypes", () => {
  // Every bit pattern, against the tables of arXiv:2209.05433: sign, exponent with its bias, fraction.
  const all = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));
  const fraction = (byte: number, bits: number) => 1 + (byte % 2 ** bits) / 2 ** bits;
  test("E4M3 and E5M2 are what their bits say", () => {
    const e4m3 = decodeFloats(new Uint8Array(all), "F8_E4M3");
    const e5m2 = decodeFloats(new Uint8Array(all), "F8_E5M2");
    expect([0x00, 0x80, 0x38, 0xb8, 0x7e, 0x01, 0x08].map((byte) => e4m3[byte])).toEqual([
      0,
      -0,
      1,
      -1,
      448,
      2 ** -9,
      2 ** -6,
    ]);
    expect([0x7f, 0xff].map((byte) => e4m3[byte])).toEqual([NaN, NaN]);
    expect([0x3c, 0x7b, 0x7c, 0xfc, 0x7d, 0x01, 0x04].map((byte) => e5m2[byte])).toEqual([
      1,
      57344,
      Infinity,
      -Infinity,
      NaN,
      2 ** -16,
      2 ** -14,
    ]);
    for (let byte = 0x08; byte < 0x7f; byte++) {
      expect(e4m3[byte]).toBe(fraction(byte, 3) * 2 ** ((byte >> 3) - 7));
    }
    for (let byte = 0x04; byte < 0x7c; byte++) {
      expect(e5m2[byte]).toBe(fraction(byte, 2) * 2 ** ((byte >> 2) - 15));
    }
  });

  test("as float16 they keep every value", () => {
    for (const dtype of ["F8_E4M3", "F8_E5M2"]) {
      const exact = decodeFloats(new Uint8Array(all), dtype);
      const { dtype: usable, data } = toUsable(new Uint8Array(all), dtype);
      expect(usable).toBe("F16");
      expect([...toFloat32(new Uint8Array(data.buffer as ArrayBuffer), "F16")]).toEqual([...exact]);
    }
  });

  test("a model in float8 opens as float16", async () => {
    const model = await open((tensors) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, value]) => {
          if (!name.endsWith("mlp.fc1.weight")) return [name, value];
          const bytes = Buffer.from(Uint8Array.from({ length: 24 * 16 }, (_, i) => i % 0x7f));
          return [name, { dtype: "F8_E4M3", shape: value.shape, bytes }];
        }),
      ),
    );
    expect(model.dtype).toContain("F8_E4M3 (2)");
    const source = model.params["block00.up.weight"]!;
    expect(source).toMatchObject({ kind: "file", dtype: "F16" });
    expect((await valuesOf(model))["block00.up.weight"]!.slice(0x38, 0x3a)).toEqual([1, 1.125]);
  });

  test("whole numbers are no weights", async () => {
    const norm = { dtype: "I64", shape: [16], bytes: Buffer.alloc(128) };
    expect(await refusalOf(open((tensors) => ({ ...tensors, "norm.weight": norm })))).toMatchObject(
      {
        code: "weights.format",
        message: expect.stringContaining(
          "norm.weight: expected dtype F32, F16 or BF16, file has I64",
        ) as string,
      },
    );
  });

  test("what a big-endian machine wrote comes out little-endian", async () => {
    const tensors = await officialTensors();
    const turned = Object.fromEntries(
      Object.entries(tensors).map(([name, { bytes, ...rest }]) => {
        const own = Buffer.from(bytes);
        return [name, { ...rest, bytes: rest.dtype === "BF16" ? own.swap16() : own.swap32() }];
      }),
    );
    const path = join(folder, "big.pth");
    await writeFile(path, stateDict(turned, { isBigEndian: true }));
    const opened = Object.fromEntries((await openCheckpoint(path)).tensors.map((t) => [t.name, t]));
    expect(await contentsOf(opened)).toEqual(await contentsOf(await tensorsOf("flat.pth")));
    const model = await openModelFiles(path);
    expect(await valuesOf(model)).toEqual(
      await valuesOf(await openModelFiles(join(fixtures, "flat.pth"))),
    );
  });
});

test("a column of a matrix is refused where it is scattered over a file", async () => {
  const path = join(folder, "scattered.pth");
  const wide = { dtype: "F32", shape: [1000, 1000], bytes: Buffer.alloc(4e6) };
  await writeFile(path, stateDict({ wide }));
  const { tensors } = await openCheckpoint(path);
  const [piece] = await tensors[0]!.pieces();
  const column = {
    ...tensors[0]!,
    shape: [1000],
    pieces: async () => [{ ...piece!, origin: [0], shape: [1000], strides: [1000] }],
  };
  expect((await refusalOf(assemble(column))).message).toContain("scattered over");
});
