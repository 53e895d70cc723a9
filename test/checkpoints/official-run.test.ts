/** The folder of a run of the official code: checkpoints in order, metrics as Python writes them, its configuration. */
import { appendFile, cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  formatOfficialRun,
  inspectOfficialRun,
} from "../../engine/checkpoints/describe-official.ts";
import { isOfficialRun, readOfficialRun } from "../../engine/checkpoints/official-run.ts";
import { metricsAt, readTrainingMetrics } from "../../engine/checkpoints/training-metrics.ts";
import { readYamlScalars } from "../../engine/checkpoints/yaml-scalars.ts";
import { listCandidates, openCandidates } from "../../engine/compare/candidates.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { fixtures, refusalOf } from "./stored-values.ts";

/** As OmegaConf.save writes it, with the keys that matter and some that do not. */
const config = `MODEL:
  META_ARCHITECTURE: SSLMetaArch
  WEIGHTS: ''
dino:
  loss_weight: 1.0
  head_n_prototypes: 65536
ibot:
  mask_ratio_min_max:
  - 0.1
  - 0.5
student:
  arch: vit_tiny
  patch_size: 4
  layerscale: 1.0e-05
  norm_layer: layernorm
  pretrained_weights: ''
  pos_embed_rope_base: 100.0
  pos_embed_rope_min_period: null
train:
  dataset_path: 'ImageNet:split=TRAIN:root="/data: x"'
  output_dir: "/runs/one" # where
crops:
  global_crops_size: [256, 512]
  rgb_mean:
  - 0.43
  - 0.411
  - 0.296
  rgb_std:
    - 0.213
    - 0.156
    - 0.143
schedules:
  lr:
    peak: 1.0e-03
anchors: &a
  x: 1
texts: |
  student: no
  more
last: *a
`;

const line = (iteration: number, loss: string) =>
  `{"iteration": ${iteration}, "iter_time": 0.5, "lr": 0.0001, "total_loss": ${loss}, "gram_loss": -Infinity}\n`;

let folder: string;
let cacheBefore: string | undefined;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "gramscope-official-")), "run one");
  cacheBefore = process.env["GRAMSCOPE_CACHE"];
  process.env["GRAMSCOPE_CACHE"] = join(folder, "../cache");
  await mkdir(join(folder, "ckpt"), { recursive: true });
  await mkdir(join(folder, "eval/training_19"), { recursive: true });
  await writeFile(join(folder, "config.yaml"), config);
  await writeFile(
    join(folder, "training_metrics.json"),
    [line(0, "11.5"), line(10, "NaN"), line(20, "10.5"), line(10, "10.75"), line(20, "10.25")].join(
      "",
    ),
  );
  const copy = (from: string, to: string) =>
    cp(join(fixtures, from), join(folder, to), { recursive: true });
  await copy("distributed-two", "ckpt/109");
  await copy("distributed", "ckpt/9");
  await copy("distributed", "ckpt/19");
  await copy("distributed", "ckpt/19_keep");
  await copy("distributed", "ckpt/49_keep");
  await copy("distributed", "ckpt/59abc123"); // As it is called while it is written.
  await mkdir(join(folder, "ckpt/69")); // Nothing in it yet.
  await copy("training.pth", "eval/training_19/teacher_checkpoint.pth");
});
afterEach(async () => {
  if (cacheBefore === undefined) delete process.env["GRAMSCOPE_CACHE"];
  else process.env["GRAMSCOPE_CACHE"] = cacheBefore;
  await rm(join(folder, ".."), { recursive: true, force: true });
});

describe("checkpoints", () => {
  test("are listed in the order of training, each once, the smallest file of it", async () => {
    expect(await isOfficialRun(folder)).toBe(true);
    const { checkpoints } = await readOfficialRun(folder);
    expect(checkpoints.map(({ iteration, path }) => [iteration, path])).toEqual([
      [9, join(folder, "ckpt/9")],
      [19, join(folder, "eval/training_19/teacher_checkpoint.pth")],
      [49, join(folder, "ckpt/49_keep")],
      [109, join(folder, "ckpt/109")],
    ]);
    expect(checkpoints.map(({ metrics }) => metrics?.["total_loss"])).toEqual([
      11.5, 10.75, 10.25, 10.25,
    ]);
  });

  test("of the run its newest is opened", async () => {
    const model = await openModelFiles(folder);
    expect(model.directory).toBe(join(folder, "ckpt/109"));
    expect(model.name).toBe("109");
  });

  test("are compared by their teachers, by the paths of compare", async () => {
    const { kind, description, candidates } = await listCandidates([folder]);
    expect({ kind, description }).toEqual({
      kind: "run",
      description: "official run run one, the teachers of 4 checkpoints",
    });
    expect(candidates.map(({ name, step }) => [name, step])).toEqual([
      ["iteration 9", 9],
      ["iteration 19", 19],
      ["iteration 49", 49],
      ["iteration 109", 109],
    ]);
    const opened = await openCandidates(candidates);
    expect(opened.map(({ files }) => files.config.width)).toEqual([16, 16, 16, 16]);
    expect(opened[1]!.files.name).toBe("teacher_checkpoint (teacher)");
    expect(await refusalOf(listCandidates([folder, folder]))).toMatchObject({
      code: "option.invalid",
    });
  });

  test("a run without any is refused", async () => {
    await rm(join(folder, "ckpt"), { recursive: true });
    await rm(join(folder, "eval/training_19"), { recursive: true });
    expect(await refusalOf(listCandidates([folder]))).toMatchObject({ code: "run.missing" });
    expect(await refusalOf(openModelFiles(folder))).toMatchObject({ code: "run.missing" });
  });
});

describe("configuration", () => {
  test("mean, deviation and the norm's epsilon of a checkpoint are the run's", async () => {
    for (const path of ["ckpt/9", "eval/training_19/teacher_checkpoint.pth"]) {
      const { preprocessor, config: shape, note } = await openModelFiles(join(folder, path));
      expect(preprocessor).toMatchObject({
        mean: [0.43, 0.411, 0.296],
        std: [0.213, 0.156, 0.143],
      });
      expect(shape.normEpsilon).toBe(1e-6);
      expect(note).toContain("the run's config.yaml");
    }
  });

  test("that of another architecture says nothing", async () => {
    await writeFile(join(folder, "config.yaml"), config.replace("vit_tiny", "vit_large"));
    const { preprocessor, config: shape } = await openModelFiles(join(folder, "ckpt/9"));
    expect(shape.normEpsilon).toBe(1e-5);
    expect(preprocessor.mean[0]).toBe(0.485);
  });

  test("its scalars are read, the rest is passed over", () => {
    const scalars = readYamlScalars(config);
    expect(scalars.get("student.arch")).toBe("vit_tiny");
    expect(scalars.get("student.layerscale")).toBe("1.0e-05");
    expect(scalars.get("MODEL.WEIGHTS")).toBe("");
    expect(scalars.get("ibot.mask_ratio_min_max")).toEqual(["0.1", "0.5"]);
    expect(scalars.get("crops.rgb_std")).toEqual(["0.213", "0.156", "0.143"]);
    expect(scalars.get("crops.global_crops_size")).toEqual(["256", "512"]);
    expect(scalars.get("train.output_dir")).toBe("/runs/one");
    expect(scalars.get("train.dataset_path")).toBe('ImageNet:split=TRAIN:root="/data: x"');
    expect(scalars.get("schedules.lr.peak")).toBe("1.0e-03");
    for (const key of ["last", "texts", "student", "texts.student"]) {
      expect(scalars.get(key), key).toBeUndefined();
    }
  });
});

describe("training_metrics.json", () => {
  const path = () => join(folder, "training_metrics.json");

  test("NaN and infinities are read, of an iteration that came twice the last", async () => {
    await appendFile(path(), `${line(30, "NaN")}{"iteration": 40, "total_l`);
    const metrics = await readTrainingMetrics(path());
    expect(metrics.map(({ iteration }) => iteration)).toEqual([0, 10, 20, 30]);
    expect(metrics.map((one) => one["total_loss"])).toEqual([11.5, 10.75, 10.25, NaN]);
    expect(metrics[0]!["gram_loss"]).toBe(-Infinity);
    expect(metricsAt(metrics, 29)?.iteration).toBe(20);
    expect(metricsAt(metrics, 30)?.iteration).toBe(30);
    expect(metricsAt(metrics, 1e9)?.iteration).toBe(30);
    expect(metricsAt(metrics, -1)).toBeUndefined();
  });

  test("a word within a text stays a word, and other lines are passed over", async () => {
    await writeFile(
      path(),
      `{"iteration": 1, "note": "NaN and \\"Infinity\\"", "loss": NaN}\n[1]\nx\n{"loss": 1}\n\n`,
    );
    expect(await readTrainingMetrics(path())).toEqual([{ iteration: 1, loss: NaN }]);
  });

  test("a run without it has none", async () => {
    await rename(path(), `${path()}.gone`);
    const { metrics, checkpoints } = await readOfficialRun(folder);
    expect(metrics).toEqual([]);
    expect(checkpoints.map((checkpoint) => checkpoint.metrics)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test("inspecting lists the checkpoints with their losses", async () => {
  await appendFile(join(folder, "training_metrics.json"), line(100, "NaN"));
  const run = await inspectOfficialRun(folder);
  expect(run).toMatchObject({ kind: "official run", trains: "vit_tiny, patch 4", logged: 4 });
  expect(run.last).toMatchObject({ iteration: 100, total_loss: null, lr: 0.0001 });
  expect(JSON.parse(JSON.stringify(run))).toEqual(run);
  expect(formatOfficialRun(run).split("\n").slice(2)).toEqual([
    "trains         vit_tiny, patch 4",
    "logged         4 iterations",
    "last           iteration 100  iter_time 0.5  lr 0.0001  total_loss not finite  gram_loss not finite",
    `iteration 9    total_loss 11.5  ${join(folder, "ckpt/9")}`,
    `iteration 19   total_loss 10.75  ${join(folder, "eval/training_19/teacher_checkpoint.pth")}`,
    `iteration 49   total_loss 10.25  ${join(folder, "ckpt/49_keep")}`,
    `iteration 109  total_loss not finite  ${join(folder, "ckpt/109")}`,
  ]);
});
