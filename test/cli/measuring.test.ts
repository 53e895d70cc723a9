/** probe, compare and scenes on the command line: what they write, and what bad data is told. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawCases } from "../../engine/case-pictures/draw-cases.ts";
import { writeReport } from "../../engine/cli/write-report.ts";
import { writeRecorded } from "../../engine/data/recorded.ts";
import { parseProbeReport, type ProbeReport } from "../../engine/evaluation/probe-report.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { beginRun } from "../../engine/train/open-run.ts";
import { addFiles, flat, greyPng, halves, makeFolder, photograph } from "../labels/label-files.ts";
import { gramscope, inFolder, type Ended } from "../support/command-line.ts";
import { bundledModel, samples } from "../support/running-engine.ts";
import { noiseBatch, tinyRecipe } from "../support/training.ts";
import { fixtures } from "../weights/broken-models.ts";

const model = path.join(fixtures, "mlp");

/** One sentence, at most one hint, no stack, and nothing where results go. */
function expectRefusal({ code, stdout, stderr }: Ended, words: readonly (string | RegExp)[]): void {
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
  const lines = stderr.trimEnd().split("\n");
  expect(lines.length, stderr).toBeLessThanOrEqual(2);
  expect(stderr).not.toMatch(/^\s+at |internal|undefined|\[object/m);
  for (const word of words) expect(lines[0]).toMatch(word);
}

const probe = (what: string, data: string, ...more: string[]) => [
  "probe",
  what,
  "--model",
  model,
  "--device",
  "cpu",
  "--size",
  "32",
  "--data",
  data,
  ...more,
];
const knn = probe("knn", "scenes", "--train", "6", "--test", "3", "--out", "report.json");

describe("a probe's report", () => {
  test("has a picture of every case beside it, and replaces the one before", async () => {
    await inFolder(async (folder, names) => {
      expect(await gramscope(knn, { cwd: folder })).toMatchObject({ code: 0, stderr: "" });
      expect(await names()).toEqual(["report-cases", "report.json"]);
      const text = await readFile(path.join(folder, "report.json"), "utf8");
      const { cases } = parseProbeReport(text, "report.json");
      expect(cases.map(({ picture }) => picture)).toEqual(
        ["best", "median", "worst"].map((place) => `report-cases/${place}-1.png`),
      );
      for (const { picture, caption } of cases) {
        const file = path.join(folder, picture!);
        expect(await sharp(file).metadata()).toMatchObject({ format: "png", channels: 3 });
        expect(caption).toMatch(/A picture of the class \w+, taken for/);
      }
      const old = await stat(path.join(folder, "report-cases"));
      await writeFile(path.join(folder, "report-cases/best-9.png"), "of another time");
      expect((await gramscope(knn, { cwd: folder })).code).toBe(0);
      expect((await stat(path.join(folder, "report-cases"))).ino).not.toBe(old.ino);
      expect(await names()).toEqual(["report-cases", "report.json"]);
      expect((await readdir(path.join(folder, "report-cases"))).sort()).toEqual([
        "best-1.png",
        "median-1.png",
        "worst-1.png",
      ]);
    });
  });

  test("has the same pictures where there are no fonts", async () => {
    await inFolder(async (folder) => {
      const conf = path.join(folder, "fonts.conf");
      const none = path.join(folder, "none");
      await writeFile(
        conf,
        `<?xml version="1.0"?><fontconfig><dir>${none}</dir><cachedir>${none}</cachedir></fontconfig>`,
      );
      const out = path.join(folder, "bare.json");
      const bare = await gramscope([...knn.slice(0, -1), out], { env: { FONTCONFIG_FILE: conf } });
      expect(bare).toMatchObject({ code: 0 });
      const { cases } = parseProbeReport(await readFile(out, "utf8"), out);
      expect(cases[0]!.caption).toContain("k-NN classification. Best case");
      const file = await readFile(path.join(folder, cases[0]!.picture!));
      // The photograph, 316 px, between two margins of 16, under a heading and a title.
      expect((await sharp(file).metadata()).height).toBeGreaterThan(348 + 30);
      const full = path.join(folder, "full.json");
      expect(await gramscope([...knn.slice(0, -1), full])).toMatchObject({ code: 0 });
      expect(file).toEqual(await readFile(path.join(folder, "full-cases/best-1.png")));
    });
  });

  test("is not written over what is not a report's, before anything is computed", async () => {
    await inFolder(async (folder, names) => {
      await addFiles(folder, { "report-cases/holiday.png": "mine" });
      expectRefusal(await gramscope(knn, { cwd: folder }), [
        /report-cases: expected a place for the pictures/,
        /holiday\.png/,
      ]);
      expect(await names()).toEqual(["report-cases"]);
      expect(await readdir(path.join(folder, "report-cases"))).toEqual(["holiday.png"]);
    });
  });

  test("that cannot be put in its place leaves what was there", async () => {
    await inFolder(async (folder, names) => {
      const out = path.join(folder, "report.json");
      await mkdir(path.join(out, "a-folder-that-is-in-the-way"), { recursive: true });
      await addFiles(folder, { "report-cases/best-1.png": "before" });
      const report: ProbeReport = {
        version: 1,
        probe: "knn",
        model: { name: "", fingerprint: "" },
        data: { description: "", fingerprint: "" },
        preset: "paper",
        settings: {},
        seed: 0,
        numbers: [{ name: "top-1", value: 1, unit: "fraction", isBetterHigher: true }],
        cases: [],
        elapsedSeconds: 0,
      };
      expect(await drawCases({ report, drawings: [], set: undefined as never })).toEqual([]);
      const pictures = [{ case: 0, name: "best-1.png", png: new Uint8Array(3), caption: "" }];
      await expect(writeReport(out, report, pictures)).rejects.toMatchObject({
        code: "path.unwritable",
      });
      expect(await names()).toEqual(["report-cases", "report.json"]);
      expect(await readFile(path.join(folder, "report-cases/best-1.png"), "utf8")).toBe("before");
    });
  });

  test("is not there when it was cancelled", async () => {
    await inFolder(async (folder, names) => {
      const long = [...knn, "--train", "5000"];
      const ended = await gramscope(long, { cwd: folder, interruptAfterMs: 4000 });
      expect(ended).toMatchObject({ code: 130, stdout: "" });
      expect(await names()).toEqual([]);
    });
  });
});

describe("bad labels are refused by file and rule, and no report is left", () => {
  const masks = async (spoilt: Buffer) =>
    makeFolder({
      "classes.txt": "ground\nthing\n",
      "images/a.jpg": photograph(0),
      "images/b.jpg": photograph(1),
      "masks/a.png": greyPng(halves(0, 1), 24),
      "masks/b.png": spoilt,
      "train.txt": "a\n",
      "val.txt": "b\n",
    });
  const pair = async (points: number[][]) =>
    makeFolder({
      "left.jpg": photograph(0),
      "right.jpg": photograph(1),
      "pairs.json": JSON.stringify([{ first: "left.jpg", second: "right.jpg", points }]),
    });

  test.each<[what: string, task: string, data: () => Promise<string>, words: RegExp[]]>([
    [
      "a mask of another size",
      "segmentation",
      () => masks(greyPng(flat(1, 12, 16), 12)),
      [/masks\/b\.png: expected the size of its image, 24 × 16 .*images\/b\.jpg.*received 12 × 16/],
    ],
    [
      "a class outside the declared range",
      "segmentation",
      () => masks(greyPng(halves(0, 7), 24)),
      [
        /masks\/b\.png: expected 0 to 1 \(2 classes, .*classes\.txt\).*received 7 at column 12, row 0/,
      ],
    ],
    [
      "no labelled pixel",
      "segmentation",
      () => masks(greyPng(flat(255), 24)),
      [/masks\/b\.png: expected at least one pixel with a label/],
    ],
    [
      "a point outside its picture",
      "correspondence",
      () => pair([[1, 1, 25, 3]]),
      [
        /pairs\.json: \[0\]: point 1: expected a point within .*right\.jpg \(24 × 16\), received x 25, y 3/,
      ],
    ],
    [
      "a list that names a picture outside the folder",
      "correspondence",
      async () => {
        const folder = await pair([[1, 1, 2, 3]]);
        const list = [{ first: "../left.jpg", second: "right.jpg", points: [[1, 1, 2, 3]] }];
        await addFiles(folder, { "pairs.json": JSON.stringify(list) });
        return folder;
      },
      [
        /pairs\.json: \[0\]: expected paths that stay inside the folder, received "\.\.\/left\.jpg"/,
      ],
    ],
    [
      "a list that names a picture which is not there",
      "correspondence",
      async () => {
        const folder = await pair([[1, 1, 2, 3]]);
        await rm(path.join(folder, "right.jpg"));
        return folder;
      },
      [/right\.jpg: no such file/],
    ],
    [
      "labels of another task",
      "depth",
      () => masks(greyPng(flat(1), 24)),
      [/expected labels for depth.*found the layout masks, which serves segmentation/],
    ],
  ])("%s", async (_, task, data, words) => {
    const where = await data();
    await inFolder(async (folder, names) => {
      const quick = task === "segmentation" ? ["--preset", "quick"] : [];
      const args = probe(task, where, ...quick, "--out", "report.json");
      expectRefusal(await gramscope(args, { cwd: folder }), words);
      expect(await names()).toEqual([]);
    });
  });

  test.each<[what: string, args: string[], words: RegExp]>([
    ["a preset that is not there", ["--preset", "best"], /preset: expected one of paper/],
    ["a layout that is not there", ["--layout", "heap"], /layout: expected one of masks, voc/],
    ["a size that is none", ["--size", "big"], /--size: expected native, or the side/],
  ])("%s", async (_, more, words) => {
    await inFolder(async (folder, names) => {
      const args = [...probe("knn", samples, "--out", "report.json"), ...more];
      expectRefusal(await gramscope(args, { cwd: folder }), [words]);
      expect(await names()).toEqual([]);
    });
  });
});

describe("a series that is none", () => {
  let folder: string;
  let run: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "gramscope-series-"));
    run = path.join(folder, "run");
    const { executor } = await chooseExecutor("cpu");
    const change = { gramWeight: 0, gramSize: 0, steps: 4, checkpointEvery: 2, keepEvery: 1 };
    const recipe = tinyRecipe({ kind: "pretrain", ...change });
    const recorded = path.join(folder, "batches.safetensors");
    const batches = Array.from({ length: 4 }, (_, seed) => noiseBatch(recipe, seed));
    await writeRecorded(recorded, batches);
    const data = { kind: "recorded", path: recorded } as const;
    await (await beginRun({ ...recipe, data }, run, { executor })).train();
    await executor.dispose();
  });
  afterAll(() => rm(folder, { recursive: true }));

  const checkpoint = (of: string, step: number) =>
    path.join(of, `checkpoints/step-${String(step).padStart(6, "0")}`);
  const compared = (where: string, cwd: string) =>
    gramscope(
      ["compare", where, "--images", samples, "--limit", "2", "--size", "64"].concat([
        "--device",
        "cpu",
        "--out",
        "report.json",
      ]),
      { cwd, env: { GRAMSCOPE_CACHE: path.join(folder, "cache") } },
    );

  test("is a series as it was trained", async () => {
    await inFolder(async (cwd, names) => {
      expect(await compared(run, cwd)).toMatchObject({ code: 0, stderr: "" });
      expect(await names()).toEqual(["report.json"]);
    });
  });

  test("with a checkpoint of another architecture", async () => {
    const mixed = path.join(folder, "mixed");
    await cp(run, mixed, { recursive: true });
    const stranger = path.join(checkpoint(mixed, 4), "teacher");
    await rm(stranger, { recursive: true });
    const recipe = tinyRecipe();
    const deeper = { width: 32, depth: 1, heads: 2, hidden: 64, feedForward: "mlp" } as const;
    const other = { ...recipe, kind: "pretrain", gramWeight: 0, gramSize: 0, steps: 1 } as const;
    const { executor } = await chooseExecutor("cpu");
    const batches = path.join(folder, "one.safetensors");
    await writeRecorded(batches, [noiseBatch({ ...recipe, ...other }, 0)]);
    const shallow = path.join(folder, "shallow");
    const made = await beginRun(
      {
        ...recipe,
        ...other,
        model: { ...deeper, patch: 8, registers: 2 },
        data: { kind: "recorded", path: batches },
      },
      shallow,
      { executor },
    );
    await made.train();
    await executor.dispose();
    await cp(path.join(checkpoint(shallow, 1), "teacher"), stranger, { recursive: true });
    await inFolder(async (cwd, names) => {
      expectRefusal(await compared(mixed, cwd), [
        /mixed\/checkpoints\/step-000004: expected the architecture of .*step-000000, depth 2; received depth 1/,
      ]);
      expect(await names()).toEqual([]);
    });
  });

  test("with patches of another size", async () => {
    const mixed = path.join(folder, "patches");
    await cp(run, mixed, { recursive: true });
    const stranger = path.join(checkpoint(mixed, 4), "teacher");
    await rm(stranger, { recursive: true });
    await cp(bundledModel, stranger, { recursive: true });
    await inFolder(async (cwd, names) => {
      expectRefusal(await compared(mixed, cwd), [
        /patches\/checkpoints\/step-000004: expected patches of 8 px as in .*, received 16 px/,
      ]);
      expect(await names()).toEqual([]);
    });
  });

  test.each([
    [
      "one trained checkpoint",
      [4],
      /received step 0, step 2 \(.*short-1\/checkpoints\/step-000002\)/,
    ],
    ["one checkpoint", [2, 4], /received step 0 \(.*short-2\/checkpoints\/step-000000\)/],
  ])("with %s", async (_, gone, words) => {
    const short = path.join(folder, `short-${gone.length}`);
    await cp(run, short, { recursive: true });
    for (const step of gone) await rm(checkpoint(short, step), { recursive: true });
    await inFolder(async (cwd, names) => {
      expectRefusal(await compared(short, cwd), [
        /run short-\d, .*: expected at least two trained checkpoints, which a decline needs/,
        words,
      ]);
      expect(await names()).toEqual([]);
    });
  });
});

describe("scenes", () => {
  const scenes = (...more: string[]) => ["scenes", "--train", "1", "--test", "1", ...more];

  test("are written where they are wanted", async () => {
    await inFolder(async (folder, names) => {
      const args = scenes("--task", "segmentation", "--size", "32", "--out", "set", "--json");
      const { code, stdout } = await gramscope(args, { cwd: folder });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        out: "set",
        layout: "voc",
        written: { train: 1, test: 1 },
        leftOut: 0,
      });
      expect(await names()).toEqual(["set"]);
    });
  });

  test.each<[what: string, args: string[], words: RegExp]>([
    ["a task that is none", ["--task", "counting", "--out", "set"], /--task <task>.*counting/],
    ["no task", ["--out", "set"], /--task/],
    [
      "a folder that is full",
      ["--task", "depth", "--out", "full"],
      /full: expected a new or an empty/,
    ],
  ])("%s is refused", async (_, more, words) => {
    await inFolder(async (folder, names) => {
      await addFiles(folder, { "full/mine.txt": "mine" });
      expectRefusal(await gramscope(scenes(...more), { cwd: folder }), [words]);
      expect(await names()).toEqual(["full"]);
    });
  });
});
