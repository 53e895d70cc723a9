/** A run as a timeline: what is listed of it, what is told while it changes, what a comparison left. */
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ReportCache } from "../../engine/compare/report-cache.ts";
import { readOfficialColumns } from "../../engine/host/metric-columns.ts";
import { followTimeline, gramUpdates, timelineOf } from "../../engine/host/run-timeline.ts";
import { float32Values, int32Values } from "../../engine/protocol/tensor.ts";
import type { CompareReport } from "../../engine/protocol/comparison.ts";
import type { TimelineEvent } from "../../engine/protocol/timeline.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { checkpointName } from "../../engine/runs/checkpoint-layout.ts";
import { createRun } from "../../engine/runs/run-directory.ts";

let folder: string;
let run: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-timeline-"));
  run = join(folder, "run");
});
afterEach(() => rm(folder, { recursive: true }));

const recipe = resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } });
const addCheckpoint = (step: number) =>
  mkdir(join(run, "checkpoints", checkpointName(step)), { recursive: true });

async function officialRun(config: string, log: string): Promise<void> {
  await mkdir(join(run, "eval/training_9"), { recursive: true });
  await writeFile(join(run, "config.yaml"), config);
  await writeFile(join(run, "training_metrics.json"), log);
  await writeFile(join(run, "eval/training_9/teacher_checkpoint.pth"), "");
}

describe("a run is listed", () => {
  it("with its checkpoints by their steps, a thousand of them within a second", async () => {
    await createRun(run, recipe);
    for (let step = 1000; step > 0; step--) await addCheckpoint(step);
    await addCheckpoint(1_000_000);
    const started = performance.now();
    const { made, checkpoints, isGrowing } = await timelineOf(run);
    expect(performance.now() - started).toBeLessThan(1000);
    expect([made, checkpoints.length, isGrowing]).toEqual(["gramscope", 1001, false]);
    expect(checkpoints.map(({ step }) => step)).toEqual([
      ...Array.from({ length: 1000 }, (_, i) => i + 1),
      1_000_000,
    ]);
    expect(checkpoints[0]!.path).toBe(join(run, "checkpoints/step-000001"));
  });

  it("of the official code too, with its log by our names and the updates it plans", async () => {
    const config =
      "gram:\n  use_loss: true\n  rep_update: true\n  update_frequency: 4\n  it_first_update: 3\n  max_updates: 2\n";
    await officialRun(config, '{"iteration": 3, "total_loss": 2.5, "mom": NaN}\n{"iteration"');
    const { made, checkpoints, marks, isGrowing } = await timelineOf(run);
    expect([made, isGrowing]).toEqual(["official", true]);
    expect(checkpoints).toEqual([
      { step: 9, path: join(run, "eval/training_9/teacher_checkpoint.pth") },
    ]);
    // After iteration it where it + 1 is at least 3 and a multiple of 4, twice at most: 3 and 7.
    expect(marks.map(({ step }) => step)).toEqual([3, 7]);
    const { steps, columns } = await readOfficialColumns(join(run, "training_metrics.json"));
    expect([...int32Values(steps)]).toEqual([3]);
    expect([...float32Values(columns["loss"]!)]).toEqual([2.5]);
    expect([...float32Values(columns["momentum"]!)]).toEqual([NaN]);
  });

  it("by what was planned: nothing without a loss that needs a Gram teacher", () => {
    const config = new Map([
      ["gram.use_loss", "false"],
      ["gram.rep_update", "true"],
      ["gram.update_frequency", "10"],
    ]);
    expect(gramUpdates(config, 100)).toEqual([]);
    expect(gramUpdates(new Map([...config, ["gram.use_loss", "true"]]), 20)).toHaveLength(2);
  });

  it("or refused with what was expected, what is there, and what to give", async () => {
    await mkdir(run);
    await writeFile(join(run, "notes.txt"), "");
    const refusal = await timelineOf(run).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "run.missing",
      message: expect.stringMatching(/run\.json.*it holds notes\.txt/) as string,
      hint: expect.stringMatching(/config\.yaml/) as string,
    });
  });
});

it("a run that grows, goes and comes back is told of each time, and no more than that", async () => {
  await createRun(run, recipe);
  await addCheckpoint(1);
  const events: TimelineEvent[] = [];
  const abort = new AbortController();
  const following = followTimeline(run, abort.signal, (event) => events.push(event), 5);
  const last = () => {
    const event = events.at(-1);
    return event?.kind === "run" ? event.checkpoints.length : event?.error.code;
  };
  await expect.poll(last).toBe(1);
  await addCheckpoint(2);
  await expect.poll(last).toBe(2);
  await rename(run, `${run}-moved`);
  await expect.poll(last).toBe("run.missing");
  await rename(`${run}-moved`, run);
  await expect.poll(last).toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 60));
  abort.abort();
  await following;
  expect(events).toHaveLength(4);
});

describe("a comparison of a run is kept", () => {
  const estimate = { mean: 0.5, low: 0.4, high: 0.6 };
  const report = (steps: readonly number[]) =>
    ({
      kind: "run",
      description: "run run",
      data: { description: "8 images" },
      models: steps.map((step) => ({
        name: `step ${step}`,
        step,
        path: join(run, "checkpoints", checkpointName(step)),
        scores: { clsPatchCosine: { ...estimate, values: [0.5] } },
      })),
      degradation: {
        quality: [],
        weights: {},
        images: 8,
        peak: 1,
        last: 2,
        decline: { ...estimate, isBeyondImages: true },
        asGood: [1],
        recommendation: { kind: "teacher", step: 1, reason: "it is best" },
      },
    }) as unknown as CompareReport;

  it("until a checkpoint is written anew, or another run takes its place", async () => {
    await createRun(run, recipe);
    for (const step of [1, 2]) await addCheckpoint(step);
    const cache = new ReportCache(join(folder, "cache"));
    const found = async () => cache.read(run, (await timelineOf(run)).checkpoints);
    expect(await found()).toBeUndefined();
    await cache.write(run, report([1, 2]));
    expect((await found())?.models).toEqual([
      { name: "step 1", step: 1, scores: { clsPatchCosine: estimate } },
      { name: "step 2", step: 2, scores: { clsPatchCosine: estimate } },
    ]);
    expect((await found())?.degradation?.recommendation).toMatchObject({ step: 1 });

    // A checkpoint that is gone leaves its scores true.
    await rm(join(run, "checkpoints", checkpointName(1)), { recursive: true });
    expect((await found())?.models).toHaveLength(2);
    await utimes(join(run, "checkpoints", checkpointName(2)), 1, 1);
    expect((await found())?.models.map(({ step }) => step)).toEqual([1]);
    expect((await found())?.degradation).toBeUndefined();
    await utimes(join(run, "run.json"), 1, 1);
    expect(await found()).toBeUndefined();
  });

  it("however its path is written", async () => {
    await createRun(run, recipe);
    await addCheckpoint(1);
    const cache = new ReportCache(join(folder, "cache"));
    await cache.write(`${run}/`, report([1]));
    expect(await cache.read(join(folder, "run", "."), [])).toBeDefined();
  });
});
