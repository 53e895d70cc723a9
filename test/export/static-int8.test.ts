/** int8 with fixed steps: how they are chosen, what the file computes, and what is asked for. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { levelsOf, staticProduct, type InputRange } from "../../engine/export/matrix-products.ts";
import { OnnxGraph } from "../../engine/export/onnx-graph.ts";
import { describeOnnx } from "../../engine/export/read-onnx.ts";
import { ValueCounts } from "../../engine/export/value-counts.ts";
import { writeOnnx } from "../../engine/export/write-onnx.ts";
import { runExportJob, runVerifyJob } from "../../engine/host/export-job.ts";
import { exportWish, type ExportWishInput } from "../../engine/protocol/exporting.ts";
import { Draws } from "../../engine/random/draws.ts";
import { unattended } from "../../engine/session/control.ts";
import { bundledModel } from "../support/running-engine.ts";

/** Models are opened and compiled, and slowly where the machine is shared. */
vi.setConfig({ testTimeout: 240_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-int8-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Sum of squared errors of the values themselves, by the definition of QuantizeLinear. */
function errorOf(values: Float32Array, range: InputRange): number {
  const { scale, zero } = levelsOf(range);
  return values.reduce((sum, value) => {
    const level = Math.min(255, Math.max(0, Math.round(value / scale) + zero));
    return sum + (value - (level - zero) * scale) ** 2;
  }, 0);
}

function bestOf(values: Float32Array): InputRange {
  const counts = new ValueCounts();
  counts.add(values);
  return counts.bestRange();
}

test("a range that is filled evenly is taken whole, 0 in it", () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => 2 + i / 5000);
  const { low, high } = bestOf(values);
  expect(low).toBe(0);
  // Values of one count differ by 1 / 128 at most.
  expect(Math.abs(high - 3)).toBeLessThan(3 / 128);
});

test("one value far out is cut off where the finer steps of all the others gain more", () => {
  const draws = new Draws(1);
  const values = Float32Array.from({ length: 200_000 }, () => draws.normal());
  values[7] = 40;
  values[8] = Infinity;
  const found = bestOf(values);
  values[8] = 0;
  // n (high - low)^2 / (12 255^2) of rounding and (40 - high)^2 of cutting off are least at 31.
  expect(found.high).toBeGreaterThan(28);
  expect(found.high).toBeLessThan(34);
  expect(errorOf(values, found)).toBeLessThan(0.9 * errorOf(values, { low: -4.5, high: 40 }));
  // The best of a search over both limits, by the values themselves.
  let best = Infinity;
  for (const low of [-5, -4.5, -4, -3.5]) {
    for (let high = 20; high <= 40; high++) best = Math.min(best, errorOf(values, { low, high }));
  }
  expect(errorOf(values, found)).toBeLessThan(1.05 * best);
});

test("the product is that of the rounded numbers", async () => {
  const draws = new Draws(2);
  const [n, inner, outer] = [5, 48, 7];
  const weights = Float32Array.from({ length: inner * outer }, () => draws.normal());
  const x = Float32Array.from({ length: n * inner }, () => 2 * draws.normal());
  const range = { low: -1.5, high: 4 };
  const graph = new OnnxGraph();
  graph.input("x", "float32", [1, n, inner]);
  const multiply = staticProduct({ w: range });
  const matrix = { name: "w", inner, outer, read: async () => weights };
  graph.output("y", multiply(graph, "x", matrix), "float32", [1, n, outer]);
  const file = join(folder, "product.onnx");
  await writeOnnx(file, graph, { opset: 17, description: "", metadata: {} });
  const session = await InferenceSession.create(file);
  const { y } = await session.run({ x: new Tensor("float32", x, [1, n, inner]) });
  await session.release();

  const { scale, zero } = levelsOf(range);
  const found = y!.data as Float32Array;
  for (let column = 0; column < outer; column++) {
    const own = Array.from({ length: inner }, (_, i) => weights[i * outer + column]!);
    const step = Math.max(...own.map(Math.abs)) / 127;
    for (let row = 0; row < n; row++) {
      const sum = own.reduce((total, weight, i) => {
        const level = Math.round(x[row * inner + i]! / scale) + zero;
        const cut = Math.min(255, Math.max(0, level)) - zero;
        return total + cut * Math.round(weight / step);
      }, 0);
      // Whole numbers are exact; a tie that rounds another way would be a whole step, 0.02 or more.
      expect(Math.abs(found[row * outer + column]! - sum * scale * step)).toBeLessThan(1e-4);
    }
  }
});

const wish: ExportWishInput = {
  model: bundledModel,
  folder: "",
  format: "onnx",
  precisions: ["int8-static"],
  calibrate: join(import.meta.dirname, "../../assets/samples"),
  limit: 1,
  sizes: ["160x96"],
};
const job = { ...unattended, rope: "fp32" } as const;

test("the model in the box keeps the direction of its patches, in standard operators", async () => {
  const made = await runExportJob(exportWish.parse({ ...wish, folder: join(folder, "out") }), job);
  const [only] = made.card!.exports;
  expect(only).toMatchObject({
    precision: "int8-static",
    file: "onnx/model_int8.onnx",
    bar: { measure: "cosine-p1", limit: 0.98 },
    verdict: "pass",
  });
  expect(only!.numbers.cosine.p1).toBeLessThan(1);
  const words = /^\d+ images of the folder "samples"$/;
  expect(made.card!.calibration).toMatch(words);
  const path = join(made.folder, only!.file);
  const bytes = await readFile(path, "latin1");
  expect(bytes).toContain("DequantizeLinear");
  for (const other of ["com.microsoft", "DynamicQuantizeLinear", "MatMulInteger"]) {
    expect(bytes).not.toContain(other);
  }
  expect((await describeOnnx(path)).metadata["calibration"]).toMatch(words);
  expect(made.files.map(({ name }) => name)).not.toContain("calibration/observed.onnx");
  expect(await readFile(join(made.folder, "README.md"), "utf8")).toContain(
    "The steps of int8-static were fixed on",
  );
  const asked = { path: made.folder, images: "scenes", limit: 1, sizes: ["160x96"], bars: {} };
  expect((await runVerifyJob(asked, job)).verdict).toBe("pass");
});

test.each([
  [{ calibrate: undefined }, "expected --calibrate with a folder of photographs, received none"],
  [{ precisions: ["int8"] as const }, "--calibrate: expected int8-static among the precisions"],
  [{ calibrate: import.meta.dirname }, "expected readable images"],
])("%j is refused in one message", async (change, words) => {
  const asked = exportWish.parse({ ...wish, ...change, folder: join(folder, "never") });
  await expect(runExportJob(asked, job)).rejects.toMatchObject({
    message: expect.stringContaining(words) as string,
  });
});
