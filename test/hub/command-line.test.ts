/** `gramscope get`, and models by their names in the Hub, through the built command line. */
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gramscope, inFolder } from "../support/command-line.ts";
import { samples } from "../support/running-engine.ts";
import { fixtures } from "../weights/broken-models.ts";
import { nobodyThere, repositoryId, startHub, type FakeHub } from "./hub-server.ts";

let hub: FakeHub;

beforeAll(async () => {
  const file = async (name: string) => ({
    bytes: await readFile(path.join(fixtures, "mlp", name)),
    isLarge: name.endsWith(".safetensors"),
  });
  hub = await startHub({
    "config.json": await file("config.json"),
    "preprocessor_config.json": await file("preprocessor_config.json"),
    "model.safetensors": await file("model.safetensors"),
  });
});

afterAll(() => hub.close());

test("get downloads once; map opens the repository by its name, also without the Hub", async () => {
  await inFolder(async (folder) => {
    const env = {
      HF_HOME: path.join(folder, "hf"),
      HF_ENDPOINT: hub.endpoint,
      HF_TOKEN: "hf_mine",
    };
    const got = await gramscope(["get", repositoryId, "--json"], { env });
    expect(got.code, got.stderr).toBe(0);
    const { path: place, downloadedBytes } = JSON.parse(got.stdout) as Record<string, unknown>;
    expect(place).toBe(path.join(env.HF_HOME, "hub/models--org--tiny-vit/snapshots", hub.commit));
    expect(downloadedBytes).toBeGreaterThan(100_000);
    const again = await gramscope(["get", `hf:${repositoryId}@main`], { env });
    expect(again.stdout).toMatch(/nothing to do/);
    hub.requests.length = 0;
    const out = path.join(folder, "norm.png");
    const map = ["map", "norm", "--device", "cpu", "--image", path.join(samples, "chelsea.jpg")];
    const drawn = await gramscope([...map, "--model", `hf:${repositoryId}`, "--out", out], {
      env: { ...env, HF_HUB_OFFLINE: "1" },
    });
    expect(drawn.code, drawn.stderr).toBe(0);
    expect((await readFile(out)).subarray(1, 4).toString()).toBe("PNG");
    expect(hub.requests).toEqual([]);
    const inspected = await gramscope(["inspect", `hf:${repositoryId}`], { env });
    expect(inspected.code, inspected.stderr).toBe(0);
  });
});

test("a run takes its teacher from the Hub, keeps the commit, and goes on without the Hub", async () => {
  await inFolder(async (folder) => {
    const env = { HF_HOME: path.join(folder, "hf"), HF_ENDPOINT: hub.endpoint, HF_TOKEN: "" };
    const offline = { ...env, HF_HUB_OFFLINE: "1" };
    const small = { width: 16, depth: 1, heads: 1, hidden: 32, patch: 16 };
    const recipe = {
      kind: "distill",
      data: { kind: "folder", path: samples },
      teacher: `hf:${repositoryId}`,
      model: small,
      ...{ globalSize: 32, localCrops: 0, batchSize: 2, warmupSteps: 0, watch: [] },
      ...{ steps: 2, checkpointEvery: 1 },
    };
    const file = path.join(folder, "recipe.json");
    await writeFile(file, JSON.stringify(recipe));
    const run = path.join(folder, "run");
    const train = ["train", file, "--out", run, "--device", "cpu"];
    const trained = await gramscope(train, { env });
    expect(trained.code, trained.stderr).toBe(0);
    const kept = JSON.parse(await readFile(path.join(run, "recipe.json"), "utf8")) as typeof recipe;
    expect(kept.teacher).toBe(`hf:${repositoryId}@${hub.commit}`);

    await rm(path.join(run, "checkpoints/step-000002"), { recursive: true });
    const resumed = await gramscope(["resume", run, "--device", "cpu", "--json"], { env: offline });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(
      resumed.stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { step: number }).step),
    ).toEqual([2]);
  });
});

test("a Hub that is not there: one message, exit 2, and nothing left", async () => {
  await inFolder(async (folder, names) => {
    const env = { HF_HOME: folder, HF_ENDPOINT: await nobodyThere(), HF_TOKEN: "hf_secret" };
    for (const args of [
      ["get", repositoryId],
      ["inspect", `hf:${repositoryId}`],
    ]) {
      const ended = await gramscope(args, { env });
      expect(ended.code).toBe(2);
      expect(ended.stdout).toBe("");
      expect(ended.stderr).toMatch(
        /^127\.0\.0\.1:\d+ cannot be reached: it refuses the connection\n/,
      );
      expect(ended.stderr.trimEnd().split("\n")).toHaveLength(2);
      expect(ended.stderr).not.toContain("hf_secret");
    }
    expect(await names()).toEqual([]);
  });
});
