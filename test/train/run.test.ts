/** A training run and its files: every kind, its phases, what it survives, and what it refuses. */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRecorded } from "../../engine/data/recorded.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import type { PartialRecipe, Recipe } from "../../engine/recipe/recipe.ts";
import { readMetrics } from "../../engine/runs/metrics-log.ts";
import { readCheckpoint } from "../../engine/runs/read-checkpoint.ts";
import { runPaths } from "../../engine/runs/run-directory.ts";
import { beginRun, resumeRun } from "../../engine/train/open-run.ts";
import type { RunEvent } from "../../engine/train/events.ts";
import type { TrainingRun } from "../../engine/train/run.ts";
import { upstreamName } from "../../engine/weights/names.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { writeSafetensors } from "../../engine/weights/write-safetensors.ts";
import { countingExecutor } from "../support/counting-executor.ts";
import { noiseBatch, tinyRecipe } from "../support/training.ts";

let folder: string;
let cpu: Executor;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-run-"));
  cpu = (await chooseExecutor("cpu")).executor;
});
afterAll(() => rm(folder, { recursive: true }));

const newFolder = () => join(folder, `run-${++runs}`);

/** A recipe whose batches are recorded noise. */
async function recordedRecipe(change: PartialRecipe, steps = 12): Promise<Recipe> {
  const recipe = tinyRecipe({
    kind: "pretrain",
    gramWeight: 0,
    gramSize: 0,
    steps,
    warmupSteps: 2,
    checkpointEvery: 4,
    ...change,
  });
  const path = join(folder, `batches-${++runs}.safetensors`);
  const total = steps + recipe.headWarmupSteps;
  await writeRecorded(
    path,
    Array.from({ length: total }, (_, seed) => noiseBatch(recipe, seed)),
  );
  return { ...recipe, data: { kind: "recorded", path } };
}

/** Train to the end. */
async function train(recipe: Recipe, executor = cpu) {
  const run = newFolder();
  const events: RunEvent[] = [];
  const training = await beginRun(recipe, run, {
    executor,
    listener: (event) => events.push(event),
  });
  await training.train();
  return { run, events, metrics: await readMetrics(runPaths({ folder: run }).metrics) };
}

const checkpointAt = (run: string, step: number) =>
  join(run, "checkpoints", `step-${String(step).padStart(6, "0")}`);

/** What does not depend on the clock or the machine. */
const timeless = (rows: readonly Readonly<Record<string, number>>[]) =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !/_s$|bytes$/.test(key))),
  );

describe("pretraining", () => {
  it("leaves the run directory of the design, whose models open by themselves", async () => {
    const { run, metrics } = await train(await recordedRecipe({}));
    const names = await readdir(run);
    expect(names.filter((name) => !name.startsWith("events.out")).sort()).toEqual([
      "checkpoints",
      "log.txt",
      "metrics.jsonl",
      "recipe.json",
      "run.json",
      "snapshots",
    ]);
    expect(metrics.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(Object.keys(metrics[0]!).slice(0, 13)).toEqual([
      "step",
      "loss",
      "dino_global",
      "dino_local",
      "ibot",
      "koleo",
      "lr",
      "weight_decay",
      "momentum",
      "teacher_temp",
      "grad_norm",
      "images_per_s",
      "elapsed_s",
    ]);
    // keepLast 3, of 0, 4, 8 and 12.
    expect(await readdir(join(run, "checkpoints"))).toEqual([
      "step-000004",
      "step-000008",
      "step-000012",
    ]);
    for (const network of ["teacher", "student"]) {
      const model = await openModelFiles(join(checkpointAt(run, 12), network));
      expect(model.trained).toBe(true);
      expect(model.config.width).toBe(32);
    }
  });

  it("stopped and resumed it gives the same numbers and weights, bit for bit", async () => {
    const recipe = await recordedRecipe({ dropPath: 0.3, ropeRescale: 2, targets: "centring" });
    const whole = await train(recipe);
    const run = newFolder();
    const training = await beginRun(recipe, run, {
      executor: cpu,
      listener: (event) => {
        if (event.kind === "step" && event.metrics.step === 6) training.gate.stop();
      },
    });
    await training.train();
    expect(training.done).toBe(6);
    await (await resumeRun(run, { executor: cpu })).train();
    const metrics = await readMetrics(runPaths({ folder: run }).metrics);
    expect(timeless(metrics)).toEqual(timeless(whole.metrics));
    const [ours, theirs] = [run, whole.run].map((one) => readCheckpoint(checkpointAt(one, 12)));
    expect((await ours!).state).toEqual((await theirs!).state);
  });

  it("resumed from an older checkpoint it forgets what came after", async () => {
    const recipe = await recordedRecipe({});
    const { run, metrics } = await train(recipe);
    await rm(checkpointAt(run, 12), { recursive: true });
    await (await resumeRun(run, { executor: cpu })).train();
    const again = await readMetrics(runPaths({ folder: run }).metrics);
    expect(timeless(again)).toEqual(timeless(metrics));
    const text = await readFile(runPaths({ folder: run }).metrics, "utf8");
    expect(text.trimEnd().split("\n")).toHaveLength(12);
  });

  it("paused it waits, and goes on by one step at a time", async () => {
    const steps: number[] = [];
    let told = () => {};
    const training = await beginRun(await recordedRecipe({}, 3), newFolder(), {
      executor: cpu,
      isPaused: true,
      listener: (event) => {
        if (event.kind !== "step") return;
        steps.push(event.metrics.step);
        told();
      },
    });
    const end = training.train();
    for (const step of [1, 2]) {
      const next = new Promise<void>((resolve) => (told = resolve));
      training.gate.stepOnce();
      await next;
      // Time for a step that nobody asked for.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(steps.at(-1)).toBe(step);
    }
    training.gate.stop();
    await end;
    expect(steps).toEqual([1, 2]);
  });
});

describe("refinement", () => {
  it("warms fresh heads up on a frozen backbone, then refreshes its Gram teacher", async () => {
    const { run: from } = await train(await recordedRecipe({}, 4));
    const recipe = await recordedRecipe(
      {
        kind: "refine",
        init: join(checkpointAt(from, 4), "teacher"),
        model: null,
        gramWeight: 2,
        gramSize: 64,
        headWarmupSteps: 4,
        gramUpdateEvery: 2,
        gramMaxUpdates: 1,
      },
      4,
    );
    const { run, events, metrics } = await train(recipe);
    expect(
      events.filter(({ kind }) => kind === "phase").map((e) => "phase" in e && e.phase),
    ).toEqual(["heads", "run"]);
    expect(metrics.map((row) => row["head_warmup"] ?? 0)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    expect(metrics.map((row) => row["gram_refresh"] ?? 0)).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
    expect(metrics.map((row) => "gram" in row)).toEqual([
      ...Array<boolean>(4).fill(false),
      ...Array<boolean>(4).fill(true),
    ]);
    const [start, warm, end] = await Promise.all(
      [0, 4, 8].map(async (step) => {
        const place = checkpointAt(run, step);
        return existsSync(place) ? (await readCheckpoint(place)).state : undefined;
      }),
    );
    const weight = "backbone.block00.up.weight";
    const init = await readCheckpoint(checkpointAt(from, 4));
    // keepLast 3 has kept all three.
    expect(warm![`student.${weight}`]!.data).toEqual(init.state[`teacher.${weight}`]!.data);
    expect(warm!["student.dino_head.mlp.0.weight"]!.data).not.toEqual(
      start!["student.dino_head.mlp.0.weight"]!.data,
    );
    expect(end![`student.${weight}`]!.data).not.toEqual(warm![`student.${weight}`]!.data);
    expect(end![`gram.${weight}`]!.data).not.toEqual(warm![`gram.${weight}`]!.data);
  });

  it("from a run of ours takes its heads and needs no warm-up", async () => {
    const { run: from } = await train(await recordedRecipe({}, 4));
    const change = { kind: "refine", init: from, gramWeight: 2, headWarmupSteps: 4 } as const;
    const { metrics, run } = await train(await recordedRecipe(change, 4));
    expect(metrics).toHaveLength(4);
    // The Gram teacher is the starting weights: that is, the teacher that the run left.
    const [init, start] = [checkpointAt(from, 4), checkpointAt(run, 0)].map(readCheckpoint);
    const weight = "backbone.block01.query.weight";
    expect((await start!).state[`gram.${weight}`]!.data).toEqual(
      (await init!).state[`teacher.${weight}`]!.data,
    );
  });
});

describe("a Gram weight set by hand", () => {
  /** A run of 8 steps whose weight is set when a step is done. */
  async function trainWith(recipe: Recipe, weights: Readonly<Record<number, number>>, stop = 0) {
    const run = newFolder();
    const training: TrainingRun = await beginRun(recipe, run, {
      executor: cpu,
      listener: (event) => {
        if (event.kind !== "step") return;
        const { step } = event.metrics;
        if (weights[step] !== undefined) training.gramWeight.set(weights[step]);
        if (step === stop) training.gate.stop();
      },
    });
    if (weights[0] !== undefined) training.gramWeight.set(weights[0]);
    await training.train();
    return run;
  }
  const metricsOf = async (run: string) => readMetrics(runPaths({ folder: run }).metrics);
  const gram = { gramWeight: 2, startGramWeight: 0.5, gramWarmupSteps: 4 } as const;
  const anchored = () => recordedRecipe({ ...gram, gramTeacher: "ema" }, 8);

  it("holds from the next step on, and the log says since when", async () => {
    const rows = await metricsOf(await trainWith(await anchored(), { 6: 10, 7: 0 }));
    expect(rows.map((row) => row["gram_loss_weight"])).toEqual([
      0.5, 0.875, 1.25, 1.625, 2, 2, 10, 0,
    ]);
    expect(rows.map((row) => row["gram_weight_set"] ?? 0)).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
  });

  it("is the same as the recipe's, bit by bit, where the numbers are the same", async () => {
    const plain = { ...(await anchored()), startGramWeight: 0, gramWarmupSteps: 0 };
    const byRecipe = await metricsOf(await trainWith({ ...plain, gramWeight: 7 }, {}));
    const byHand = await metricsOf(await trainWith({ ...plain, gramWeight: 0.01 }, { 0: 7 }));
    const { gram_weight_set: flag, ...first } = timeless(byHand)[0]!;
    expect(flag).toBe(1);
    expect([first, ...timeless(byHand).slice(1)]).toEqual(timeless(byRecipe));
  });

  it("is kept by a checkpoint: a resumed run goes on as if it had not ended", async () => {
    const recipe = await anchored();
    const whole = await metricsOf(await trainWith(recipe, { 2: 30 }));
    const stopped = await trainWith(recipe, { 2: 30 }, 5);
    const again = await resumeRun(stopped, { executor: cpu });
    expect(again.gramWeight.at(again.doneInRun)).toBe(30);
    await again.train();
    expect(timeless(await metricsOf(stopped))).toEqual(timeless(whole));
  });

  it("is refused by a run that has no Gram loss", async () => {
    const run = await beginRun(await recordedRecipe({}, 4), newFolder(), { executor: cpu });
    expect(run.gramWeight.at(0)).toBeUndefined();
    expect(() => run.gramWeight.set(1)).toThrow(
      expect.objectContaining({ code: "train.fixed", hint: expect.stringContaining("0.001") }),
    );
    run.gate.stop();
    await run.train();
    const [row] = await metricsOf(run.run.folder);
    expect(row ?? {}).not.toHaveProperty("gram_loss_weight");
  });
});

describe("high-resolution adaptation", () => {
  it("mixes sizes, with a program for each", async () => {
    const { run: from } = await train(await recordedRecipe({}, 4));
    const change: PartialRecipe = { kind: "adapt", init: from, gramWeight: 1.5 };
    const recipe = await recordedRecipe(change, 4);
    const small = { ...recipe, globalSize: 32, localSize: 16, gramSize: 48 };
    const large = { ...recipe, globalSize: 48, localSize: 24, gramSize: 72 };
    const masks = (one: Recipe) => {
      const loaded = noiseBatch(one, 3);
      const patches = (one.globalSize / 8) ** 2;
      const wide = new Uint8Array(6 * patches);
      wide.fill(1, 0, 4);
      return {
        ...loaded,
        batch: {
          ...loaded.batch,
          masks: wide,
          maskIndices: Int32Array.of(0, 1, 2, 3),
          maskWeights: new Float32Array(4).fill(0.25),
        },
      };
    };
    const path = join(folder, "mixed.safetensors");
    await writeRecorded(path, [small, large, small, large].map(masks));
    const { executor, counts } = countingExecutor(cpu);
    const { metrics } = await train({ ...recipe, data: { kind: "recorded", path } }, executor);
    expect(metrics).toHaveLength(4);
    expect(counts.mostLive).toBe(2);
    expect(counts.live).toBe(0);
  });
});

describe("distillation", () => {
  const small = { width: 16, depth: 1, heads: 1, hidden: 32, feedForward: "mlp" } as const;
  const student = { ...small, patch: 8, registers: 1 } as const;

  it("by features follows a teacher without heads, through a projection", async () => {
    const { run: from } = await train(await recordedRecipe({}, 4));
    const recipe = await recordedRecipe(
      {
        kind: "distill",
        model: student,
        teacher: join(checkpointAt(from, 4), "teacher"),
        learningRate: 5e-3,
        warmupSteps: 0,
        momentum: 0.5,
        endMomentum: 0.5,
        localCrops: 0,
      },
      12,
    );
    const { metrics, run } = await train(recipe);
    expect(metrics[0]).not.toHaveProperty("dino_global");
    expect(metrics.at(-1)!["loss"]!).toBeLessThan(metrics[0]!["loss"]!);
    const model = await openModelFiles(join(checkpointAt(run, 12), "teacher"));
    expect(model.config.width).toBe(16);
  });

  it("by prototypes trains several students on one pass of the teacher", async () => {
    const { run: from } = await train(await recordedRecipe({}, 4));
    const recipe = await recordedRecipe(
      {
        kind: "distill",
        model: null,
        teacher: from,
        students: [
          { name: "one", model: student, init: null },
          { name: "two", model: { ...student, width: 24 }, init: null },
        ],
      },
      4,
    );
    const { executor, counts } = countingExecutor(cpu);
    const { run } = await train(recipe, executor);
    expect(counts.runs.filter((name) => name.startsWith("teacher"))).toHaveLength(4);
    expect(counts.runs.filter((name) => name.startsWith("training step"))).toHaveLength(8);
    expect(counts.live).toBe(0);
    for (const [name, width] of [
      ["one", 16],
      ["two", 24],
    ] as const) {
      const model = await openModelFiles(join(checkpointAt(join(run, name), 4), "teacher"));
      expect(model.config.width).toBe(width);
      const rows = await readMetrics(runPaths({ folder: join(run, name) }).metrics);
      expect(Object.keys(rows[0]!)).toContain("ibot");
    }
    // What the EMA holds is not what the last step left.
    const { state } = await readCheckpoint(checkpointAt(join(run, "one"), 4));
    const weight = "backbone.block00.up.weight";
    expect(state[`teacher.${weight}`]!.data).not.toEqual(state[`student.${weight}`]!.data);
  });

  it("resumes several students at one step", async () => {
    const { run: from } = await train(await recordedRecipe({}, 4));
    const recipe = await recordedRecipe(
      {
        kind: "distill",
        model: null,
        teacher: from,
        targets: "centring",
        students: [
          { name: "one", model: student, init: null },
          { name: "two", model: { ...student, width: 24 }, init: null },
        ],
      },
      6,
    );
    const whole = await train(recipe);
    const run = newFolder();
    const training = await beginRun(recipe, run, {
      executor: cpu,
      listener: (event) => {
        if (event.kind === "step" && event.metrics.step === 3) training.gate.stop();
      },
    });
    await training.train();
    await (await resumeRun(run, { executor: cpu })).train();
    for (const name of ["one", "two"]) {
      const [ours, theirs] = [run, whole.run].map((one) =>
        readMetrics(runPaths({ folder: join(one, name) }).metrics),
      );
      expect(timeless(await ours!)).toEqual(timeless(await theirs!));
    }
  });
});

describe("what a run survives", () => {
  it("numbers beyond float32 stop it; the weights on disk stay and the batch is kept", async () => {
    // Attention scores of 1e60, from weights that are finite themselves.
    const { run: from } = await train(await recordedRecipe({}, 2));
    const { state } = await readCheckpoint(checkpointAt(from, 2));
    const wild = state["student.backbone.block01.norm1.weight"]!;
    const init = join(folder, "wild");
    await cp(join(checkpointAt(from, 2), "student"), init, { recursive: true });
    await writeSafetensors(join(init, "model.safetensors"), [
      ...Object.entries(state)
        .filter(([name]) => name.startsWith("student.backbone."))
        .map(([name, tensor]) => ({
          name: upstreamName(name.replace("student.backbone.", "")),
          dtype: "F32" as const,
          shape: name.endsWith(".mask") ? [1, 1, 32] : tensor.shape,
          data: tensor === wild ? wild.data.map(() => 1e30) : tensor.data,
        })),
    ]);
    const recipe = await recordedRecipe({ init, model: null }, 3);
    const run = newFolder();
    const training = await beginRun(recipe, run, { executor: cpu });
    const diverged = {
      code: "train.diverged",
      message: expect.stringMatching(/^step 1: .*finite number, received/) as string,
    };
    await expect(training.train()).rejects.toMatchObject(diverged);
    const kept = await readCheckpoint(checkpointAt(run, 0));
    for (const [name, { data }] of Object.entries(kept.state)) {
      expect(
        data.every((value) => Number.isFinite(value)),
        name,
      ).toBe(true);
    }
    // The batch alone shows it again, and so does the run.
    const path = join(run, "diverged/step-000001/batch.safetensors");
    const again = { ...recipe, steps: 1, data: { kind: "recorded", path } } as const;
    const repeated = await beginRun(again, newFolder(), { executor: cpu });
    await expect(repeated.train()).rejects.toMatchObject(diverged);
    const resumed = await resumeRun(run, { executor: cpu });
    await expect(resumed.train()).rejects.toMatchObject(diverged);
  });

  it("five hundred steps leave memory, tensors and programs where they were", async () => {
    const recipe = await recordedRecipe({ batchSize: 2 }, 1);
    const steps = 500;
    const one = noiseBatch(tinyRecipe({ batchSize: 2, gramSize: 0 }), 1);
    const path = join(folder, "long.safetensors");
    await writeRecorded(path, Array<typeof one>(steps).fill(one));
    const { executor, counts } = countingExecutor(cpu);
    const tensors = tf.memory().numTensors;
    const rss: number[] = [];
    const training = await beginRun(
      {
        ...recipe,
        steps,
        checkpointEvery: 100,
        data: { kind: "recorded", path },
      },
      newFolder(),
      {
        executor,
        listener: (event) => {
          if (event.kind === "step") rss.push(event.metrics["memory_bytes"]!);
        },
      },
    );
    await training.train();
    expect(rss).toHaveLength(steps);
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
    const [early, late] = [median(rss.slice(100, 150)), median(rss.slice(-50))];
    // A step's own tensors are 0.6 MB, so a leak of one copy a step would be 200 MB.
    expect(late - early).toBeLessThan(40e6);
    expect(counts.live).toBe(0);
    expect(tf.memory().numTensors).toBe(tensors);
  }, 180_000);

  it.skipIf(!existsSync("/dev/full"))(
    "a full disk ends it with one message, and the last checkpoint is whole",
    async () => {
      const recipe = await recordedRecipe({ checkpointEvery: 2, keepLast: 9 }, 6);
      const { run } = await train(recipe);
      for (const step of [4, 6]) await rm(checkpointAt(run, step), { recursive: true });
      const resumed = await resumeRun(run, { executor: cpu });
      // Every byte that is written there is refused as on a full disk.
      await rm(join(run, "log.txt"));
      await symlink("/dev/full", join(run, "log.txt"));
      await expect(resumed.train()).rejects.toMatchObject({ code: "disk.full" });
      expect(await readdir(join(run, "checkpoints"))).toEqual(["step-000000", "step-000002"]);
      expect((await readCheckpoint(checkpointAt(run, 2))).info.step).toBe(2);
    },
  );
});

describe("what is refused before anything is made", () => {
  const refused = async (change: Partial<Recipe>, code: string, words: RegExp) => {
    const recipe = { ...(await recordedRecipe({}, 2)), ...change };
    const run = newFolder();
    await expect(beginRun(recipe, run, { executor: cpu })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words) as string,
    });
    expect(existsSync(run)).toBe(false);
  };

  it("a folder that holds something", async () => {
    const run = newFolder();
    await mkdir(run);
    await writeFile(join(run, "notes.txt"), "mine");
    const recipe = await recordedRecipe({}, 2);
    await expect(beginRun(recipe, run, { executor: cpu })).rejects.toMatchObject({
      code: "run.exists",
    });
    expect(await readdir(run)).toEqual(["notes.txt"]);
  });

  it("a recipe that contradicts itself", () =>
    refused({ kind: "refine" }, "config.contradicts", /init: expected weights/));

  it("data that are not there", () =>
    refused(
      { data: { kind: "folder", path: join(folder, "nowhere") } },
      "path.missing",
      /nowhere/,
    ));

  it("a watched photograph that is not there", () =>
    refused({ watch: [join(folder, "no.jpg")] }, "path.missing", /no\.jpg/));

  it("weights of another shape, and heads of another size", async () => {
    const { run: from } = await train(await recordedRecipe({}, 4));
    const other = { width: 64, depth: 2, heads: 2, hidden: 64, feedForward: "mlp" } as const;
    await refused(
      { init: from, model: { ...other, patch: 8, registers: 2 } },
      "weights.shape",
      /expected width 64, as the recipe's model has, received 32/,
    );
    await refused({ init: from, model: null, dinoPrototypes: 64 }, "weights.shape", /dino_head/);
  });

  it("a run that another process writes to", async () => {
    const { run } = await train(await recordedRecipe({}, 2));
    const first = await resumeRun(run, { executor: cpu });
    await expect(resumeRun(run, { executor: cpu })).rejects.toMatchObject({ code: "run.busy" });
    await first.train();
  });
});
