/** `gramscope figure` in a process of its own: a grid, a clip of a run, and what it refuses. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { ReportCache } from "../../engine/compare/report-cache.ts";
import { readPngTexts, recipeKeyword } from "../../engine/probes/png.ts";
import type { CompareReport } from "../../engine/protocol/comparison.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { checkpointName } from "../../engine/runs/checkpoint-layout.ts";
import { createRun } from "../../engine/runs/run-directory.ts";
import { gramscope, inFolder } from "../support/command-line.ts";
import { writeSession } from "../support/session-files.ts";
import { samples } from "../support/running-engine.ts";
import { fixtures } from "../weights/broken-models.ts";

const model = path.join(fixtures, "mlp");
const [cat, cup] = ["chelsea.jpg", "coffee.jpg"].map((name) => path.join(samples, name));
const look = ["figure", "--device", "cpu", "--image", cat!];

describe("figure", () => {
  test("lays layers and images out as a grid, to the width and with the recipe of each pane", async () => {
    await inFolder(async (folder, names) => {
      const out = path.join(folder, "grid.png");
      const grid = ["--image", cup!, "--layer", "0,last", "--width-mm", "85", "--dpi", "150"];
      const args = [...look, "--model", model, "--probe", "norm", ...grid, "--out", out, "--json"];
      const ended = await gramscope(args);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(await names()).toEqual(["grid.png"]);
      const file = await readFile(out);
      expect(await sharp(file).metadata()).toMatchObject({ width: 502, density: 150 });
      const texts = readPngTexts(file);
      const { panes } = JSON.parse(texts[recipeKeyword]!) as { panes: { title: string }[] };
      expect(panes.map(({ title }) => title)).toEqual([
        "block 1, chelsea.jpg",
        "last block, chelsea.jpg",
        "block 1, coffee.jpg",
        "last block, coffee.jpg",
      ]);
      // A whole column and a whole row are named by their titles.
      expect(texts["Description"]).toMatch(/\(block 1\) Layer: block 1 of 3/);
      expect(texts["Description"]).toMatch(/\(coffee\.jpg\) Image: coffee\.jpg, 600x400 px/);
    });
  });

  test("joins the steps of a run into a clip, and refuses steps that it does not have", async () => {
    await inFolder(async (folder) => {
      const run = path.join(folder, "run");
      await createRun(run, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
      for (const step of [10, 20]) await addStep(run, step);
      const of = [...look, "--model", run, "--probe", "pca", "--width-mm", "40", "--dpi", "100"];
      const out = path.join(folder, "clip.webp");
      const ended = await gramscope([...of, "--steps", "all", "--frame-ms", "80", "--out", out]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      const read = await sharp(out, { animated: true }).metadata();
      expect(read).toMatchObject({ pages: 2, delay: [80, 80], width: 157 });
      // Colours that stay: both steps are shown in the basis of the last.
      expect(Buffer.from(read.exif!).toString("latin1")).toMatch(/Basis.*chelsea\.jpg/);

      const wrong = await gramscope([
        ...of,
        "--steps",
        "10,30",
        "--out",
        path.join(folder, "b.svg"),
      ]);
      expect(wrong).toMatchObject({ code: 2, stdout: "" });
      expect(wrong.stderr).toMatch(
        /--steps: expected all, or steps of .*\(10, 20\); received "30"/,
      );
    });
  });

  test.concurrent.each([
    ["a file of another kind", ["--out", "f.gif"], /--out: expected a file that ends in \.png/],
    [
      "no width",
      ["--out", "f.png", "--width-mm", "0"],
      /--width-mm: expected a whole number, 20 to/,
    ],
    [
      "a resolution of 100,000",
      ["--out", "f.png", "--dpi", "100000"],
      /--dpi: expected .*36 to 1200/,
    ],
    ["a folder that is not there", ["--out", "no/f.png"], /the folder .*no does not exist/],
    ["a clip of nothing", ["--out", "f.webp"], /a \.webp is a clip of the steps of a run/],
    [
      "three things that vary",
      [
        ...["--out", "f.png", "--image", cup!, "--layer", "0,1"],
        ...["--probe", "pca", "--width-mm", "40"],
      ],
      /at most two things that vary.*2 layers, 2 probes, 2 images/,
    ],
  ])("%s is refused in one message", async (_, more, words) => {
    await inFolder(async (folder, names) => {
      const args = [...look, "--model", model, "--probe", "norm", ...more];
      const ended = await gramscope(args, { cwd: folder });
      expect(ended, ended.stderr).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr.split("\n")[0]).toMatch(words);
      expect(ended.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
      expect(await names()).toEqual([]);
    });
  });

  test("draws a session's panes, and of its run every step; says what a session lacks", async () => {
    await inFolder(async (folder, names) => {
      const run = path.join(folder, "run");
      await createRun(run, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
      for (const step of [10, 20]) await addStep(run, step);
      const session = path.join(folder, "view.gramscope.json");
      const view = "photograph=p1&step=20&probe=pca&basis=run&space=pca";
      await writeSession(session, { view, models: [], run: { path: "run" } });
      const size = ["--width-mm", "40", "--dpi", "100", "--device", "cpu"];
      const of = ["figure", "--session", session, ...size, "--out"];
      const clip = await gramscope([...of, path.join(folder, "clip.webp"), "--frame-ms", "80"]);
      expect(clip).toMatchObject({ code: 0, stderr: "" });
      const read = await sharp(path.join(folder, "clip.webp"), { animated: true }).metadata();
      expect(read).toMatchObject({ pages: 2, delay: [80, 80], width: 157 });
      expect(Buffer.from(read.exif!).toString("latin1")).toMatch(/"step 10".*"step 20"/s);
      const wide = of.map((part) => (part === "40" ? "180" : part));
      const one = await gramscope([...wide, path.join(folder, "one.svg")]);
      expect(one).toMatchObject({ code: 0 });
      const svg = await readFile(path.join(folder, "one.svg"), "utf8");
      expect(svg).toMatch(/>step 20, Chelsea the cat</);
      // Points are a picture, what they are called is text.
      expect(svg).toMatch(/>b +Space, PCA</);
      expect(svg).toMatch(/>1st component \(\d+\.\d % of variance\)</);
      expect(svg).toMatch(/seen from \(1\.91, 1\.29, 2\.64\)/);
      const wrong = await gramscope([...of, path.join(folder, "two.webp"), "--steps", "10,30"]);
      expect(wrong).toMatchObject({ code: 2, stdout: "" });
      expect(wrong.stderr).toMatch(/no checkpoint of step 30\nIt has 10, 20\./);

      await writeSession(session, {
        models: [{ id: "m1", path: "gone/away", name: "A model that moved" }],
      });
      const lacking = await gramscope([...of, path.join(folder, "three.png")]);
      expect(lacking).toMatchObject({ code: 2, stdout: "" });
      expect(lacking.stderr).toMatch(/1 of 2 things .* missing: model A model that moved/);
      // Asked before anything else is.
      const nowhere = { env: { PATH: folder, Path: folder } };
      const mp4 = await gramscope([...of, path.join(folder, "clip.mp4")], nowhere);
      expect(mp4).toMatchObject({ code: 2, stdout: "" });
      expect(mp4.stderr).toMatch(/encoded by ffmpeg, which does not start here\nInstall ffmpeg, /);
      const both = await gramscope([...of, path.join(folder, "a.png"), "--model", model]);
      expect(both).toMatchObject({ code: 2, stdout: "" });
      expect(both.stderr).toMatch(/or --session alone; .*received --model, --session/);
      expect(await names()).toEqual(["clip.webp", "one.svg", "run", "view.gramscope.json"]);

      const odd = "photograph=p1&model=m1&space=umap&sight=1,2,3,0,0,99";
      await writeSession(session, { view: odd });
      const told = await gramscope([...of, path.join(folder, "umap.pdf"), "--json"]);
      expect(told.code).toBe(0);
      expect(told.stderr).toMatch(/^Part of the session was ignored\. sight: expected six numbers/);
      expect(told.stderr).toMatch(/\nPoints by UMAP are laid out anew here, .*\n$/);
      expect(told.stderr.trim().split("\n")).toHaveLength(2);
      expect(JSON.parse(told.stdout)).toMatchObject({
        notes: [expect.stringMatching(/received "1,2,3,0,0,99"$/), expect.stringMatching(/UMAP/)],
      });
    });
  });

  test("draws what runs logged, a chart for each metric and a curve for each run", async () => {
    await inFolder(async (folder, names) => {
      const recipe = resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } });
      for (const [i, name] of ["first", "second"].entries()) {
        const run = path.join(folder, name);
        await createRun(run, recipe);
        const lines = Array.from({ length: 50 }, (_, at) =>
          JSON.stringify({ step: at + 1, loss: 8 - at / 10 - i, lr: 1e-4 }),
        );
        await writeFile(path.join(run, "metrics.jsonl"), `${lines.join("\n")}\n`);
      }
      const runs = [
        "--curves",
        path.join(folder, "first"),
        "--curves",
        path.join(folder, "second"),
      ];
      const of = ["figure", ...runs, "--metric"];
      const out = path.join(folder, "curves.svg");
      const ended = await gramscope([...of, "loss,lr", "--out", out]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(ended.stdout).toMatch(/2 charts, 2126 x \d+ px/);
      const svg = await readFile(out, "utf8");
      for (const word of ["a  Loss, weighted sum", "nats", "step", "first", "second", "40"]) {
        expect(svg).toContain(`>${word}<`);
      }
      expect(svg.match(/<polyline [^>]*stroke="#3f90da"/g)).toHaveLength(2);
      expect(svg.match(/<polyline [^>]*stroke="#e76300"/g)).toHaveLength(2);
      expect(svg).toContain("Metric: loss");
      // Both charts are of the same runs: that is said once.
      expect(svg.split(">second<")).toHaveLength(2);
      const wrong = await gramscope([...of, "speed", "--out", path.join(folder, "b.svg")]);
      expect(wrong).toMatchObject({ code: 2, stdout: "" });
      expect(wrong.stderr).toMatch(/"speed" was not logged by first, second\nLogged: loss, lr\./);
      expect(await names()).toEqual(["curves.svg", "first", "second"]);
    });
  });

  test("smooths curves over what was logged, and marks what happened in the run", async () => {
    await inFolder(async (folder) => {
      const run = path.join(folder, "run");
      await createRun(run, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
      for (const step of [100, 200]) await addStep(run, step);
      const lines = Array.from({ length: 200 }, (_, at) =>
        JSON.stringify({
          step: at + 1,
          loss: 8 + Math.sin(at),
          head_warmup: at < 20 ? 1 : 0,
          gram_weight_set: at === 60 ? 1 : 0,
          gram_refresh: at === 180 ? 1 : 0,
        }),
      );
      await writeFile(path.join(run, "metrics.jsonl"), `${lines.join("\n")}\n`);
      const cache = path.join(folder, "cache");
      await new ReportCache(path.join(cache, "reports")).write(run, advising(run, 100));
      const drawn = async (...more: string[]) => {
        const out = path.join(folder, "curves.svg");
        const args = ["figure", "--curves", run, ...more, "--out", out];
        const ended = await gramscope(args, { env: { GRAMSCOPE_CACHE: cache } });
        return { ended, svg: await readFile(out, "utf8").catch(() => "") };
      };
      const { ended, svg } = await drawn("--smooth", "0.9");
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      const events = ["heads are warm", "Gram weight set by hand", "Gram teacher 100"];
      for (const event of events) expect(svg).toContain(`>${event}<`);
      const curves = [
        ...svg.matchAll(/<polyline [^>]*points="([^"]+)"[^>]*stroke="#3f90da"[^>]*>/g),
      ];
      const [logged, smoothed] = curves.map(([line, points]) => ({
        isFaint: line.includes('stroke-opacity="0.28"'),
        heights: points!.split(" ").map((pair) => Number(pair.split(",")[1])),
      }));
      expect([logged!.isFaint, smoothed!.isFaint, curves.length]).toEqual([true, false, 2]);
      const swing = (list: number[]) => Math.max(...list.slice(50)) - Math.min(...list.slice(50));
      expect(swing(smoothed!.heights)).toBeLessThan(0.2 * swing(logged!.heights));
      // The recommended one stands out, the three events are dotted.
      expect(svg.match(/<polyline [^>]*stroke="#1a7f37"/g)).toHaveLength(1);
      expect(svg.match(/<polyline [^>]*stroke-dasharray="1 2"/g)).toHaveLength(3);

      const plain = await drawn("--no-marks");
      expect(plain.ended).toMatchObject({ code: 0, stderr: "" });
      for (const event of events) expect(plain.svg).not.toContain(event);
      expect(plain.svg.match(/<polyline /g)).toHaveLength(1);
      const wrong = await drawn("--smooth", "1");
      expect(wrong.ended).toMatchObject({ code: 2, stdout: "" });
      expect(wrong.ended.stderr).toMatch(
        /--smooth: expected a number from 0 to 0\.99; received "1"/,
      );
    });
  });
});

/** A comparison that recommends a step of a run. */
function advising(run: string, step: number): CompareReport {
  const checkpoint = path.join(run, "checkpoints", checkpointName(step));
  const estimate = { mean: 0, low: 0, high: 0 };
  const report = {
    kind: "run",
    description: "run",
    data: { description: "pictures", fingerprint: "", images: 2 },
    models: [{ name: `step ${step}`, step, path: checkpoint, scores: {}, images: [] }],
    degradation: {
      quality: [],
      weights: {},
      images: 2,
      peak: step,
      last: 200,
      decline: { ...estimate, isBeyondImages: true },
      asGood: [step],
      recommendation: { kind: "teacher", step, reason: "It is best." },
    },
  };
  return report as unknown as CompareReport;
}

async function addStep(run: string, step: number): Promise<void> {
  const place = path.join(run, "checkpoints", checkpointName(step));
  await mkdir(place, { recursive: true });
  await cp(model, path.join(place, "teacher"), { recursive: true });
  await writeFile(path.join(place, "state.json"), "{}");
}
