/** `train` and `resume` on the command line: a run that is killed, one that is stopped, and bad input. */
import { spawn } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readMetrics } from "../../engine/runs/metrics-log.ts";
import { gramscope, inFolder } from "../support/command-line.ts";
import { bundledModel, built, samples } from "../support/running-engine.ts";
import { photographRecipe } from "../support/training.ts";

const recipe = {
  ...photographRecipe,
  dropPath: 0.2,
  steps: 24,
  warmupSteps: 2,
  checkpointEvery: 5,
};

const timeless = (rows: readonly Readonly<Record<string, number>>[]) =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !/_s$|bytes$/.test(key))),
  );

async function write(folder: string, content: unknown, name = "recipe.json"): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const train = (file: string, run: string, ...more: string[]) =>
  gramscope(["train", file, "--out", run, "--device", "cpu", ...more]);

/** Train in a process of its own, and send it a signal after so many steps. */
async function trainUntil(file: string, run: string, step: number, signal: "SIGKILL" | "SIGINT") {
  const args = [built("main.js"), "train", file, "--out", run, "--device", "cpu", "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let lines = 0;
  child.stdout.on("data", (chunk) => {
    lines += String(chunk).split("\n").length - 1;
    // Once: a second Ctrl-C ends the process as it is.
    if (lines >= step && !child.killed) child.kill(signal);
  });
  return new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("close", (code, by) => resolve({ code, signal: by }));
  });
}

describe("a run that is ended", () => {
  it("by kill -9 goes on with the same numbers and weights, bit for bit", async () => {
    await inFolder(async (folder) => {
      const file = await write(folder, recipe);
      const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
      expect((await train(file, whole)).code).toBe(0);
      expect(await trainUntil(file, killed, 13, "SIGKILL")).toEqual({
        code: null,
        signal: "SIGKILL",
      });
      const { code, stdout } = await gramscope(["resume", killed, "--device", "cpu", "--json"]);
      expect(code).toBe(0);
      // One JSON line a step, from the step after the last checkpoint.
      const first = JSON.parse(stdout.split("\n")[0]!) as { step: number };
      expect(first.step % 5).toBe(1);
      const [ours, theirs] = await Promise.all(
        [killed, whole].map((run) => readMetrics(join(run, "metrics.jsonl"))),
      );
      expect(timeless(ours!)).toEqual(timeless(theirs!));
      for (const name of ["teacher/model.safetensors", "optimizer.safetensors"]) {
        const [a, b] = await Promise.all(
          [killed, whole].map((run) => readFile(join(run, "checkpoints/step-000024", name))),
        );
        expect(a!.equals(b!), name).toBe(true);
      }
    });
  });

  it.skipIf(process.platform === "win32")(
    "by Ctrl-C finishes its step, saves and says how far it came",
    async () => {
      await inFolder(async (folder) => {
        const file = await write(folder, recipe);
        const run = join(folder, "run");
        expect(await trainUntil(file, run, 7, "SIGINT")).toEqual({ code: 130, signal: null });
        const steps = (await readMetrics(join(run, "metrics.jsonl"))).map(({ step }) => step);
        const last = steps.at(-1)!;
        expect(last).toBeLessThan(24);
        const name = `step-${String(last).padStart(6, "0")}`;
        expect(await readdir(join(run, "checkpoints"))).toContain(name);
        expect(await readFile(join(run, "log.txt"), "utf8")).toMatch(
          /stopped after step \d+ of 24/,
        );
      });
    },
  );

  it("--steps takes the place of the recipe's, and recipe.json says so", async () => {
    await inFolder(async (folder) => {
      const run = join(folder, "run");
      const { code, stderr } = await train(await write(folder, recipe), run, "--steps", "3");
      expect(code, stderr).toBe(0);
      const resolved = JSON.parse(
        await readFile(join(run, "recipe.json"), "utf8"),
      ) as typeof recipe;
      expect(resolved.steps).toBe(3);
      // Every default is written out.
      expect(resolved).toMatchObject({ momentum: 0.99, beta2: 0.99, keepLast: 3 });
    });
  });
});

describe("a recipe on the command line", () => {
  it("a preset is printed in full, and is a recipe", async () => {
    const { code, stdout } = await gramscope(["recipe", "laptop-refine"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kind: "refine", gramWeight: 2, gramSize: 256 });
  });

  it("paths are relative to its own folder", async () => {
    await inFolder(async (folder) => {
      const file = await write(folder, {
        ...recipe,
        data: { kind: "folder", path: "photographs" },
      });
      const { code, stderr } = await train(file, join(folder, "run"));
      expect(code).toBe(2);
      expect(stderr).toContain(join(folder, "photographs"));
    });
  });
});

describe("bad input ends with one message, exit 2, and leaves nothing", () => {
  const cases: Record<string, [change: unknown, words: RegExp]> = {
    "no JSON": ["{steps: 3", /recipe\.json: expected JSON/],
    "an unknown setting": [{ ...recipe, learningRat: 1 }, /learningRat: no such setting/],
    "a wrong type": [{ ...recipe, steps: "ten" }, /steps: expected an integer from 1/],
    "a value out of range": [{ ...recipe, momentum: 2 }, /momentum: expected a number from 0 to 1/],
    "a nested setting": [
      { ...recipe, globalScale: { min: 0.5, max: 7 } },
      /globalScale\.max: expected a number/,
    ],
    "a contradiction": [{ ...recipe, kind: "refine" }, /expected weights to start from/],
    "a missing folder": [
      { ...recipe, data: { kind: "folder", path: "/nowhere/at/all" } },
      /nowhere.at.all/,
    ],
    "a model that is no model": [
      { ...recipe, kind: "pretrain", init: samples },
      /expected a model directory/,
    ],
    "a model of another shape": [
      { ...recipe, init: bundledModel },
      /expected width 32, as the recipe's model has/,
    ],
    "a run that does not fit into memory": [
      { ...recipe, model: "dinov3_vits16", batchSize: 256, globalSize: 1024 },
      /This run needs about \d+\.\d GB: .*activations.*weights.*are free/,
    ],
  };
  it.concurrent.each(Object.entries(cases))("%s", async (_, [change, words]) => {
    await inFolder(async (folder, names) => {
      const file = await write(folder, change);
      const { code, stdout, stderr } = await train(file, join(folder, "run"));
      expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(words);
      expect(stderr).not.toMatch(/^\s+at |internal|undefined/m);
      expect(await names()).toEqual(["recipe.json"]);
    });
  });

  it("images that cannot be read are counted and named, and the others are used", async () => {
    await inFolder(async (folder) => {
      const photographs = join(folder, "photographs");
      await mkdir(photographs);
      await copyFile(join(samples, "coffee.jpg"), join(photographs, "coffee.jpg"));
      await copyFile(join(samples, "rocket.jpg"), join(photographs, "rocket.jpg"));
      await writeFile(join(photographs, "broken.jpg"), "no image");
      const data = { kind: "folder", path: "photographs" };
      const file = await write(folder, { ...recipe, data, steps: 2 });
      const { code, stderr } = await train(file, join(folder, "run"));
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/2 images in .*1 skipped/);
      expect(await readFile(join(folder, "run/log.txt"), "utf8")).toMatch(/broken\.jpg/);
    });
  });

  it("a folder that is no run, and one that is full", async () => {
    await inFolder(async (folder) => {
      const file = await write(folder, recipe);
      const resumed = await gramscope(["resume", folder, "--device", "cpu"]);
      expect(resumed.code).toBe(2);
      expect(resumed.stderr).toMatch(/expected the folder of a run/);
      const full = await train(file, folder);
      expect(full.code).toBe(2);
      expect(full.stderr).toMatch(/expected/);
    });
  });
});
