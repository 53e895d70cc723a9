/** What is told of ConvNeXts by the names of all three upstreams, and what is refused. */
import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportDirectory } from "../../engine/export/model-directory.ts";
import { readInitialWeights } from "../../engine/runs/initial-weights.ts";
import type { EngineError } from "../../engine/protocol/errors.ts";
import { convNextTables } from "../../engine/weights/convnext-names.ts";
import { formatInspection, inspectPath } from "../../engine/weights/inspect.ts";
import { matchName } from "../../engine/weights/names.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { copyModel, editHeader, editJson, removeFolder, type Header } from "./broken-models.ts";

const fixtures = join(import.meta.dirname, "../fixtures/convnext");
const official = join(fixtures, "official/convnext_small_pretrain.pth");

test.each([
  [official, "norms.3.weight, norms.3.bias: the final norm a second time"],
  [join(fixtures, "transformers"), "four stages, 8, 12, 16, 24 wide, of 1, 2, 3, 1 blocks"],
  [join(fixtures, "timm"), "224×224, bilinear, LVD mean and deviation"],
])("%s is told as DINOv3's, %s", async (path, words) => {
  const found = await inspectPath(path);
  expect(found).toMatchObject({
    kind: "model",
    name: "DINOv3 ConvNeXt 8-12-16-24",
    family: "DINOv3 ConvNeXt",
    licence: "DINOv3 License",
    config: { widths: [8, 12, 16, 24], blocks: [1, 2, 3, 1], patch: 32, normEpsilon: 1e-6 },
    report: { missing: [], unexpected: [] },
    problem: undefined,
  });
  expect(formatInspection(found)).toContain(words);
});

test("every name stands for one parameter, and each has one under every spelling", () => {
  const [first, ...others] = convNextTables.map(({ params }) => Object.values(params).sort());
  expect(new Set(first).size).toBe(first!.length);
  for (const other of others) expect(other).toEqual(first);
  // The stage's number is the stem's or a reduction's, never a block's.
  expect(matchName("model.stages.2.11.pwconv1.bias")).toMatchObject({
    ours: "stage2.block11.up.bias",
  });
  expect(matchName("stages.0.downsample_layers.0.weight")).toMatchObject({
    ours: "stage0.reduce.weight",
  });
  expect(matchName("stages.3.downsample_layers.0.weight")).toMatchObject({
    ours: "stage3.reduce.norm.weight",
  });
});

describe("a changed copy", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await copyModel("../convnext/transformers");
  });
  afterEach(() => removeFolder(folder));

  const refusal = async () =>
    openModelFiles(folder).then(
      () => expect.fail("expected a refusal"),
      (error: unknown) => error as EngineError,
    );
  const edit = (change: (header: Header) => void) =>
    editHeader(join(folder, "model.safetensors"), change);
  const withoutStage = (header: Header) => {
    for (const name of Object.keys(header)) if (name.startsWith("stages.2.")) delete header[name];
  };

  test("without a stage is refused by its first tensor", async () => {
    await edit(withoutStage);
    expect(await refusal()).toMatchObject({
      code: "weights.missing",
      message: expect.stringContaining(
        "stages.2.downsample_layers.1.weight: expected [16, 12, 2, 2], file has no such tensor; and 30 more",
      ) as string,
    });
    // Nor can its shape be told then, where no config.json says it.
    await rm(join(folder, "config.json"));
    expect(await refusal()).toMatchObject({
      code: "weights.missing",
      message: expect.stringContaining(
        "stages.2.layers.0.depthwise_conv.weight: file has no such tensor, and a ConvNeXt has four stages",
      ) as string,
    });
  });

  test("with another number of channels is refused with both shapes", async () => {
    await editJson(join(folder, "config.json"), { hidden_sizes: [8, 12, 20, 24] });
    expect(await refusal()).toMatchObject({
      code: "weights.shape",
      message: expect.stringContaining(
        "stages.2.downsample_layers.1.weight: expected [20, 12, 2, 2], file has [16, 12, 2, 2]",
      ) as string,
    });
  });

  test("with more than a backbone is refused by what is too much", async () => {
    await edit((header) => {
      header["stages.1.layers.7.gamma"] = header["stages.1.layers.1.gamma"]!;
      delete header["stages.1.layers.1.gamma"];
    });
    await editJson(join(folder, "config.json"), { depths: [1, 1, 3, 1] });
    expect(await refusal()).toMatchObject({
      code: "weights.extra",
      message: expect.stringContaining("in this ConvNeXt of 1, 1, 3, 1 blocks") as string,
    });
  });

  test.each([
    [{ hidden_act: "relu" }, "config.invalid", 'hidden_act: expected "gelu", received "relu"'],
    [{ num_channels: 1 }, "config.invalid", "num_channels: expected 3, received 1"],
    [{ depths: [3, 3, 9] }, "config.invalid", "depths: "],
    [{ model_type: "dinov3_vit" }, "config.contradicts", 'expected "dinov3_convnext", as which'],
  ])("config.json with %o is refused", async (changes, code, words) => {
    await editJson(join(folder, "config.json"), changes);
    const { code: received, message } = await refusal();
    expect(received).toBe(code);
    expect(message).toContain(words);
  });

  test("without a config.json its shape is read off", async () => {
    await rm(join(folder, "config.json"));
    const { config, family } = await openModelFiles(folder);
    expect({ config, family }).toMatchObject({
      family: "dinov3ConvNext",
      config: { widths: [8, 12, 16, 24], blocks: [1, 2, 3, 1] },
    });
  });

  test("is not trained", async () => {
    await expect(readInitialWeights(folder)).rejects.toMatchObject({
      code: "weights.shape",
      message: `${folder}: expected a vision transformer to train or to learn from, received DINOv3 ConvNeXt 8-12-16-24, a ConvNeXt`,
    });
  });
});

test("by names alone it is anybody's, and has no licence", async () => {
  const folder = await copyModel("../convnext/timm");
  try {
    await editJson(join(folder, "config.json"), { pretrained_cfg: { tag: "in12k_ft_in1k" } });
    expect(await openModelFiles(folder)).toMatchObject({
      name: "ConvNeXt 8-12-16-24",
      family: "convNext",
      licence: undefined,
    });
    const out = join(folder, "out");
    await expect(exportDirectory(folder, out, { precision: "fp32" })).rejects.toMatchObject({
      code: "model.unknown",
      message: expect.stringContaining("transformers' DINOv3ConvNextModel is DINOv3's") as string,
    });
    expect(await readdir(folder)).not.toContain("out");
    await exportDirectory(folder, out, { precision: "fp32", names: "timm" });
    expect(await openModelFiles(out)).toMatchObject({ family: "convNext", licence: undefined });
    // Whose it is, is told by its final norm alone, which official names have twice for DINOv3.
    const own = join(folder, "own");
    await exportDirectory(folder, own, { precision: "fp32", names: "official" });
    expect(await openModelFiles(own)).toMatchObject({ family: "convNext" });
    // The repository of timm's says it by its folder.
    const named = join(folder, "convnext_tiny.dinov3_lvd1689m");
    await cp(join(fixtures, "timm"), named, { recursive: true });
    await editJson(join(named, "config.json"), { pretrained_cfg: {} });
    expect(await openModelFiles(named)).toMatchObject({ family: "dinov3ConvNext" });
  } finally {
    await removeFolder(folder);
  }
});

test("each is opened again by the path that it tells", async () => {
  expect((await openModelFiles(official)).path).toBe(official);
  expect((await openModelFiles(join(fixtures, "timm"))).path).toBe(join(fixtures, "timm"));
});
