/** Models measured with everything: probes and scores of each, and how the two go together. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openImageSet } from "../../engine/compare/image-set.ts";
import { correlate, type MeasuredModel } from "../../engine/compare/rank-correlation.ts";
import { rememberItems } from "../../engine/compare/remembered-set.ts";
import { ScoreCache } from "../../engine/compare/score-cache.ts";
import { survey, type Survey } from "../../engine/compare/survey.ts";
import { formatSurvey } from "../../engine/compare/survey-report.ts";
import type { ProbeReport } from "../../engine/evaluation/probe-report.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { sceneSet } from "../../engine/scenes/scene-sets.ts";
import { bundledModel } from "../support/running-engine.ts";

const counts = { side: 64, train: 6, test: 4 };

describe("a survey of a model", () => {
  let folder: string;
  let found: Survey;
  const reported: string[] = [];
  const fractions: number[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gramscope-survey-"));
    const { executor } = await chooseExecutor("cpu");
    found = await survey(
      [bundledModel, bundledModel],
      await openImageSet({ images: "scenes", limit: 2 }),
      {
        executor,
        cache: new ScoreCache(folder),
        side: 64,
        seed: 5,
        probes: ["knn", "correspondence"],
        counts,
        onReport: (model, { probe }) => reported.push(`${model} ${probe}`),
        progress: (fraction) => fractions.push(fraction),
      },
    );
    await executor.dispose();
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("has every probe and every score of each", () => {
    for (const { probes, scores, fingerprint } of found.models) {
      expect(probes.map(({ probe }) => probe)).toEqual(["knn", "correspondence"]);
      expect(probes.map((report) => report.model.fingerprint)).toEqual([fingerprint, fingerprint]);
      expect(scores.cropMatching!.low).toBeLessThanOrEqual(scores.cropMatching!.mean);
    }
    expect(reported).toEqual([
      "untrained-vit knn",
      "untrained-vit knn",
      "untrained-vit correspondence",
      "untrained-vit correspondence",
    ]);
  });

  it("gives the same model the same numbers", () => {
    const [first, second] = found.models;
    const numbers = (model: typeof first) => model!.probes.map((report) => report.numbers);
    expect(numbers(second)).toEqual(numbers(first));
    expect(second!.scores).toEqual(first!.scores);
  });

  it("moves forward to its end", () => {
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  it("says nothing of how scores go with probes from two models", () => {
    expect(found.correlations).toEqual([]);
  });
});

it("a survey reads as two tables of numbers", () => {
  const number = { name: "mIoU", value: 0.256, unit: "fraction", isBetterHigher: true } as const;
  const report = { probe: "segmentation", numbers: [number] } as unknown as ProbeReport;
  const estimate = { mean: 0.5, low: 0.4, high: 0.6 };
  const model = (name: string) => ({
    name,
    path: name,
    fingerprint: name,
    probes: [report],
    scores: { mapRoughness: estimate },
  });
  const models = ["one", "another"].map(model);
  const correlations = [
    { score: "mapRoughness", probe: "segmentation", number: "mIoU", rho: -0.5, models: 2 },
  ] as const;
  const text = formatSurvey({
    version: 1,
    seed: 0,
    images: "",
    models,
    correlations,
    elapsedSeconds: 0,
  });
  expect(text.split("\n")).toEqual([
    "|                      |   one | another |",
    "| -------------------- | ----: | ------: |",
    "| segmentation, mIoU ↑ |  25.6 |    25.6 |",
    "| mapRoughness ↓       | 0.500 |   0.500 |",
    "",
    "| rho over 2 models | segmentation |",
    "| ----------------- | -----------: |",
    "| mapRoughness ↓    |        -0.50 |",
  ]);
});

describe("how a score goes with a probe", () => {
  const measured = (
    values: readonly number[],
    scores: readonly number[],
    isBetterHigher: boolean,
  ) =>
    values.map((value, i): MeasuredModel => {
      const number = { name: "n", value, unit: "none", isBetterHigher } as const;
      const report = { probe: "depth", numbers: [number] } as unknown as ProbeReport;
      const mean = scores[i]!;
      return { probes: [report], scores: { locality: { mean, low: mean, high: mean } } };
    });

  it("is Spearman's rho, with the sign of an error turned", () => {
    const up = correlate(measured([1, 2, 3, 40], [0.1, 0.2, 0.3, 0.31], true));
    expect(up).toEqual([
      { score: "locality", probe: "depth", number: "n", rho: expect.closeTo(1, 12), models: 4 },
    ]);
    const [error] = correlate(measured([1, 2, 3, 40], [0.1, 0.2, 0.3, 0.31], false));
    expect(error!.rho).toBeCloseTo(-1, 12);
    // 1 - 6 * sum of d^2 / (n (n^2 - 1)), with d = 1, 1, 1, 1.
    const [mixed] = correlate(measured([1, 2, 3, 4], [2, 1, 4, 3], true));
    expect(mixed!.rho).toBeCloseTo(0.6, 12);
  });
});

it("an item of a remembered set is made once", async () => {
  const set = sceneSet("segmentation", { seed: 0, ...counts });
  const remembered = rememberItems(set);
  const first = await remembered.splits.train.load(3);
  expect(await remembered.splits.train.load(3)).toBe(first);
  expect(first).toEqual(await set.splits.train.load(3));
  expect(remembered).toMatchObject({ fingerprint: set.fingerprint, classes: set.classes });
});
