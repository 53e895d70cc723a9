/**
 * DINOv3's ConvNeXt against a PyTorch implementation of its own (test/fixtures/convnext, float64), under
 * the names of all three upstreams: every token of every stage, and what a session makes of them.
 */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { frozenProgram } from "../../engine/evaluation/frozen-backbone.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor, HostTensor, Program } from "../../engine/executors/executor.ts";
import { forwardFlops } from "../../engine/model/config.ts";
import {
  convNextConfig,
  namedConvNexts,
  recogniseConvNext,
} from "../../engine/model/convnext-config.ts";
import { layerFlops, layerSize } from "../../engine/model/layers.ts";
import { countParameters } from "../../engine/model/params.ts";
import { planSegments, segmentProgram } from "../../engine/model/programs.ts";
import { probeCall } from "../../engine/protocol/probes.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import { unattended } from "../../engine/session/control.ts";
import { Session } from "../../engine/session/session.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";
import { webgpuSkip } from "../support/webgpu.ts";

const fixtures = path.join(import.meta.dirname, "../fixtures/convnext");
/** float32 sums of up to 96 products of order 1, seven blocks deep; the reference is float64. */
const tolerance = { atol: 2e-5, rtol: 2e-5 };
const grid = { rows: 2, cols: 3 };

async function expectedOf(name: string) {
  const file = await readSafetensors(path.join(fixtures, name, "expected.safetensors"));
  const values = async (tensor: string) => readTensor(file, file.tensors.get(tensor)!);
  return {
    values,
    image: { dtype: "float32", shape: [1, 3, 64, 96], data: await values("image") } as const,
  };
}

const places: Readonly<Record<string, string>> = {
  official: "official/convnext_small_pretrain.pth",
  transformers: "transformers",
  timm: "timm",
};

async function shapeOf(name: string) {
  const { config, params } = await openModelFiles(path.join(fixtures, places[name]!));
  return { model: name, config, params, grid, rope: "fp32" } as const;
}

for (const device of ["cpu", "tfjs", "webgpu"] as const) {
  describe.skipIf(device === "webgpu" && webgpuSkip !== undefined)(`on ${device}`, () => {
    let executor: Executor;
    beforeAll(async () => {
      ({ executor } = await chooseExecutor(device));
    });
    afterAll(() => executor.dispose());

    async function run(program: Program, feeds: Record<string, HostTensor>, outputs: string[]) {
      const prepared = await executor.prepare(program);
      const results = await prepared.run(feeds, outputs);
      await prepared.dispose();
      return results;
    }

    // A software GPU takes seconds for every program; the names are no business of the device.
    const names = device === "webgpu" ? ["transformers"] : Object.keys(places);
    it.each(names)("the tokens of every stage of %s's are PyTorch's", async (name) => {
      const { values, image } = await expectedOf(name);
      const program = segmentProgram(await shapeOf(name), { first: 0, last: 3 });
      const names = ["block00", "block01", "block02", "block03", "norm"];
      const out = await run(program, { image }, names);
      expect(names.map((output) => out[output]!.shape)).toEqual([
        [1, 1 + 16 * 24, 8],
        [1, 1 + 8 * 12, 12],
        [1, 1 + 4 * 6, 16],
        [1, 1 + 2 * 3, 24],
        [1, 1 + 2 * 3, 24],
      ]);
      for (const [k, output] of names.entries()) {
        const expected = await values(k < 4 ? `stage${k}` : "final");
        expectClose(out[output]!.data, expected, tolerance, output);
      }
    });

    it.skipIf(device === "webgpu")(
      "goes on from the tokens of a stage, and takes several pictures at once",
      async () => {
        const shape = await shapeOf("timm");
        const { values, image } = await expectedOf("timm");
        const tokens = {
          dtype: "float32",
          shape: [1, 97, 12],
          data: await values("stage1"),
        } as const;
        const rest = await run(segmentProgram(shape, { first: 2, last: 3 }), { tokens }, ["norm"]);
        const final = await values("final");
        expectClose(rest["norm"]!.data, final, tolerance);
        const data = new Float32Array(2 * image.data.length);
        data.set(image.data, image.data.length);
        const both = { ...image, shape: [2, 3, 64, 96], data };
        const { norm, before } = await run(frozenProgram(shape, 2), { image: both }, [
          "norm",
          "before",
        ]);
        expectClose(norm!.data.subarray(final.length), final, tolerance);
        expectClose(before!.data.subarray(final.length), await values("stage3"), tolerance);
      },
    );
  });
}

describe("the released sizes", () => {
  const configOf = (name: keyof typeof namedConvNexts) =>
    convNextConfig(namedConvNexts[name].widths, namedConvNexts[name].blocks);

  it.each([
    // dinov3.md A.1, counted from the released files.
    ["dinov3_convnext_tiny", 27_820_128],
    ["dinov3_convnext_small", 49_454_688],
    ["dinov3_convnext_base", 87_566_464],
    ["dinov3_convnext_large", 196_230_336],
  ] as const)("%s has %i parameters", (name, count) => {
    expect(countParameters(configOf(name))).toBe(count);
    expect(recogniseConvNext(configOf(name))).toBe(name);
  });

  it("have the FLOPs that Liu et al. give, at 224 px and a multiply-add for one", () => {
    const figures = [
      ["dinov3_convnext_tiny", 4.5],
      ["dinov3_convnext_small", 8.7],
      ["dinov3_convnext_base", 15.4],
      ["dinov3_convnext_large", 34.4],
    ] as const;
    for (const [name, giga] of figures) {
      expect(forwardFlops(configOf(name), 49) / 2e9).toBeCloseTo(giga, 1);
    }
  });

  it("are cut at their stages where a picture is large", () => {
    const config = configOf("dinov3_convnext_large");
    expect(planSegments(config, 49)).toEqual([{ first: 0, last: 3 }]);
    expect(planSegments(config, 1024).map(({ first, last }) => [first, last])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const work = [0, 1, 2, 3].map((k) => layerFlops(config, 49, k));
    expect(work.reduce((sum, flops) => sum + flops, 0)).toBe(forwardFlops(config, 49));
    expect(layerSize(config, grid, 1)).toEqual({ rows: 8, cols: 12, width: 384, tokens: 97 });
  });
});

describe("in a session", () => {
  let session: Session;
  let ref: FeatureRef;
  beforeAll(async () => {
    const { executor } = await chooseExecutor("cpu");
    const { image } = await expectedOf("transformers");
    session = new Session({
      executor,
      pixels: {
        describe: async () => ({ name: "fixture.png", width: 96, height: 64 }),
        input: async () => image.data,
      },
      featureBytes: 2 ** 26,
      programBytes: 2 ** 28,
    });
    const card = await session.openModel(path.join(fixtures, "transformers"), unattended);
    expect(card).toMatchObject({
      name: "DINOv3 ConvNeXt 8-12-16-24",
      licence: "DINOv3 License",
      depth: 4,
      heads: 0,
      width: 24,
      patch: 32,
      stages: { widths: [8, 12, 16, 24], blocks: [1, 2, 3, 1] },
    });
    ref = { model: card.id, image: "i1", size: { kind: "native" }, layer: "last", norm: true };
  });
  afterAll(() => session.dispose());

  test("the last stage is normed, its mean with it", async () => {
    const { values } = await expectedOf("transformers");
    const found = await session.features(ref, unattended);
    expectClose([...found.cls, ...found.patches], await values("final"), tolerance);
    expect(found).toMatchObject({ norm: true, width: 24, geometry: { patch: 32, grid } });
    expect(found.registers).toHaveLength(0);
  });

  test("every other has its own grid, patch and width, and no norm", async () => {
    const { values } = await expectedOf("transformers");
    const found = await session.features({ ...ref, layer: 1 }, unattended);
    expectClose([...found.cls, ...found.patches], await values("stage1"), tolerance);
    expect(found).toMatchObject({
      norm: false,
      width: 12,
      geometry: { patch: 8, grid: { rows: 8, cols: 12 }, input: { width: 96, height: 64 } },
    });
    const call = probeCall.parse({ probe: "norm", options: {} });
    const { geometry, result } = await session.probe({ ...ref, layer: 1 }, call, unattended);
    expect(geometry.grid).toEqual({ rows: 8, cols: 12 });
    const text = (label: string) => result.recipe.find((line) => line.label === label)?.text;
    expect(text("Layer")).toBe("stage 2 of 4 (--layer 1)");
    expect(text("Norm")).toBe("none, as the stage leaves them");
  });

  test.each(["mean", 0] as const)("there is no attention, of head %s", async (head) => {
    const call = probeCall.parse({ probe: "attention", options: { token: { kind: "cls" }, head } });
    await expect(session.probe(ref, call, unattended)).rejects.toMatchObject({
      code: "option.invalid",
      message: "attention: DINOv3 ConvNeXt 8-12-16-24 is a convolutional network and has none",
    });
  });
});
