/**
 * Frozen features against the way the session computes them (segmentProgram, which PyTorch
 * witnesses in test/model/parity.test.ts), and what surrounds a batch.
 */
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freeze, type FrozenModel } from "../../engine/evaluation/frozen-backbone.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor, ParamSource } from "../../engine/executors/executor.ts";
import { planInput } from "../../engine/image/plan-input.ts";
import { preprocess } from "../../engine/image/preprocess.ts";
import type { Picture } from "../../engine/labels/labelled.ts";
import { segmentProgram } from "../../engine/model/programs.ts";
import { splitTokens } from "../../engine/model/split-tokens.ts";
import { Draws } from "../../engine/random/draws.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";
import { countingExecutor } from "../support/counting-executor.ts";

const folder = path.join(import.meta.dirname, "../fixtures/vit/mlp");
const input = { width: 96, height: 64 };
/** The same products in float32, summed in another order: what the issue asks for. */
const tolerance = { atol: 1e-5, rtol: 1e-5 };

let executor: Executor;
let model: FrozenModel;
beforeAll(async () => {
  ({ executor } = await chooseExecutor("cpu"));
  model = await openModelFiles(folder);
});

function picture(index: number, width = 70, height = 50): Picture {
  const draws = new Draws(5, index);
  const pixels = Uint8Array.from({ length: 3 * width * height }, () => draws.below(256));
  return { name: `picture ${index}`, width, height, pixels };
}

/** One picture, one run, as the session does it. */
async function alone(one: Picture) {
  const { config, params, preprocessor } = model;
  const grid = { rows: input.height / config.patch, cols: input.width / config.patch };
  const shape = { model: "alone", config, params, grid, rope: "fp32" } as const;
  const program = segmentProgram(shape, { first: 0, last: config.depth - 1 });
  const prepared = await executor.prepare(program);
  const geometry = planInput(one, { kind: "exact", ...input }, preprocessor, config.patch);
  const data = preprocess(one, geometry, preprocessor);
  const image = { dtype: "float32", shape: [1, 3, input.height, input.width], data } as const;
  const { norm } = await prepared.run({ image }, ["norm"]);
  await prepared.dispose();
  return splitTokens(config, norm!.data as Float32Array);
}

describe("frozen features", () => {
  it("of a batch, and of what is left over, are those of every picture alone", async () => {
    const backbone = await freeze(model, executor, { batch: 3 });
    // Of several sizes: each is resized to the input.
    const pictures = [picture(0), picture(1, 96, 64), picture(2, 131, 40), picture(3), picture(4)];
    const features = await backbone.features(pictures, input);
    expect(features.length).toBe(5);
    for (const [i, one] of pictures.entries()) {
      const expected = await alone(one);
      const { cls, patches, rows, cols, width } = features[i]!;
      expect([rows * cols * width, width]).toEqual([expected.patches.length, model.config.width]);
      expectClose(cls, expected.cls, tolerance, `CLS of ${one.name}`);
      expectClose(patches, expected.patches, tolerance, `patches of ${one.name}`);
    }
    const apart = features[0]!.cls.map((value, j) => Math.abs(value - features[3]!.cls[j]!));
    expect(Math.max(...apart), "pictures differ").toBeGreaterThan(1e-3);
    await backbone.dispose();
  });

  it("of weights in memory are those of the file, and any change of one is another fingerprint", async () => {
    const file = await readSafetensors(path.join(folder, "model.safetensors"));
    const entries = [...file.tensors.values()];
    const params: Record<string, ParamSource> = {};
    for (const [name, param] of Object.entries(model.params)) {
      if (param.kind !== "file") throw new Error("internal: expected a file");
      const start = param.byteOffset;
      const entry = entries.find((tensor) => tensor.byteOffset === start)!;
      const data = await readTensor(file, entry);
      params[name] = { kind: "values", data, shape: param.shape };
    }
    const fromFile = await freeze(model, executor);
    const inMemory = await freeze({ ...model, params }, executor);
    expect(inMemory.fingerprint).toBe(fromFile.fingerprint);
    const [a] = await fromFile.features([picture(1)], input);
    const [b] = await inMemory.features([picture(1)], input);
    expect(b!.patches).toEqual(a!.patches);

    const bias = params["norm.bias"] as Extract<ParamSource, { kind: "values" }>;
    const moved = { ...bias, data: bias.data.map((value, i) => value + (i === 0 ? 1e-6 : 0)) };
    const other = await freeze({ ...model, params: { ...params, "norm.bias": moved } }, executor);
    expect(other.fingerprint).not.toBe(fromFile.fingerprint);
    for (const backbone of [fromFile, inMemory, other]) await backbone.dispose();
  });

  it("come from one program a batch and size, and disposing leaves none", async () => {
    const counting = countingExecutor(executor);
    const backbone = await freeze(model, counting.executor, { batch: 2 });
    await backbone.features(
      [0, 1, 2, 3, 4].map((i) => picture(i)),
      input,
    );
    expect(counting.counts.runs.length).toBe(3);
    expect(counting.counts.live).toBe(2);
    for (const width of [32, 48, 64]) await backbone.features([picture(0)], { width, height: 32 });
    expect(counting.counts.mostLive).toBeLessThanOrEqual(4);
    await backbone.dispose();
    expect(counting.counts.live).toBe(0);
  });

  it("can be cancelled between two batches", async () => {
    const controller = new AbortController();
    const counting = countingExecutor(executor);
    const backbone = await freeze(model, counting.executor, { batch: 1 });
    const work = backbone.features(
      [0, 1, 2, 3].map((i) => picture(i)),
      input,
      controller.signal,
    );
    const refused = expect(work).rejects.toMatchObject({ code: "cancelled" });
    setTimeout(() => {
      controller.abort();
    }, 0);
    await refused;
    expect(counting.counts.runs.length).toBeLessThan(4);
    await backbone.dispose();
  });

  it("refuse sides that are no multiples of the patch", async () => {
    const backbone = await freeze(model, executor);
    await expect(backbone.features([picture(0)], { width: 97, height: 64 })).rejects.toThrow(
      /expected multiples of the patch, 16 px, received 97 × 64/,
    );
  });
});
