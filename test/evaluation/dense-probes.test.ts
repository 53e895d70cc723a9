/** Linear segmentation and depth from pictures to a report: what can be read, what cannot, and refusals. */
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { depthPresets, measureDepth } from "../../engine/evaluation/depth.ts";
import { freeze } from "../../engine/evaluation/frozen-backbone.ts";
import type { FrozenBackbone } from "../../engine/evaluation/frozen.ts";
import type { Measuring } from "../../engine/evaluation/measuring.ts";
import { parseProbeReport } from "../../engine/evaluation/probe-report.ts";
import { measureSegmentation, segmentationPresets } from "../../engine/evaluation/segmentation.ts";
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import type { LabelledSet, Picture, SegmentedImage } from "../../engine/labels/labelled.ts";
import { Draws } from "../../engine/random/draws.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";

const size = { kind: "square", side: 32 } as const;
const patch = 8;

/** The simplest frozen backbone: the mean colour of a patch. What can be read from it is known. */
const meanColour: FrozenBackbone = {
  name: "mean colour",
  fingerprint: "mean colour",
  width: 3,
  patch,
  features: (pictures, { width, height }) =>
    Promise.resolve(
      pictures.map((picture) => {
        const [rows, cols] = [height / patch, width / patch];
        const patches = new Float32Array(rows * cols * 3);
        const area = (picture.width * picture.height) / (rows * cols);
        for (let y = 0; y < picture.height; y++) {
          for (let x = 0; x < picture.width; x++) {
            const row = Math.floor((y * rows) / picture.height);
            const at = 3 * (row * cols + Math.floor((x * cols) / picture.width));
            for (let c = 0; c < 3; c++) {
              patches[at + c]! += picture.pixels[3 * (y * picture.width + x) + c]! / area;
            }
          }
        }
        return { cls: patches.slice(0, 3), patches, rows, cols, width: 3 };
      }),
    ),
};

let executor: Executor;
let measuring: Measuring;
beforeAll(async () => {
  ({ executor } = await chooseExecutor("cpu"));
  measuring = { backbone: meanColour, programs: new PreparedPrograms(executor) };
});

/** A picture of 40 x 24 px, one noisy brightness a channel. */
function plain(name: string, colour: readonly number[], draws: Draws): Picture {
  const [width, height] = [40, 24];
  const pixels = new Uint8Array(3 * width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colour[i % 3]! + draws.below(30);
  return { name, width, height, pixels };
}

const colours = [
  [200, 20, 20],
  [20, 200, 20],
  [20, 20, 200],
];

function itemsOf<Item>(count: number, make: (index: number) => Item) {
  return { count, load: (index: number) => Promise.resolve(make(index)) };
}

/** Every picture has the colour of one class; its mask the class, or one drawn for every pixel. */
function colourSet(isRandom = false): LabelledSet<"segmentation"> {
  const make = (split: number) => (index: number) => {
    const draws = new Draws(11, split, index);
    const label = index % 3;
    const picture = plain(`${split === 0 ? "train" : "test"} ${index}`, colours[label]!, draws);
    const mask = Uint8Array.from({ length: 40 * 24 }, () => (isRandom ? draws.below(3) : label));
    // A part that counts for nothing, whatever it says.
    mask.fill(255, 0, 40);
    return { picture, mask };
  };
  return {
    classes: ["red", "green", "blue"],
    splits: { train: itemsOf(9, make(0)), test: itemsOf(6, make(1)) },
    description: "colours",
    fingerprint: "colours",
  };
}

const quick = { ...segmentationPresets.quick, size, steps: 300, batch: 64 };
const protocol = { preset: "quick", settings: quick, seed: 3 };

describe("linear segmentation", () => {
  it("reads classes that a line separates", async () => {
    const steps: [number, number][] = [];
    const progress = (done: number, total: number) => steps.push([done, total]);
    const { report, drawings, confusion } = await measureSegmentation(
      colourSet(),
      { ...measuring, progress },
      protocol,
    );
    expect(report.numbers.map(({ name, value }) => [name, value])).toEqual([
      ["mIoU", 1],
      ["pixel accuracy", 1],
      ["mean class accuracy", 1],
    ]);
    expect(report.numbers[0]).toMatchObject({ low: 1, high: 1 });
    // Six test pictures, 40 of their 960 pixels ignored.
    const pixels = 2 * 920;
    expect([...confusion]).toEqual([pixels, 0, 0, 0, pixels, 0, 0, 0, pixels]);
    expect(report.perClass).toEqual(["red", "green", "blue"].map((name) => ({ name, value: 1 })));
    expect(report.cases.length).toBe(6);
    for (const [i, { index, name }] of report.cases.entries()) {
      expect(name).toBe(`test ${index}`);
      expect(new Set(drawings[i]!.prediction)).toEqual(new Set([index % 3]));
    }
    expect(parseProbeReport(JSON.stringify(report), "report")).toEqual(report);
    // Only forward, and to the end.
    for (let i = 1; i < steps.length; i++)
      expect(steps[i]![0]).toBeGreaterThanOrEqual(steps[i - 1]![0]);
    expect(steps.at(-1)![0]).toBe(steps.at(-1)![1]);
  });

  it("tells where a class lies, and draws it there", async () => {
    // 40 x 24 px over 4 x 4 patches: a block of 20 x 12 px, somewhere, has its colour and class.
    const make = (split: number) => (index: number) => {
      const draws = new Draws(13, split, index);
      const [left, top] = [10 * draws.below(3), 6 * draws.below(3)];
      const picture = plain(`block ${index}`, colours[0]!, draws);
      const mask = new Uint8Array(40 * 24);
      for (let y = top; y < top + 12; y++) {
        for (let x = left; x < left + 20; x++) {
          mask[y * 40 + x] = 1;
          picture.pixels.set(colours[1]!, 3 * (y * 40 + x));
        }
      }
      return { picture, mask };
    };
    const set = {
      ...colourSet(),
      splits: { train: itemsOf(12, make(0)), test: itemsOf(8, make(1)) },
    };
    const { report, drawings } = await measureSegmentation(set, measuring, protocol);
    // Enlarged bilinearly, the edge lies near the middle between two centres of patches.
    expect(report.numbers[1]!.value).toBeGreaterThan(0.9);
    const { mask } = make(1)(report.cases[0]!.index);
    const right = mask.filter((label, i) => label === drawings[0]!.prediction[i]).length;
    expect(right / mask.length).toBeGreaterThan(0.9);
  });

  it("of labels that nothing tells is chance", async () => {
    const { report } = await measureSegmentation(colourSet(true), measuring, protocol);
    // 5520 pixels of three equally likely classes: a third, within 5 deviations of 0.0063.
    expect(Math.abs(report.numbers[1]!.value - 1 / 3)).toBeLessThan(0.032);
    expect(report.numbers[0]!.value).toBeLessThan(1 / 3);
  });

  it("gives the same numbers with the same seed, a sweep too", async () => {
    const { paper } = segmentationPresets;
    const settings = { ...paper, size, steps: 40, batch: 64, warmupSteps: 4 };
    const run = async () => {
      const { report } = await measureSegmentation(colourSet(), measuring, {
        preset: "paper",
        settings,
        seed: 5,
      });
      return { ...report, elapsedSeconds: 0 };
    };
    const first = await run();
    expect(first.settings["learningRates"]).toEqual([1e-4, 1e-4, 3e-4, 3e-4, 1e-3, 1e-3]);
    expect(await run()).toEqual(first);
  });

  it("keeps the rate that serves pictures best that were left out of the training", async () => {
    const rates = [0, 1e-2, 1e-9].map((learningRate) => ({ learningRate, weightDecay: 0 }));
    const { report } = await measureSegmentation(colourSet(), measuring, {
      ...protocol,
      settings: { ...quick, rates, validation: 0.34 },
    });
    expect(report.settings["learningRate"]).toBe(1e-2);
    expect(report.numbers[0]!.value).toBe(1);
  });

  it("runs on a real backbone", async () => {
    const model = await openModelFiles(path.join(import.meta.dirname, "../fixtures/vit/mlp"));
    const backbone = await freeze(model, executor);
    const settings = { ...quick, steps: 100 };
    const { report } = await measureSegmentation(
      colourSet(),
      { ...measuring, backbone },
      { preset: "quick", settings, seed: 0 },
    );
    // Random weights keep colours apart.
    expect(report.numbers[0]!.value).toBeGreaterThan(0.9);
    expect(report.model.fingerprint).toBe(backbone.fingerprint);
    await backbone.dispose();
  });

  it("says what is wrong with a set", async () => {
    const good = colourSet();
    const withTrain = (change: (item: SegmentedImage) => SegmentedImage) => ({
      ...good,
      splits: {
        ...good.splits,
        train: {
          count: 3,
          load: async (index: number) => change(await good.splits.train.load(index)),
        },
      },
    });
    const unlabelled = withTrain((item) => ({ ...item, mask: item.mask.map(() => 255) }));
    await expect(measureSegmentation(unlabelled, measuring, protocol)).rejects.toMatchObject({
      code: "data.empty",
      message: "colours, to train on: expected at least one labelled pixel, found none",
    });
    const outside = withTrain((item) => ({ ...item, mask: item.mask.map(() => 3) }));
    await expect(measureSegmentation(outside, measuring, protocol)).rejects.toThrow(
      /^train 0: expected classes 0 to 2/,
    );
    const one = { ...good, splits: { ...good.splits, train: { ...good.splits.train, count: 1 } } };
    const sweep = { ...quick, rates: segmentationPresets.paper.rates };
    await expect(
      measureSegmentation(one, measuring, { ...protocol, settings: sweep }),
    ).rejects.toThrow(/A sweep: expected at least 2 labelled pictures/);
  });
});

/** The farther, the darker; every picture at one depth from 1 to 5 m, or drawn without a hint. */
function fogSet(isRandom = false): LabelledSet<"depth"> {
  const make = (split: number) => (index: number) => {
    const draws = new Draws(12, split, index);
    const metres = draws.between(1, 5);
    const brightness = 220 / (isRandom ? draws.between(1, 5) : metres);
    const picture = plain(`fog ${index}`, [brightness, brightness, 220 - brightness], draws);
    const depth = new Float32Array(40 * 24).fill(metres);
    depth.fill(0, 0, 40);
    return { picture, depth };
  };
  return {
    range: [0.5, 6],
    splits: { train: itemsOf(30, make(0)), test: itemsOf(20, make(1)) },
    description: "fog",
    fingerprint: "fog",
  };
}

describe("linear depth", () => {
  const settings = { ...depthPresets.quick, size, steps: 600, batch: 64, bins: 32 };

  it("reads what the features tell, and little where they tell nothing", async () => {
    const run = async (isRandom: boolean) =>
      measureDepth(fogSet(isRandom), measuring, { preset: "quick", settings, seed: 1 });
    const { report, drawings } = await run(false);
    const blind = (await run(true)).report;
    // Depths drawn from 1 to 5 m deviate by 1.15 m. Brightness goes with 1 / depth, which a few
    // hundred steps follow roughly.
    expect(report.numbers[0]).toMatchObject({ name: "RMSE", unit: "metres" });
    expect(report.numbers[0]!.value).toBeLessThan(0.6);
    expect(blind.numbers[0]!.value).toBeGreaterThan(0.8);
    expect(report.numbers[0]!.low).toBeLessThan(report.numbers[0]!.value);
    expect(report.numbers[0]!.high).toBeGreaterThan(report.numbers[0]!.value);
    expect(report.cases[0]!.score).toBeLessThan(report.cases.at(-1)!.score);
    expect(drawings[0]!.prediction.length).toBe(40 * 24);
    expect(parseProbeReport(JSON.stringify(report), "report")).toEqual(report);
  });

  it("gives the same numbers with the same seed", async () => {
    const short = { ...settings, rates: depthPresets.paper.rates, steps: 30 };
    const run = async () => {
      const own = { preset: "paper", settings: short, seed: 1 };
      return { ...(await measureDepth(fogSet(), measuring, own)).report, elapsedSeconds: 0 };
    };
    expect(await run()).toEqual(await run());
  });

  it("refuses a set in which no depth is known", async () => {
    const good = fogSet();
    const test = {
      count: 2,
      load: async (index: number) => ({
        ...(await good.splits.test.load(index)),
        depth: new Float32Array(40 * 24),
      }),
    };
    const set = { ...good, splits: { ...good.splits, test } };
    const own = { preset: "quick", settings: { ...settings, steps: 5 }, seed: 1 };
    await expect(measureDepth(set, measuring, own)).rejects.toThrow(
      /^fog, to test on: expected at least one known depth in range, found none/,
    );
  });
});
