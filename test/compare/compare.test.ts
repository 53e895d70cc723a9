/** A run's checkpoints against each other: scores by content, a cache that grows with the run, advice. */
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCandidates } from "../../engine/compare/candidates.ts";
import { compare } from "../../engine/compare/compare.ts";
import { formatComparison } from "../../engine/compare/compare-report.ts";
import { openImageSet } from "../../engine/compare/image-set.ts";
import { ScoreCache } from "../../engine/compare/score-cache.ts";
import { writeRecorded } from "../../engine/data/recorded.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { scoreNames } from "../../engine/scores/catalog.ts";
import { beginRun } from "../../engine/train/open-run.ts";
import { bundledModel, samples } from "../support/running-engine.ts";
import { noiseBatch, tinyRecipe } from "../support/training.ts";

let folder: string;
let run: string;
let executor: Executor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-compare-"));
  run = join(folder, "run");
  executor = (await chooseExecutor("cpu")).executor;
  const recipe = tinyRecipe({
    kind: "pretrain",
    gramWeight: 0,
    gramSize: 0,
    steps: 6,
    checkpointEvery: 2,
    keepEvery: 1,
  });
  const path = join(folder, "batches.safetensors");
  const batches = Array.from({ length: recipe.steps }, (_, seed) => noiseBatch(recipe, seed));
  await writeRecorded(path, batches);
  const recorded = { ...recipe, data: { kind: "recorded" as const, path } };
  await (await beginRun(recorded, run, { executor })).train();
});
afterAll(() => rm(folder, { recursive: true }));

async function comparison(paths: readonly string[], cache: string, reference?: string) {
  const set = await openImageSet({ images: samples, limit: 8 });
  const kept = new ScoreCache(join(folder, cache));
  const options = { executor, cache: kept, side: 64, seed: 3, reference };
  return compare(await listCandidates(paths), set, options);
}

/** What does not depend on the clock or on what was known before. */
const timeless = ({ models, ...rest }: Awaited<ReturnType<typeof comparison>>) => ({
  ...rest,
  elapsedSeconds: 0,
  models: models.map((model) => ({ ...model, elapsedSeconds: 0, isCached: false })),
});

describe("the checkpoints of a run", () => {
  it("are scored in order, on every image, and judged", async () => {
    const report = await comparison([run], "whole");
    expect(report.models.map(({ step }) => step)).toEqual([0, 2, 4, 6]);
    for (const { images } of report.models) expect(images).toHaveLength(8);
    const measured = Object.keys(report.models[1]!.scores);
    // Nothing was given to measure the Gram distance from.
    expect(measured).toEqual(scoreNames.filter((name) => name !== "gramToReference"));
    expect(report.degradation!.quality.map(({ step }) => step)).toEqual([0, 2, 4, 6]);
    const text = formatComparison(report);
    expect(text).toContain("run run, the teachers of 4 checkpoints; 8 of 10 images in");
    expect(text).toMatch(/^step 4 +[+-]\d\.\d\d /m);
    expect(text).toContain(report.degradation!.recommendation.reason.slice(1));
  });

  it("are not computed twice, and a run that grew costs its new checkpoint alone", async () => {
    const last = join(run, "checkpoints/step-000006");
    const aside = join(folder, "aside");
    await rename(last, aside);
    const young = await comparison([run], "growing");
    expect(young.models.map(({ isCached }) => isCached)).toEqual([false, false, false]);
    await rename(aside, last);
    const grown = await comparison([run], "growing");
    expect(grown.models.map(({ isCached }) => isCached)).toEqual([true, true, true, false]);
    const again = await comparison([run], "growing");
    expect(again.models.every(({ isCached }) => isCached)).toBe(true);
    expect(timeless(again)).toEqual(timeless(grown));
  });

  it("have the same scores wherever they lie: what counts is what is in them", async () => {
    await comparison([run], "moved");
    const copy = join(folder, "copy");
    await cp(run, copy, { recursive: true });
    const report = await comparison([copy], "moved");
    expect(report.models.every(({ isCached }) => isCached)).toBe(true);
  });

  it("a damaged entry of the cache is computed again", async () => {
    const before = await comparison([run], "damaged");
    const cache = join(folder, "damaged");
    for (const name of await readdir(cache)) await writeFile(join(cache, name), "{");
    const after = await comparison([run], "damaged");
    expect(after.models.some(({ isCached }) => isCached)).toBe(false);
    expect(timeless(after)).toEqual(timeless(before));
  });

  it("are measured from a reference: it is at no distance from itself", async () => {
    const first = join(run, "checkpoints/step-000002");
    const report = await comparison([run], "reference", first);
    const distances = report.models.map(({ scores }) => scores.gramToReference!.mean);
    expect(distances[1]).toBe(0);
    expect(distances[3]).toBeGreaterThan(0);
  });
});

it("models are compared in the order given, and named in the advice", async () => {
  const paths = [6, 4, 2].map(checkpoint);
  const report = await comparison(paths, "models");
  expect(report).toMatchObject({ kind: "models", description: "3 models, in the order given" });
  const advice = formatComparison(report).split("\n").at(-1)!;
  expect(advice).toMatch(/step-00000\d/);
  expect(advice).not.toMatch(/step \d/);
});

describe("refused with one message", () => {
  it.each([
    ["two runs", () => [run, run], /expected one run, or models; received 2 paths/],
    ["patches of another size", () => [checkpoint(2), bundledModel], /expected patches of 8 px/],
    ["nothing there", () => [join(folder, "nowhere")], /nowhere: nothing is there/],
  ])("%s", async (_, paths, message) => {
    await expect(comparison(paths(), "refused")).rejects.toThrow(message);
  });

  it("a run with one trained checkpoint", async () => {
    const short = join(folder, "short");
    await cp(run, short, { recursive: true });
    for (const step of [0, 4, 6]) await rm(join(short, `checkpoints/step-00000${step}`), gone);
    await cp(join(run, "checkpoints/step-000000"), join(short, "checkpoints/step-000000"), gone);
    await expect(comparison([short], "short-cache")).rejects.toThrow(
      `run short, the teachers of 2 checkpoints: expected at least two trained checkpoints, which a decline needs; received step 0, step 2 (${join(short, "checkpoints/step-000002")})`,
    );
    // Before anything was computed.
    await expect(readdir(join(folder, "short-cache"))).rejects.toThrow("ENOENT");
  });

  it("a run without a checkpoint", async () => {
    const empty = join(folder, "empty");
    await cp(run, empty, { recursive: true });
    await rm(join(empty, "checkpoints"), gone);
    await mkdir(join(empty, "checkpoints"));
    await expect(comparison([empty], "empty")).rejects.toThrow("expected checkpoints, found none");
  });
});

const gone = { recursive: true } as const;
const checkpoint = (step: number) => join(run, `checkpoints/step-00000${step}`);
