/** k-NN against numpy by brute force, logistic regression against PyTorch, and reports of both probes. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { crossEntropyTask } from "../../engine/evaluation/cross-entropy-task.ts";
import { FeatureStore } from "../../engine/evaluation/feature-store.ts";
import type { FrozenBackbone } from "../../engine/evaluation/frozen.ts";
import { knnPresets, measureKnn } from "../../engine/evaluation/knn.ts";
import { minimise } from "../../engine/evaluation/lbfgs.ts";
import { linearPresets, measureLinear } from "../../engine/evaluation/linear-classification.ts";
import { applyHead } from "../../engine/evaluation/linear-head.ts";
import type { Measuring } from "../../engine/evaluation/measuring.ts";
import { fitMultinomial } from "../../engine/evaluation/multinomial.ts";
import { parseProbeReport } from "../../engine/evaluation/probe-report.ts";
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import { trainHeads } from "../../engine/evaluation/train-head.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { LabelledSet, Picture } from "../../engine/labels/labelled.ts";
import { Draws } from "../../engine/random/draws.ts";
import { expectClose } from "../support/allclose.ts";

interface Fixture {
  readonly train: number[];
  readonly trainLabels: number[];
  readonly test: number[];
  readonly testLabels: number[];
  readonly votes: Record<string, number[]>;
  readonly probabilities: number[];
  readonly sgd: number[];
}

const [width, kinds] = [8, 4];
let fixture: Fixture;
let programs: PreparedPrograms;
beforeAll(async () => {
  const file = path.join(import.meta.dirname, "../fixtures/evaluation/heads.json");
  fixture = (JSON.parse(await readFile(file, "utf8")) as { classes: Fixture }).classes;
  programs = new PreparedPrograms((await chooseExecutor("cpu")).executor);
});

/** Gives the fixture's features: a picture's first pixel says which. */
function lookUp(): FrozenBackbone {
  return {
    name: "looked up",
    fingerprint: "looked up",
    width,
    patch: 16,
    features: (pictures) =>
      Promise.resolve(
        pictures.map(({ pixels }) => {
          const rows = pixels[1] === 0 ? fixture.train : fixture.test;
          const at = pixels[0]! * width;
          const cls = Float32Array.from(rows.slice(at, at + width));
          return { cls, patches: cls.map((value) => -value), rows: 1, cols: 1, width };
        }),
      ),
  };
}

function fixtureSet(): LabelledSet<"classification"> {
  const split = (which: number, labels: readonly number[]) => ({
    count: labels.length,
    load: (index: number) => {
      const name = `${which === 0 ? "train" : "test"} ${index}`;
      const picture: Picture = {
        name,
        width: 1,
        height: 1,
        pixels: Uint8Array.of(index, which, 0),
      };
      return Promise.resolve({ picture, label: labels[index]! });
    },
  });
  return {
    classes: ["a", "b", "c", "d"],
    splits: { train: split(0, fixture.trainLabels), test: split(1, fixture.testLabels) },
    description: "four clouds",
    fingerprint: "four clouds",
  };
}

const measuring = (): Measuring => ({ backbone: lookUp(), programs });
const right = (given: readonly number[]) =>
  given.filter((label, i) => label === fixture.testLabels[i]).length / given.length;

describe("k-NN", () => {
  const settings = { ...knnPresets.paper, ks: [1, 5, 20] };

  it("votes as numpy by brute force", async () => {
    const { report, drawings } = await measureKnn(fixtureSet(), measuring(), {
      preset: "own",
      settings,
      seed: 0,
    });
    expect(report.numbers.map(({ name, value }) => [name, value])).toEqual(
      [1, 5, 20].map((k) => [`top-1, k = ${k}`, right(fixture.votes[k]!)]),
    );
    const { low, high, value } = report.numbers[0]!;
    expect(low! < value && value < high!).toBe(true);
    for (const [i, { index }] of report.cases.entries()) {
      expect(drawings[i]!.prediction).toBe(fixture.votes[1]![index]);
      expect(drawings[i]!.label).toBe(fixture.testLabels[index]);
      const [nearest] = drawings[i]!.neighbours;
      expect(fixture.trainLabels[nearest!]).toBe(drawings[i]!.prediction);
    }
    expect(parseProbeReport(JSON.stringify(report), "report")).toEqual(report);
  });

  it("asks for no more neighbours than there are", async () => {
    const run = async (ks: readonly number[]) => {
      const own = { preset: "own", settings: { ...settings, ks }, seed: 0 };
      return (await measureKnn(fixtureSet(), measuring(), own)).report.numbers.map((n) => n.name);
    };
    expect(await run(knnPresets.paper.ks)).toEqual(["top-1, k = 10", "top-1, k = 20"]);
    expect(await run([100])).toEqual(["top-1, k = 60"]);
  });

  it("refuses an empty split and a class that is not declared", async () => {
    const set = fixtureSet();
    const empty = { ...set, splits: { ...set.splits, train: { ...set.splits.train, count: 0 } } };
    await expect(measureKnn(empty, measuring())).rejects.toThrow(
      /^four clouds, to train on: expected at least one picture, found none/,
    );
    await expect(measureKnn({ ...set, classes: ["a", "b"] }, measuring())).rejects.toThrow(
      /^train \d+: expected a class from 0 to 1, received [23]$/,
    );
  });
});

describe("logistic regression", () => {
  it("gives the probabilities of PyTorch's minimum", async () => {
    const rows = { data: Float32Array.from(fixture.train), count: 60, width };
    const options = { c: 0.5, tolerance: 1e-6, maxIterations: 1000 };
    const head = await fitMultinomial(rows, fixture.trainLabels, kinds, programs, options);
    const logits = await applyHead(head, Float32Array.from(fixture.test), programs);
    const probabilities = logits.map((_, i) => {
      const row = logits.subarray(i - (i % kinds), i - (i % kinds) + kinds);
      return Math.exp(logits[i]!) / row.reduce((sum, value) => sum + Math.exp(value), 0);
    });
    // A gradient of 1e-6 over a curvature of 1 / (C n) = 0.03.
    expectClose(probabilities, fixture.probabilities, { atol: 2e-4 });
  });

  it("finds the lowest point of a narrow valley", async () => {
    // Rosenbrock's, at (1, 1).
    const { at } = await minimise(
      ([x, y]) =>
        Promise.resolve({
          value: (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2,
          gradient: Float64Array.of(
            -2 * (1 - x!) - 400 * x! * (y! - x! * x!),
            200 * (y! - x! * x!),
          ),
        }),
      Float64Array.of(-1.2, 1),
      { tolerance: 1e-8, maxIterations: 500 },
    );
    expectClose(at, [1, 1], { atol: 1e-6 });
  });
});

describe("SGD with momentum", () => {
  it("takes PyTorch's steps", async () => {
    const store = new FeatureStore(width);
    store.add(Float32Array.from(fixture.train));
    const data = {
      store,
      rows: Int32Array.from(fixture.trainLabels.keys()),
      targets: (indices: Int32Array, out: Float32Array) => {
        out.fill(0);
        indices.forEach((row, i) => (out[i * kinds + fixture.trainLabels[row]!] = 1));
      },
    };
    const rates = [{ learningRate: 0.05, weightDecay: 1e-2 }];
    const own = { optimiser: "sgd", isRaw: true, beta1: 0.9, beta2: 0, clip: 0 } as const;
    const training = { ...own, rates, steps: 40, batch: 60, warmupSteps: 0 };
    const [head] = await trainHeads(data, crossEntropyTask(kinds), training, 7, { programs });
    const outputs = await applyHead(head!, Float32Array.from(fixture.test), programs);
    // Forty steps in float32; SGD's shrink with the gradient, so rounding does not grow.
    expectClose(outputs, fixture.sgd, { atol: 1e-4, rtol: 1e-4 });
  });
});

describe("linear classification", () => {
  it("tells clouds apart about as well as PyTorch's solution, by either preset", async () => {
    const set = fixtureSet();
    const { report, drawings } = await measureLinear(set, measuring());
    const best = fixture.testLabels.map((_, i) => {
      const row = fixture.probabilities.slice(i * kinds, (i + 1) * kinds);
      return row.indexOf(Math.max(...row));
    });
    // C differs, so a picture or two of 25 may.
    expect(report.numbers[0]!.value).toBeGreaterThan(right(best) - 0.09);
    expect(report.numbers[0]!.name).toBe("top-1");
    expect(linearPresets.quick.solver.cs).toContain(report.settings["c"]);
    expect(drawings.length).toBe(report.cases.length);
    expect(parseProbeReport(JSON.stringify(report), "report")).toEqual(report);

    const { paper } = linearPresets;
    const solver = { ...paper.solver, steps: 60 };
    const settings = { ...paper, features: "cls+patches", validation: 0.25, solver } as const;
    const sgd = await measureLinear(set, measuring(), { preset: "paper", settings, seed: 0 });
    expect(sgd.report.numbers[0]!.value).toBeGreaterThan(right(best) - 0.13);
    expect(sgd.head.width).toBe(2 * width);
    expect(sgd.report.settings["learningRates"]).toHaveLength(30);
  });

  it("of labels that nothing tells is chance, and repeats", async () => {
    const set = fixtureSet();
    const draws = new Draws(4);
    const drawn = Array.from({ length: 85 }, () => draws.below(kinds));
    const shuffled = (items: typeof set.splits.train, from: number) => ({
      ...items,
      load: async (index: number) => ({
        ...(await items.load(index)),
        label: drawn[from + index]!,
      }),
    });
    const { train, test } = set.splits;
    const random = { ...set, splits: { train: shuffled(train, 0), test: shuffled(test, 60) } };
    const run = async () => {
      const { report } = await measureLinear(random, measuring());
      return { ...report, elapsedSeconds: 0 };
    };
    const first = await run();
    // 25 guesses at 1 in 4: 0.25, three deviations of 0.087.
    expect(Math.abs(first.numbers[0]!.value - 0.25)).toBeLessThan(0.26);
    expect(await run()).toEqual(first);
  });
});
