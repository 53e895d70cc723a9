/** A run over a socket, as the page has it: begun, followed, stepped, stopped, resumed, looked at. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { float32Values, int32Values } from "../../engine/protocol/tensor.ts";
import type { RunStatus, TrainingEvent } from "../../engine/protocol/training.ts";
import {
  samples,
  startEngine,
  type EngineClient,
  type RunningEngine,
} from "../support/running-engine.ts";
import { photographRecipe } from "../support/training.ts";

let engine: RunningEngine;
let client: EngineClient;
let folder: string;

beforeAll(async () => {
  engine = await startEngine();
  ({ client } = await engine.connect());
  folder = await mkdtemp(join(tmpdir(), "gramscope-training-"));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const recipe = {
  ...photographRecipe,
  steps: 6,
  warmupSteps: 2,
  watch: [join(samples, "coffee.jpg")],
  watchEvery: 2,
  watchSize: 32,
};

/** Everything that happens until a status is reached. */
function followUntil(
  one: EngineClient,
  isEnd: (status: RunStatus) => boolean,
): Promise<TrainingEvent[]> {
  const abort = new AbortController();
  const events: TrainingEvent[] = [];
  return new Promise((resolve, reject) => {
    one
      .call(
        "training.follow",
        {},
        {
          signal: abort.signal,
          onEvent: (event) => {
            events.push(event);
            if (event.kind === "status" && isEnd(event.status)) {
              resolve(events);
              abort.abort();
            }
          },
        },
      )
      .catch((error: unknown) => {
        if (!abort.signal.aborted)
          reject(error instanceof Error ? error : new Error(String(error)));
      });
  });
}

describe("recipes", () => {
  it("every setting and every preset is described, each preset in full", async () => {
    const { fields, presets, samplesFolder } = await client.call("recipe.describe", {});
    expect(fields["learningRate"]).toMatchObject({ kind: "number", group: "optimiser" });
    expect(fields["globalScale"]!.parts!["min"]).toMatchObject({ kind: "number" });
    for (const preset of presets) {
      expect(Object.keys(preset.recipe).sort(), preset.name).toEqual(Object.keys(fields).sort());
    }
    expect(samplesFolder).toBe(samples);
  });

  it("a recipe is completed; a wrong setting is an answer and not a failure", async () => {
    const { recipe: whole, findings } = await client.call("recipe.check", { recipe });
    expect(whole!["momentum"]).toBe(0.99);
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    const wrong = await client.call("recipe.check", { recipe: { learningRat: 1 } });
    expect(wrong.error!.hint).toBe("Did you mean learningRate?");
  });
});

describe("a run", () => {
  it("is begun paused, taken by steps, stopped and resumed to its end", async () => {
    const run = join(folder, "run");
    const started = await client.call("training.start", { recipe, folder: run, isPaused: true });
    expect(started).toMatchObject({ state: "paused", step: 0, steps: 6, folder: run });

    const one = followUntil(client, ({ step, state }) => step === 1 && state === "paused");
    await client.call("training.control", { action: "step" });
    const events = await one;
    const step = events.find((event) => event.kind === "step");
    expect(step).toMatchObject({ metrics: { step: 1 } });
    const batch = events.find((event) => event.kind === "batch");
    expect(batch!.images).toHaveLength(2);
    expect(batch!.images[0]!.crops).toHaveLength(4);
    expect(batch!.images[0]!.masks[0]!.shape).toEqual([16]);
    // Taken by hand, so what the teacher assigned is told: two crops of two images, 32 prototypes.
    const assigned = events.find((event) => event.kind === "assignments");
    expect(assigned).toMatchObject({ student: "", step: 1 });
    expect(assigned!.probabilities.shape).toEqual([4, 32]);
    const probabilities = float32Values(assigned!.probabilities);
    for (let crop = 0; crop < 4; crop++) {
      const row = probabilities.slice(crop * 32, (crop + 1) * 32);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
    }

    // Another page sees the same run, and may not begin a second one.
    const { client: other } = await engine.connect();
    await expect(
      other.call("training.start", { recipe, folder: join(folder, "second") }),
    ).rejects.toMatchObject({ code: "run.busy" });
    const stopped = followUntil(other, ({ state }) => state === "stopped");
    await client.call("training.control", { action: "stop" });
    await stopped;
    other.close();

    const done = followUntil(client, ({ state, step }) => state === "done" && step === 6);
    await client.call("training.resume", { folder: run });
    await done;
    const { steps, columns } = await client.call("run.metrics", { folder: run, student: "" });
    expect([...int32Values(steps)]).toEqual([1, 2, 3, 4, 5, 6]);
    for (const value of float32Values(columns["loss"]!)) expect(value).toBeGreaterThan(0);
  });

  it("takes another Gram weight while it goes on, and every page is told", async () => {
    const anchored = { ...recipe, gramWeight: 1, gramTeacher: "ema", gramSize: 0 };
    const run = join(folder, "anchored");
    const begun = { recipe: anchored, folder: run, isPaused: true };
    expect(await client.call("training.start", begun)).toMatchObject({ gramWeight: 1 });
    const { client: other } = await engine.connect();
    const told = followUntil(other, ({ gramWeight }) => gramWeight === 25);
    expect(await client.call("training.gramWeight", { weight: 25 })).toMatchObject({
      gramWeight: 25,
      state: "paused",
    });
    await told;
    other.close();
    await expect(client.call("training.gramWeight", { weight: -1 })).rejects.toMatchObject({
      code: "protocol.invalid",
    });
    const stopped = followUntil(client, ({ state }) => state === "stopped");
    const one = followUntil(client, ({ step }) => step === 1);
    await client.call("training.control", { action: "step" });
    const events = await one;
    expect(events.find(({ kind }) => kind === "step")).toMatchObject({
      metrics: { gram_loss_weight: 25, gram_weight_set: 1 },
    });
    await client.call("training.control", { action: "stop" });
    await stopped;
    await expect(client.call("training.gramWeight", { weight: 1 })).rejects.toMatchObject({
      code: "run.missing",
    });
  });

  it("shows what it kept of a watched photograph", async () => {
    const run = join(folder, "run");
    const { students } = await client.call("run.open", { folder: run });
    expect(students[0]!.snapshots).toEqual([0, 2, 4, 6]);
    expect(students[0]!.watched[0]!.name).toBe("coffee.jpg");
    const snapshot = { folder: run, student: "", step: 6, image: 0 };
    const features = await client.call("run.features", snapshot);
    const { rows, cols } = features.geometry.grid;
    expect(features.patches.shape).toEqual([rows * cols, 32]);
    const call = { probe: "pca", options: {} } as const;
    const own = await client.call("run.probe", { snapshot, call });
    const held = await client.call("run.probe", { snapshot, call, basis: 0 });
    expect(own.result.maps[0]!.values.shape).toEqual([rows, cols, 3]);
    // Another basis gives other colours of the same features.
    expect(held.result.maps[0]!.values.data).not.toEqual(own.result.maps[0]!.values.data);
  });

  it("gives out photographs of its runs and no other files", async () => {
    const { picture } = await client.call("run.photograph", {
      file: join(samples, "coffee.jpg"),
      side: 64,
    });
    expect(Buffer.from(picture.data.subarray(8, 12)).toString()).toBe("WEBP");
    await expect(
      client.call("run.photograph", { file: "/etc/hostname", side: 64 }),
    ).rejects.toMatchObject({ code: "path.unreadable" });
  });

  it("that cannot begin says why, and leaves no folder", async () => {
    const empty = join(folder, "nothing");
    const wrong = { ...recipe, data: { kind: "folder", path: empty } };
    await expect(
      client.call("training.start", { recipe: wrong, folder: join(folder, "refused") }),
    ).rejects.toMatchObject({ code: "path.missing" });
    await expect(
      client.call("run.open", { folder: join(folder, "refused") }),
    ).rejects.toMatchObject({ code: "run.missing" });
    await expect(client.call("training.control", { action: "play" })).rejects.toMatchObject({
      code: "run.missing",
    });
  });
});
