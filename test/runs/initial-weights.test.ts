import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dinov3Preprocessor } from "../../engine/image/preprocessor.ts";
import type { VitConfig } from "../../engine/model/config.ts";
import { defaultRecipe } from "../../engine/recipe/recipe.ts";
import { writeCheckpoint } from "../../engine/runs/checkpoint.ts";
import { readInitialWeights } from "../../engine/runs/initial-weights.ts";
import { createRun } from "../../engine/runs/run-directory.ts";
import { writeTensors } from "../../engine/runs/tensor-file.ts";
import { upstreamName } from "../../engine/weights/names.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readTensor } from "../../engine/weights/safetensors.ts";
import { writeModelDirectory } from "../../engine/weights/write-model.ts";
import { fixtures } from "../weights/broken-models.ts";
import {
  backbone,
  checkpoint,
  config,
  dinoHead,
  expectSameState,
  fullState,
  ibotHead,
  network,
  prefixed,
  removeFolder,
  temporaryFolder,
  tensors,
  type State,
} from "./small-state.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder, "init.safetensors");
});
afterEach(() => removeFolder(folder));

function under(prefix: string, state: State): State {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

/** As the official code names and fuses them: the rules of dinov3.md A.6 read from right to left. */
function toOfficial(ours: State, hasBiasMask = true): State {
  const official: State = {};
  const plain: [RegExp, string][] = [
    [/^cls$/, "cls_token"],
    [/^registers$/, "storage_tokens"],
    [/^mask$/, "mask_token"],
    [/^patch\./, "patch_embed.proj."],
    [/projection\./, "attn.proj."],
    [/scale1$/, "ls1.gamma"],
    [/scale2$/, "ls2.gamma"],
  ];
  const isGated = Object.keys(ours).some((name) => name.includes(".gate."));
  const forward: [RegExp, string][] = isGated
    ? [
        [/gate\./, "mlp.w1."],
        [/up\./, "mlp.w2."],
        [/down\./, "mlp.w3."],
      ]
    : [
        [/up\./, "mlp.fc1."],
        [/down\./, "mlp.fc2."],
      ];
  for (const [name, tensor] of Object.entries(ours)) {
    if (/\.(query|key|value)\./.test(name)) continue;
    const inner = [...plain, ...forward].reduce((text, rule) => text.replace(...rule), name);
    official[inner.replace(/^block(\d+)/, (_, k: string) => `blocks.${Number(k)}`)] = tensor;
  }
  const depth = Object.keys(ours).filter((name) => name.endsWith("scale1")).length;
  for (let k = 0; k < depth; k++) {
    const part = (name: string) => ours[`block0${k}.${name}`];
    const width = part("query.weight")!.shape[1]!;
    const zeros = new Float32Array(width);
    const join3 = (parts: (Float32Array | Int32Array)[]) =>
      Float32Array.from(parts.flatMap((values) => [...values]));
    const names = ["query", "key", "value"] as const;
    official[`blocks.${k}.attn.qkv.weight`] = {
      dtype: "float32",
      shape: [3 * width, width],
      data: join3(names.map((name) => part(`${name}.weight`)!.data)),
    };
    if (!part("query.bias")) continue;
    official[`blocks.${k}.attn.qkv.bias`] = {
      dtype: "float32",
      shape: [3 * width],
      data: join3(names.map((name) => part(`${name}.bias`)?.data ?? zeros)),
    };
    if (!hasBiasMask) continue;
    official[`blocks.${k}.attn.qkv.bias_mask`] = {
      dtype: "float32",
      shape: [3 * width],
      data: join3([zeros.map(() => 1), zeros, zeros.map(() => 1)]),
    };
  }
  // d/4 periods, from which the heads follow.
  const periods = new Float32Array(config.width / config.heads / 4);
  official["rope_embed.periods"] = { dtype: "float32", shape: [periods.length], data: periods };
  return official;
}

function toHuggingFace(ours: State): State {
  return Object.fromEntries(Object.entries(ours).map(([name, t]) => [upstreamName(name), t]));
}

const ours = under("backbone.", backbone(3));

describe("weights to start from", () => {
  test("of a model directory are its backbone", async () => {
    const read = await readInitialWeights(join(fixtures, "mlp"));
    const model = await openModelFiles(join(fixtures, "mlp"));
    expect(read.config).toEqual(model.config);
    expect(read.preprocessor).toEqual(model.preprocessor);
    expect(read).toMatchObject({ heads: {}, backbone: { cls: { dtype: "float32" } } });
    expect([read.teacher, read.gram, read.step]).toEqual([undefined, undefined, undefined]);
    for (const [name, source] of Object.entries(model.params)) {
      if (source.kind !== "file") throw new Error("expected a file");
      expect(read.backbone[name]?.data).toEqual(await readTensor(source, source));
    }
  });

  // The fixtures are the same weights in three dtypes (make_vit.py); half floats keep 11 or 8 bits.
  test.each([
    ["mlp-f16", 2 ** -11],
    ["mlp-bf16", 2 ** -8],
  ])("of %s are float32", async (name, tolerance) => {
    const exact = await readInitialWeights(join(fixtures, "mlp"));
    const half = await readInitialWeights(join(fixtures, name));
    for (const [key, { data }] of Object.entries(exact.backbone)) {
      const found = half.backbone[key]!.data;
      expect(found).toBeInstanceOf(Float32Array);
      data.forEach((value, i) => {
        if (Math.abs(value - found[i]!) > tolerance * Math.abs(value) + 1e-7) {
          throw new Error(`${key}[${i}]: ${value} and ${found[i]!}`);
        }
      });
    }
  });

  test("of a checkpoint are student, teachers and heads; of a run its newest", async () => {
    const run = await createRun(join(folder, "run"), defaultRecipe());
    await expect(readInitialWeights(run.folder)).rejects.toMatchObject({ code: "run.missing" });
    await writeCheckpoint(run, checkpoint(100));
    const path = await writeCheckpoint(run, checkpoint(200));
    const state = fullState(200);
    for (const start of [path, run.folder]) {
      const read = await readInitialWeights(start);
      expect(read).toMatchObject({ config, step: 200, preprocessor: dinov3Preprocessor });
      expectSameState(read.backbone, under("student.backbone.", state));
      expectSameState(read.teacher!, under("teacher.backbone.", state));
      expectSameState(read.gram!, under("gram.backbone.", state));
      for (const name of ["student", "teacher"] as const) {
        const heads = read.heads[name]!;
        expect(heads.dino_head?.shape).toEqual(dinoHead);
        expect(heads.ibot_head?.shape).toEqual(ibotHead);
        expectSameState(heads.dino_head!.tensors, under(`${name}.dino_head.`, state));
        expectSameState(heads.ibot_head!.tensors, under(`${name}.ibot_head.`, state));
      }
    }
    const teacher = await readInitialWeights(join(path, "teacher"));
    expectSameState(teacher.backbone, under("teacher.backbone.", state));
  });

  test("of a distillation's checkpoint leave a teacher of another shape out", async () => {
    const large = { ...config, width: 24 };
    const state = {
      ...prefixed("student.", network(1)),
      ...prefixed("teacher.", network(2, large)),
    };
    const path = await writeCheckpoint(
      { folder },
      checkpoint(1, { state, configs: { teacher: large } }),
    );
    const read = await readInitialWeights(path);
    expect([read.config, read.teacher, read.heads.teacher]).toEqual([config, undefined, undefined]);
  });
});

describe("one file of several networks", () => {
  const spellings: [string, (ours: State) => State][] = [
    ["the official spelling", toOfficial],
    ["Hugging Face's", toHuggingFace],
  ];
  test.each(spellings)("is read in %s", async (_, spell) => {
    const state = fullState(9);
    const inner = (name: string) =>
      prefixed(`${name}.backbone.`, spell(under(`${name}.backbone.`, state)));
    const heads = Object.fromEntries(
      Object.entries(state).filter(([name]) => /^(student|teacher)\.(dino|ibot)_head/.test(name)),
    );
    await writeTensors(file, {
      ...inner("student"),
      ...inner("teacher"),
      ...inner("gram"),
      ...heads,
      ...prefixed("m.", network(4)),
    });
    // Hugging Face's names hold no periods, and 16 channels no head of 64.
    if (spell === toHuggingFace) await writeConfig(config);
    const read = await readInitialWeights(file);
    expect(read.config).toEqual(config);
    expect(read.preprocessor).toEqual(dinov3Preprocessor);
    expectSameState(read.backbone, under("student.backbone.", state));
    expectSameState(read.teacher!, under("teacher.backbone.", state));
    expectSameState(read.gram!, under("gram.backbone.", state));
    expect(read.heads.student?.dino_head?.shape).toEqual(dinoHead);
    expectSameState(read.heads.teacher!.ibot_head!.tensors, under("teacher.ibot_head.", state));
  });

  test("may hold a student alone", async () => {
    await writeTensors(file, prefixed("student.backbone.", toOfficial(ours)));
    const read = await readInitialWeights(file);
    expectSameState(read.backbone, ours);
    expect(read).toMatchObject({ heads: {} });
    expect([read.teacher, read.gram]).toEqual([undefined, undefined]);
  });

  test("tells its networks apart in a message", async () => {
    const { "norm.bias": _, ...less } = toOfficial(ours);
    await writeTensors(file, {
      ...prefixed("student.backbone.", toOfficial(ours)),
      ...prefixed("teacher.backbone.", less),
    });
    await expect(readInitialWeights(file)).rejects.toMatchObject({
      code: "weights.missing",
      message: `${file}: teacher.backbone.norm.bias: expected [16], file has no such tensor`,
    });
  });

  test("must all be of one shape", async () => {
    const wider = under("backbone.", backbone(3, { ...config, hidden: 48 }));
    await writeTensors(file, {
      ...prefixed("student.backbone.", toOfficial(ours)),
      ...prefixed("teacher.backbone.", toOfficial(wider)),
    });
    await expect(readInitialWeights(file)).rejects.toMatchObject({
      code: "weights.shape",
      message: `${file}: expected networks of one shape; student and teacher differ in hidden`,
    });
    await writeConfig(config);
    await expect(readInitialWeights(file)).rejects.toMatchObject({
      code: "config.contradicts",
      message: expect.stringContaining("intermediate_size is 24 in config.json and 48"),
    });
  });

  test.each([
    ["student.dino_head.mlp.4.bias", undefined, "weights.missing"],
    ["student.dino_head.mlp.2.bias", [1], "weights.shape"],
    ["student.ibot_head.mlp.6.bias", [1], "weights.extra"],
    ["student.backbone.blocks.0.attn.gate", [1], "weights.extra"],
    ["student.backbone.norm.weight", [17], "weights.shape"],
    ["student.backbone.blocks.1.attn.qkv.weight", [47, 16], "weights.shape"],
    ["gram.backbone.cls_token", [1, 1, 16], "weights.missing"],
  ])("with %s of %j is refused by name", async (name, shape, code) => {
    const { [name]: _, ...rest } = {
      ...prefixed("student.dino_head.", under("dino_head.", network(3))),
      ...prefixed("student.ibot_head.", under("ibot_head.", network(3))),
      ...prefixed("student.backbone.", toOfficial(ours)),
    };
    await writeTensors(file, { ...rest, ...(shape && tensors("", { [name]: shape }, 1)) });
    // Heads are told by network and head, backbones by the names that the file has.
    const [owner = "", module = ""] = name.split(".");
    const place = module === "backbone" ? `: ${owner}.backbone.` : `, ${owner}: ${module}.`;
    await expect(readInitialWeights(file)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${file}${place}`),
    });
  });
});

describe("a bare backbone without config.json", () => {
  const swiglu: VitConfig = {
    ...config,
    width: 128,
    depth: 3,
    heads: 2,
    hidden: 32,
    feedForward: "swiglu",
    registers: 0,
    bias: { ...config.bias, query: false, value: false },
  };
  test("is known by its shapes, 64 channels to a head", async () => {
    const state = under("backbone.", backbone(1, swiglu));
    const { "rope_embed.periods": _, ...official } = toOfficial(state);
    for (const spelled of [
      official,
      toHuggingFace(state),
      prefixed("teacher.backbone.", official),
    ]) {
      await writeTensors(file, spelled);
      const read = await readInitialWeights(file);
      expect(read.config).toEqual(swiglu);
      expectSameState(read.backbone, state);
    }
  });

  test("whose heads cannot be known is refused with what to do", async () => {
    await writeTensors(file, toHuggingFace(ours));
    await expect(readInitialWeights(file)).rejects.toMatchObject({
      code: "config.contradicts",
      message: expect.stringContaining("width of 16"),
      hint: expect.stringContaining("config.json"),
    });
  });

  test("has no key bias where it is masked or zero everywhere, and has one otherwise", async () => {
    const withKey = { ...config, bias: { ...config.bias, key: true } };
    const keyed = under("backbone.", backbone(1, withKey));
    const rows = [
      [toOfficial(keyed, true), false],
      [toOfficial(ours, false), false],
      [toOfficial(keyed, false), true],
    ] as const;
    for (const [official, hasKeyBias] of rows) {
      await writeTensors(file, official);
      const read = await readInitialWeights(file);
      expect(read.config.bias.key).toBe(hasKeyBias);
      expect("block00.key.bias" in read.backbone).toBe(hasKeyBias);
    }
  });

  test("in the official spelling may also have one", async () => {
    await writeTensors(file, toOfficial(ours));
    await writeConfig({ ...config, ropeTheta: 50 });
    const read = await readInitialWeights(file);
    expect(read.config.ropeTheta).toBe(50);
    expectSameState(read.backbone, ours);
  });
});

test("what is nothing to start from is refused", async () => {
  await expect(readInitialWeights(join(folder, "missing"))).rejects.toMatchObject({
    code: "path.missing",
  });
  await expect(readInitialWeights(folder)).rejects.toMatchObject({ code: "path.missing" });
  await writeFile(join(folder, "model.pth"), "x");
  await expect(readInitialWeights(join(folder, "model.pth"))).rejects.toMatchObject({
    code: "weights.format",
  });
  await writeTensors(file, tensors("student.dino_head.", { "mlp.0.bias": [3] }, 1));
  await expect(readInitialWeights(file)).rejects.toMatchObject({
    code: "weights.missing",
    message: expect.stringContaining("no backbone"),
  });
});

/** Beside the one file, as a model directory has it. */
async function writeConfig(of: VitConfig): Promise<void> {
  const model = join(folder, "written");
  await mkdir(model);
  await writeModelDirectory(model, {
    config: of,
    preprocessor: dinov3Preprocessor,
    params: Object.fromEntries(
      Object.entries(ours).map(([name, { data }]) => [name, data as Float32Array]),
    ),
    name: "A model",
    trained: true,
  });
  await cp(join(model, "config.json"), join(folder, "config.json"));
  await rm(model, { recursive: true });
}
