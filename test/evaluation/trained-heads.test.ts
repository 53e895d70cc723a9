/**
 * Heads trained here against heads trained by PyTorch (test/fixtures/evaluation/make_heads.py,
 * float64, losses over pixels), and what the probes count, by hand.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Scalar, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  countPixels,
  intersectionOverUnion,
  meanClassAccuracy,
  meanIou,
  meanIouOfPresent,
  pixelAccuracy,
  sumCounts,
} from "../../engine/evaluation/class-counts.ts";
import { crossEntropyTask } from "../../engine/evaluation/cross-entropy-task.ts";
import { depthErrors } from "../../engine/evaluation/depth-errors.ts";
import { depthTask, expectedDepths, PatchDepths } from "../../engine/evaluation/depth-head.ts";
import { FeatureStore } from "../../engine/evaluation/feature-store.ts";
import { applyHead } from "../../engine/evaluation/linear-head.ts";
import { PatchLabels } from "../../engine/evaluation/patch-labels.ts";
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import { trainHeads, type TrainingData } from "../../engine/evaluation/train-head.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Picture } from "../../engine/labels/labelled.ts";
import { expectClose } from "../support/allclose.ts";

interface Trained {
  readonly outputs: number[];
}
interface Fixture {
  readonly features: number[];
  readonly mask: number[];
  readonly segmentation: Trained[];
  readonly depth: number[];
  readonly depthHead: Trained & { readonly depths: number[] };
  readonly depthLoss: { readonly outputs: number[]; readonly losses: number[] };
  readonly errors: { predicted: number[]; truth: number[]; expected: number[] };
}

const [rows, cols, width] = [5, 8, 8];
const n = rows * cols;
/** Two pixels a patch each way. */
const picture: Picture = {
  name: "a picture",
  width: 2 * cols,
  height: 2 * rows,
  pixels: new Uint8Array(12 * n),
};
const training = { batch: 1000, beta1: 0.9 };
/**
 * A hundred steps of Adam in float32 against float64: its steps do not shrink with the gradient, so
 * rounding of a small one moves a weight by a good part of 1e-5 a step. A wrong schedule, decay,
 * clipping or loss moves outputs by 1e-2 and more.
 */
const tolerance = { atol: 5e-4, rtol: 5e-4 };

let fixture: Fixture;
let programs: PreparedPrograms;
let store: FeatureStore;
beforeAll(async () => {
  const file = path.join(import.meta.dirname, "../fixtures/evaluation/heads.json");
  fixture = JSON.parse(await readFile(file, "utf8")) as Fixture;
  programs = new PreparedPrograms((await chooseExecutor("cpu")).executor);
  store = new FeatureStore(width);
  store.add(Float32Array.from(fixture.features));
});

const everyRow = () => Int32Array.from({ length: n }, (_, i) => i);

function segmentationData(): TrainingData {
  const labels = new PatchLabels(3);
  labels.add({ picture, mask: Uint8Array.from(fixture.mask) }, rows, cols);
  return {
    store,
    rows: everyRow(),
    targets: (indices, out) => {
      labels.read(indices, out);
    },
  };
}

describe("a linear head", () => {
  it("of a sweep is each PyTorch's, trained alone with the loss over pixels", async () => {
    const rates = [
      { learningRate: 1e-2, weightDecay: 1e-2 },
      { learningRate: 3e-3, weightDecay: 1e-1 },
    ];
    const settings = { ...training, rates, steps: 60, warmupSteps: 5, beta2: 0.999, clip: 0 };
    const heads = await trainHeads(segmentationData(), crossEntropyTask(3), settings, 7, {
      programs,
    });
    expect(heads.length).toBe(2);
    for (const [i, head] of heads.entries()) {
      const outputs = await applyHead(head, Float32Array.from(fixture.features), programs);
      expectClose(outputs, fixture.segmentation[i]!.outputs, tolerance, `rate ${i}`);
    }
  });

  it("of depths is PyTorch's: bins, SigLoss with its warm-up, and clipping", async () => {
    const bins = { count: 16, range: [0.5, 8] } as const;
    const labels = new PatchDepths();
    labels.add({ picture, depth: Float32Array.from(fixture.depth) }, rows, cols, 4, bins);
    const data: TrainingData = {
      store,
      rows: everyRow(),
      targets: (indices, out) => {
        labels.read(indices, out);
      },
    };
    const rates = [{ learningRate: 1e-2, weightDecay: 1e-2 }];
    const settings = { ...training, rates, steps: 130, warmupSteps: 10, beta2: 0.99, clip: 0.05 };
    const [head] = await trainHeads(data, depthTask(bins), settings, 7, { programs });
    const outputs = await applyHead(head!, Float32Array.from(fixture.features), programs);
    expectClose(outputs, fixture.depthHead.outputs, tolerance, "outputs");
    expectClose(expectedDepths(outputs, bins), fixture.depthHead.depths, tolerance, "depths");
  });

  it("of depths has SigLoss to train by, over pixels, before and after its warm-up", async () => {
    const bins = { count: 16, range: [0.5, 8] } as const;
    const labels = new PatchDepths();
    labels.add({ picture, depth: Float32Array.from(fixture.depth) }, rows, cols, 4, bins);
    const targets = new Float32Array(3 * n);
    labels.read(everyRow(), targets);
    const task = depthTask(bins);
    const program = await programs.prepare({
      name: "depth loss",
      inputs: {
        outputs: { dtype: "float32", shape: [n, 1, 16] },
        targets: { dtype: "float32", shape: [n, 3] },
        phase: { dtype: "float32", shape: [] },
      },
      params: {},
      build: ({ outputs, targets: given, phase }) => ({
        loss: task.loss(outputs as Tensor3D, given as Tensor2D, phase as Scalar),
      }),
    });
    const outputs = Float32Array.from(fixture.depthLoss.outputs);
    for (const [i, step] of [0, 100].entries()) {
      const { loss } = await program.run(
        {
          outputs: { dtype: "float32", shape: [n, 1, 16], data: outputs },
          targets: { dtype: "float32", shape: [n, 3], data: targets },
          phase: { dtype: "float32", shape: [], data: Float32Array.of(task.phaseAt!(step)) },
        },
        ["loss"],
      );
      // A few float32 sums of forty terms.
      expectClose(loss!.data, [fixture.depthLoss.losses[i]!], { atol: 0, rtol: 1e-5 });
    }
  });

  it("is the same again with the same seed, and another with another", async () => {
    const rates = [{ learningRate: 1e-2, weightDecay: 0 }];
    const settings = {
      rates,
      steps: 20,
      warmupSteps: 2,
      batch: 8,
      beta1: 0.9,
      beta2: 0.99,
      clip: 0,
    };
    const train = (seed: number) =>
      trainHeads(segmentationData(), crossEntropyTask(3), settings, seed, { programs });
    const first = await train(1);
    expect(await train(1)).toEqual(first);
    expect(await train(2)).not.toEqual(first);
  });

  it("stops when it is cancelled", async () => {
    const rates = [{ learningRate: 1e-2, weightDecay: 0 }];
    const settings = { ...training, rates, steps: 1e6, warmupSteps: 2, beta2: 0.99, clip: 0 };
    const signal = AbortSignal.timeout(50);
    const run = trainHeads(segmentationData(), crossEntropyTask(3), settings, 1, {
      programs,
      signal,
    });
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("labels of patches", () => {
  const two: Picture = { name: "two.png", width: 4, height: 2, pixels: new Uint8Array(24) };

  it("are the parts of their area that have each class", () => {
    const labels = new PatchLabels(3);
    labels.add({ picture: two, mask: Uint8Array.of(0, 1, 2, 255, 0, 0, 2, 255) }, 1, 2);
    const out = new Float32Array(6);
    labels.read([0, 1], out);
    expect([...out]).toEqual([0.75, 0.25, 0, 0, 0, 0.5]);
    labels.add({ picture: two, mask: new Uint8Array(8).fill(255) }, 1, 2);
    expect([0, 1, 2, 3].map((patch) => labels.isLabelled(patch))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("refuse a mask of another size and a class that is not declared, by the picture's name", () => {
    const labels = new PatchLabels(3);
    expect(() => {
      labels.add({ picture: two, mask: new Uint8Array(9) }, 1, 2);
    }).toThrow(/^two\.png: expected a mask of 4 × 2 pixels as the picture, received 9 pixels/);
    expect(() => {
      labels.add({ picture: two, mask: Uint8Array.of(0, 0, 0, 0, 0, 3, 0, 0) }, 1, 2);
    }).toThrow(/^two\.png: expected classes 0 to 2.*has 3 at 1, 1/);
    expect(() => {
      new PatchDepths().add({ picture: two, depth: new Float32Array(7) }, 1, 2, 4, {
        count: 2,
        range: [0, 1],
      });
    }).toThrow(/^two\.png: expected 4 × 2 depths/);
  });
});

describe("features in memory", () => {
  it("come back as float16 has them, row by row, standardised as a batch norm would", () => {
    const blocks = new FeatureStore(2);
    blocks.add(Float32Array.of(1, 10, 3, 10));
    blocks.add(Float32Array.of(8, 10));
    const out = new Float32Array(4);
    blocks.read([2, 1], out);
    expect([...out]).toEqual([8, 10, 3, 10]);
    blocks.read([0, 2], out, blocks.moments());
    // Of 1, 3, 8: mean 4, variance 26 / 3; the second channel does not vary.
    const deviation = Math.sqrt(26 / 3 + 1e-5);
    expectClose(out, [-3 / deviation, 0, 4 / deviation, 0], { atol: 1e-6 });
    expect(blocks.pictures).toEqual([
      { first: 0, end: 2 },
      { first: 2, end: 3 },
    ]);
  });
});

describe("numbers", () => {
  it("of segmentation, by hand", () => {
    const confusion = new Float64Array(9);
    const truth = Uint8Array.of(0, 0, 0, 1, 1, 255);
    const counts = countPixels(truth, Uint8Array.of(0, 0, 1, 1, 2, 2), 3, confusion);
    expect([...confusion]).toEqual([2, 1, 0, 0, 1, 1, 0, 0, 0]);
    expect([...intersectionOverUnion(counts)]).toEqual([2 / 3, 1 / 3, 0]);
    expect(meanIou(counts)).toBeCloseTo(1 / 3, 12);
    expect(meanIouOfPresent(counts)).toBeCloseTo(1 / 2, 12);
    expect(pixelAccuracy(counts)).toBeCloseTo(3 / 5, 12);
    expect(meanClassAccuracy(counts)).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
    const twice = sumCounts([counts, counts], 3, [0, 2]);
    expect([...twice.truth]).toEqual([6, 4, 0]);
  });

  it("of segmentation leave out a class that is nowhere", () => {
    const confusion = new Float64Array(9);
    const counts = countPixels(Uint8Array.of(0, 1), Uint8Array.of(0, 1), 3, confusion);
    expect([...intersectionOverUnion(counts)]).toEqual([1, 1, NaN]);
    expect(meanIou(counts)).toBe(1);
  });

  it("of depth are numpy's", () => {
    const { predicted, truth, expected } = fixture.errors;
    // Sums of fifty doubles.
    expectClose(depthErrors(predicted, truth, [0.5, 8]), expected, { atol: 1e-12, rtol: 1e-12 });
  });
});
