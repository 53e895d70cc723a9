/** What the command line writes when all is well. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { decodeImage } from "../../engine/image/decode.ts";
import { preprocess } from "../../engine/image/preprocess.ts";
import { readPngTexts, recipeKeyword } from "../../engine/probes/png.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import { unattended } from "../../engine/session/control.ts";
import { Session } from "../../engine/session/session.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { gramscope, inFolder } from "../support/command-line.ts";
import { samples } from "../support/running-engine.ts";
import { copyModel, editHeader, fixtures, removeFolder } from "../weights/broken-models.ts";

const model = path.join(fixtures, "mlp");
const image = path.join(samples, "chelsea.jpg");
const look = ["--model", model, "--image", image, "--device", "cpu"];

describe("features", () => {
  test("writes CLS, registers and patches after the norm, every block before it, and the grid", async () => {
    await inFolder(async (folder, names) => {
      const out = path.join(folder, "features.safetensors");
      const ended = await gramscope([
        "features",
        ...look,
        "--layer",
        "all",
        "--out",
        out,
        "--json",
      ]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(await names()).toEqual(["features.safetensors"]);

      const file = await readSafetensors(out);
      const shapes = Object.fromEntries(
        [...file.tensors].map(([name, { shape }]) => [name, shape]),
      );
      expect(shapes).toEqual({
        cls: [64],
        registers: [4, 64],
        patches: [24, 64],
        "block00.patches": [24, 64],
        "block01.patches": [24, 64],
        "block02.patches": [24, 64],
      });
      expect(file.metadata).toMatchObject({
        grid: "4x6",
        model: "fixture mlp",
        source: model,
        trained: "false",
        image: "chelsea.jpg",
        size: "model",
        block: "2",
        norm: "true",
        rope: "fp32",
        executor: "cpu",
      });
      const geometry = {
        patch: 16,
        grid: { rows: 4, cols: 6 },
        input: { width: 96, height: 64 },
        image: { width: 451, height: 300 },
        region: { x: 0, y: 0, width: 451, height: 300 },
        resample: "bilinear",
      };
      expect(JSON.parse(file.metadata["geometry"]!)).toEqual(geometry);
      const told = JSON.parse(ended.stdout) as Record<string, unknown>;
      expect(told).toMatchObject({ out, geometry });
      expect(told["tensors"]).toContainEqual({ name: "block02.patches", shape: [24, 64] });
      expect(told["peakMemoryBytes"]).toBeGreaterThan(2 ** 20);

      // The session's own numbers, which test/session holds against PyTorch's.
      const here = await sessionFeatures();
      const written = async (name: string) => readTensor(file, file.tensors.get(name)!);
      const last = await here({ layer: "last", norm: true });
      expect(await written("cls")).toEqual(last.cls);
      expect(await written("registers")).toEqual(last.registers);
      expect(await written("patches")).toEqual(last.patches);
      for (const layer of [0, 1, 2]) {
        const { patches } = await here({ layer, norm: false });
        expect(await written(`block0${layer}.patches`)).toEqual(patches);
      }
    });
  });

  test("native keeps the pixels; one block is after the norm; results replace what was there", async () => {
    await inFolder(async (folder, names) => {
      const out = path.join(folder, "x.safetensors");
      const args = ["features", ...look, "--size", "native", "--layer", "1", "--out", out];
      for (let round = 0; round < 2; round++) {
        const { code, stdout, stderr } = await gramscope(args);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout).toMatch(/x\.safetensors: 18x28 patches of width 64, 3 tensors, \d+ ms/);
      }
      expect(await names()).toEqual(["x.safetensors"]);
      const { metadata, tensors } = await readSafetensors(out);
      expect(metadata).toMatchObject({ grid: "18x28", size: "native", block: "1", norm: "true" });
      expect(JSON.parse(metadata["geometry"]!)).toMatchObject({
        input: { width: 448, height: 288 },
        region: { x: 0, y: 0, width: 448, height: 288 },
        resample: "none",
      });
      expect([...tensors.keys()].sort()).toEqual(["cls", "patches", "registers"]);
    });
  });

  async function sessionFeatures() {
    const { executor } = await chooseExecutor("cpu");
    const decoded = await decodeImage(await readFile(image), "chelsea.jpg");
    const session = new Session({
      executor,
      featureBytes: 2 ** 28,
      programBytes: 2 ** 30,
      pixels: {
        describe: async () => ({ name: "chelsea.jpg", width: 451, height: 300 }),
        input: async (_, geometry, pre) => preprocess(decoded, geometry, pre),
      },
    });
    const { id } = await session.openModel(model, unattended);
    return (of: Pick<FeatureRef, "layer" | "norm">) =>
      session.features({ model: id, image: "i", size: { kind: "model" }, ...of }, unattended);
  }
});

describe("map", () => {
  const cells = { width: 96, height: 64 };
  const other = path.join(samples, "coffee.jpg");
  test.concurrent.each<[probe: string, args: string[], size: object, recipe: RegExp]>([
    ["cosine", ["--patch", "1,2", "--box", "0,0,1,1"], cells, /cosine to the mean/],
    [
      "cosine",
      ["--patch", "1,2", "--with", other, "--overlay", "0.5"],
      { width: 600, height: 400 },
      /coffee\.jpg/,
    ],
    ["pca", ["--preset", "whitened", "--signs", "5", "--order", "210"], cells, /whiten/i],
    ["pca", ["--with", other, "--no-norm", "--layer", "1"], cells, /coffee\.jpg/],
    [
      "gram",
      ["--order", "cluster", "--k", "3"],
      { width: 1008, height: 1008 },
      /k-means, 3 clusters/,
    ],
    ["norm", ["--colormap", "magma", "--overlay", "1"], { width: 451, height: 300 }, /L2 norm/],
    ["cls", [], cells, /CLS/],
    ["kmeans", ["--k", "4", "--seed", "7"], cells, /4/],
    ["attention", ["--token", "register:2", "--head", "1"], cells, /register 2/],
    ["foreground", ["--size", "160x80"], { width: 160, height: 80 }, /Otsu/],
  ])("%s %o writes a PNG with its recipe inside", async (probe, args, size, recipe) => {
    await inFolder(async (folder, names) => {
      const out = path.join(folder, "map.png");
      const ended = await gramscope(["map", probe, ...look, ...args, "--out", out, "--json"]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(await names()).toEqual(["map.png"]);
      const png = await readFile(out);
      expect(await sharp(png).metadata()).toMatchObject({ format: "png", channels: 3, ...size });
      const { channels } = await sharp(png).stats();
      expect(
        Math.max(...channels.map(({ stdev }) => stdev)),
        "a picture of something",
      ).toBeGreaterThan(1);
      const texts = readPngTexts(png);
      const told = JSON.parse(ended.stdout) as { recipe: unknown; numbers: unknown[] };
      expect(JSON.parse(texts[recipeKeyword]!)).toEqual(told.recipe);
      expect(texts["Description"]).toMatch(recipe);
      expect(texts["Description"]).toContain("fixture mlp");
      expect(told.numbers.length).toBeGreaterThan(0);
    });
  });
});

describe("the other verbs", () => {
  test.concurrent("inspect tells what a model holds, for people and for programs", async () => {
    const [text, json] = await Promise.all([
      gramscope(["inspect", model]),
      gramscope(["inspect", model, "--json"]),
    ]);
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toContain("fixture mlp");
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "model",
      name: "fixture mlp",
      trained: false,
      config: { width: 64, depth: 3 },
      parameters: expect.any(Number) as number,
    });
  });

  test.concurrent("inspect shows a model that would be refused, with the reason", async () => {
    const folder = await copyModel("mlp");
    try {
      await editHeader(path.join(folder, "model.safetensors"), (header) => {
        header["layer.2.mlp.up_proj.weight"]!.shape = [64, 96];
      });
      const { code, stdout } = await gramscope(["inspect", folder, "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ problem: { code: "weights.shape" } });
    } finally {
      await removeFolder(folder);
    }
  });

  test.concurrent("doctor names every executor, one of them used, and the machine", async () => {
    const { code, stdout } = await gramscope(["doctor", "--json"]);
    expect(code).toBe(0);
    const { executors, machine } = JSON.parse(stdout) as {
      executors: { name: string; chosen: boolean; available: boolean; reason: string }[];
      machine: Record<string, unknown>;
    };
    expect(executors.map(({ name }) => name)).toEqual([
      "webgpu",
      "cuda",
      "tfjs-gpu",
      "cpu",
      "tfjs",
    ]);
    expect(executors.filter(({ chosen }) => chosen).length).toBe(1);
    expect(executors.every(({ reason }) => reason.length > 0)).toBe(true);
    expect(executors[3]).toMatchObject({
      available: true,
      reason: expect.stringMatching(/self-check passed: [\d.]+ GFLOP\/s/) as string,
    });
    expect(machine).toMatchObject({ node: process.version, threads: expect.any(Number) as number });
  });

  test.concurrent("--version and --help end well; no verb at all is shown the help", async () => {
    const [version, help, none] = await Promise.all([
      gramscope(["--version"]),
      gramscope(["map", "--help"]),
      gramscope([]),
    ]);
    expect(version).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
    expect(help.code).toBe(0);
    for (const option of ["--patch", "--preset", "--overlay", "--layer"]) {
      expect(help.stdout).toContain(option);
    }
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/Usage: gramscope .*features.*map.*serve/s);
  });
});
