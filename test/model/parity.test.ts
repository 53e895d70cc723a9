/**
 * The backbone against a plain PyTorch implementation (test/fixtures/make_vit.py, float64), over
 * every executor that runs here.
 */
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor, HostTensor } from "../../engine/executors/executor.ts";
import { prefixTokens } from "../../engine/model/config.ts";
import { blockName } from "../../engine/model/params.ts";
import {
  attentionProgram,
  normProgram,
  segmentProgram,
  type BackboneShape,
} from "../../engine/model/programs.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";
import { holdWebGpuDevice, webgpuSkip } from "../support/webgpu.ts";

const fixtures = path.join(import.meta.dirname, "../fixtures/vit");
/** float32 sums of up to 256 products of order 1, three blocks deep; the reference is float64. */
const tolerance = { atol: 2e-5, rtol: 2e-5 };
const models = ["mlp", "swiglu", "mlp-bf16", "mlp-f16"] as const;

let expected: (name: string) => Promise<Float32Array>;
beforeAll(async () => {
  const file = await readSafetensors(path.join(fixtures, "expected.safetensors"));
  expected = (name) => readTensor(file, file.tensors.get(name)!);
});

async function shapeOf(model: string, rope: "fp32" | "bf16" = "fp32"): Promise<BackboneShape> {
  const { config, params } = await openModelFiles(path.join(fixtures, model));
  const grid = { rows: 64 / config.patch, cols: 96 / config.patch };
  return { model, config, params, grid, rope };
}

async function runImage(executor: Executor, shape: BackboneShape, outputs: string[]) {
  const program = segmentProgram(shape, { first: 0, last: shape.config.depth - 1 });
  const prepared = await executor.prepare(program);
  try {
    return await prepared.run({ image: await image() }, outputs);
  } finally {
    await prepared.dispose();
  }
}

async function image(): Promise<HostTensor> {
  return { dtype: "float32", shape: [1, 3, 64, 96], data: await expected("image") };
}

for (const device of ["tfjs", "cpu", "webgpu"] as const) {
  describe.skipIf(device === "webgpu" && webgpuSkip !== undefined)(`on ${device}`, () => {
    let executor: Executor;
    if (device === "webgpu") holdWebGpuDevice();
    beforeAll(async () => {
      ({ executor } = await chooseExecutor(device));
    });

    it.each(models)("%s: the normed tokens are PyTorch's", async (model) => {
      const shape = await shapeOf(model);
      const { norm } = await runImage(executor, shape, ["norm"]);
      const tokens = prefixTokens(shape.config) + shape.grid.rows * shape.grid.cols;
      expect(norm!.shape).toEqual([1, tokens, shape.config.width]);
      expectClose(norm!.data, await expected(`${model}.final`), tolerance, model);
    });

    it.each(["mlp", "swiglu"])("%s: so are the tokens after every block", async (model) => {
      const shape = await shapeOf(model);
      const names = Array.from({ length: shape.config.depth }, (_, k) => blockName(k));
      const blocks = await runImage(executor, shape, names);
      for (const [k, name] of names.entries()) {
        const reference = await expected(`${model}.${name}`);
        expectClose(blocks[name]!.data, reference, tolerance, `${model} block ${k}`);
      }
    });

    it("periods rounded to bfloat16 give the features of the official files", async () => {
      const { norm } = await runImage(executor, await shapeOf("mlp", "bf16"), ["norm"]);
      expectClose(norm!.data, await expected("mlp.final.bf16_periods"), tolerance);
      const plain = await expected("mlp.final");
      const apart = Math.max(...plain.map((value, i) => Math.abs(value - norm!.data[i]!)));
      expect(apart, "the two precisions differ").toBeGreaterThan(1e-4);
    });

    it("blocks run in segments give what one run gives", async () => {
      const shape = await shapeOf("mlp");
      const first = await executor.prepare(segmentProgram(shape, { first: 0, last: 0 }));
      const rest = await executor.prepare(segmentProgram(shape, { first: 1, last: 2 }));
      const { block00 } = await first.run({ image: await image() }, ["block00"]);
      const { norm } = await rest.run({ tokens: block00! }, ["norm"]);
      expectClose(norm!.data, await expected("mlp.final"), tolerance);
      await Promise.all([first.dispose(), rest.dispose()]);
    });

    it("the final norm can be applied to any block's tokens", async () => {
      const shape = await shapeOf("mlp");
      const prepared = await executor.prepare(normProgram(shape));
      const tokens: HostTensor = {
        dtype: "float32",
        shape: [1, 29, 64],
        data: await expected("mlp.block02"),
      };
      const { norm } = await prepared.run({ tokens }, ["norm"]);
      expectClose(norm!.data, await expected("mlp.final"), tolerance);
      await prepared.dispose();
    });

    it.each([
      ["attention.cls", 0],
      ["attention.patch5", 10],
    ])("the attention row %s is PyTorch's and sums to 1", async (name, token) => {
      const shape = await shapeOf("mlp");
      const prepared = await executor.prepare(attentionProgram(shape, 1));
      const tokens: HostTensor = {
        dtype: "float32",
        shape: [1, 29, 64],
        data: await expected("mlp.block00"),
      };
      const query: HostTensor = { dtype: "int32", shape: [1], data: Int32Array.of(token) };
      const { rows } = await prepared.run({ tokens, token: query }, ["rows"]);
      expect(rows!.shape).toEqual([2, 29]);
      expectClose(rows!.data, await expected(`mlp.${name}`), { atol: 2e-6 });
      const sum = (rows!.data as Float32Array).subarray(0, 29).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 5);
      await prepared.dispose();
    });
  });
}
