/** Scenes written to a folder are what our own readers find there, pixel for pixel; or nothing is there. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Picture, Task } from "../../engine/labels/labelled.ts";
import { openLabels } from "../../engine/labels/open-labels.ts";
import { exportScenes, type ExportOptions } from "../../engine/scene-files/export-scenes.ts";
import { classNames, objectNames } from "../../engine/scenes/classes.ts";
import { sceneSet } from "../../engine/scenes/scene-sets.ts";
import { built } from "../support/running-engine.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-scenes-"));
});
afterAll(() => rm(folder, { recursive: true }));

const set = { seed: 5, side: 48, train: 3, test: 2 };
const threads = { threadFile: built("scene-thread.js"), threads: 2 };

async function written(task: Task, change: Partial<ExportOptions> = {}) {
  const out = join(await mkdtemp(join(folder, "set-")), task);
  const report = await exportScenes(task, out, { set, format: "png", ...threads, ...change });
  return { out, report };
}

/** Names differ: a scene has none of a file. */
const seen = ({ width, height, pixels }: Picture) => ({ width, height, pixels: [...pixels] });

describe("what is read back is what was drawn", () => {
  it("segmentation, in VOC's layout, with files in the order of their scenes", async () => {
    const { out, report } = await written("segmentation");
    expect(report).toMatchObject({ layout: "voc", written: { train: 3, test: 2 }, leftOut: 0 });
    const names = ["test-000000", "test-000001", "train-000000", "train-000001", "train-000002"];
    for (const part of ["JPEGImages", "SegmentationClass"]) {
      expect(await readdir(join(out, part))).toEqual(names.map((name) => `${name}.png`));
    }
    const read = await openLabels(out, "segmentation");
    expect(read.classes).toEqual(classNames);
    const { splits } = sceneSet("segmentation", set);
    for (const split of ["train", "test"] as const) {
      expect(read.splits[split].count).toBe(splits[split].count);
      for (let i = 0; i < splits[split].count; i++) {
        const [found, drawn] = [await read.splits[split].load(i), await splits[split].load(i)];
        expect(basename(found.picture.name)).toBe(`${split}-00000${i}.png`);
        expect(found.mask).toEqual(drawn.mask);
        expect(seen(found.picture)).toEqual(seen(drawn.picture));
      }
    }
    const about: unknown = JSON.parse(await readFile(join(out, "scenes.json"), "utf8"));
    expect(about).toMatchObject({ task: "segmentation", layout: "voc", ...set });
  });

  it("depth, to half a millimetre, and unknown where it was", async () => {
    const { out } = await written("depth");
    const read = await openLabels(out, "depth");
    const { range, splits } = sceneSet("depth", set);
    expect(read.range).toEqual(range);
    const [found, drawn] = [await read.splits.train.load(1), await splits.train.load(1)];
    const far = found.depth.map((metres, i) => Math.abs(metres - drawn.depth[i]!));
    expect(Math.max(...far)).toBeLessThan(0.000_501);
    expect([...found.depth].map((d) => d === 0)).toEqual([...drawn.depth].map((d) => d === 0));
  });

  it("classification, in folders of classes", async () => {
    const many = { ...set, train: 60, test: 2 };
    const { out } = await written("classification", { set: many });
    const read = await openLabels(out, "classification");
    const { splits } = sceneSet("classification", many);
    expect([read.splits.train.count, read.splits.test.count]).toEqual([60, 2]);
    for (let i = 0; i < 60; i++) {
      const { picture, label } = await read.splits.train.load(i);
      const own = Number(/train-(\d+)/.exec(picture.name)![1]);
      const drawn = await splits.train.load(own);
      expect(read.classes[label]).toBe(objectNames[drawn.label]);
    }
  });

  it("correspondence, as a list of pairs with their objects", async () => {
    const { out, report } = await written("correspondence");
    const read = await openLabels(out, "correspondence");
    expect(read.items.count).toBe(report.written.test);
    const [found, drawn] = [
      await read.items.load(0),
      await sceneSet("correspondence", set).items.load(0),
    ];
    expect(found.points).toEqual(drawn.points);
    expect(found.object).toEqual(drawn.object);
    expect(found.unit).toBe(drawn.unit);
    expect(seen(found.second)).toEqual(seen(drawn.second));
  });

  it("discovery, with boxes as VOC counts them", async () => {
    const { out } = await written("discovery");
    const read = await openLabels(out, "discovery");
    const { items } = sceneSet("discovery", set);
    for (let i = 0; i < 2; i++) {
      expect((await read.items.load(i)).boxes).toEqual((await items.load(i)).boxes);
    }
  });

  it("tracking, as DAVIS has it: objects that the first frame does not show count for nothing", async () => {
    const { out } = await written("tracking", { set: { ...set, test: 1, frames: 3 } });
    const read = await openLabels(out, "tracking");
    const [found, drawn] = [
      await read.items.load(0),
      await sceneSet("tracking", { ...set, test: 1, frames: 3 }).items.load(0),
    ];
    expect(found.frames.map(seen)).toEqual(drawn.frames.map(seen));
    const first = new Set(drawn.masks[0]);
    const counted = drawn.masks.map((mask) => mask.map((v) => (v === 0 || first.has(v) ? v : 255)));
    expect(found.masks).toEqual(counted);
  });

  it("as JPEG where tools look for it: alike, and not the same", async () => {
    const { out } = await written("segmentation", { format: "jpg" });
    expect(await readdir(join(out, "JPEGImages"))).toContain("train-000000.jpg");
    const read = await openLabels(out, "segmentation");
    const { picture, mask } = await read.splits.train.load(0);
    const drawn = await sceneSet("segmentation", set).splits.train.load(0);
    expect(mask).toEqual(drawn.mask);
    const far = picture.pixels.map((value, i) => Math.abs(value - drawn.picture.pixels[i]!));
    const mean = far.reduce((sum, value) => sum + value, 0) / far.length;
    // Below the sensor noise of the scenes themselves, which is one level and more.
    expect(mean).toBeLessThan(3);
  });
});

describe("a folder", () => {
  it("that holds something is refused and left alone", async () => {
    const out = join(folder, "filled");
    await mkdir(out);
    await writeFile(join(out, "mine.txt"), "mine");
    const wish = { set, format: "png", ...threads } as const;
    await expect(exportScenes("depth", out, wish)).rejects.toMatchObject({
      code: "path.unwritable",
      message: `${out}: expected a new or an empty folder, it holds mine.txt`,
    });
    expect(await readdir(out)).toEqual(["mine.txt"]);
  });

  it("is not there when writing was cancelled, nor anything beside it", async () => {
    const within = await mkdtemp(join(folder, "cancelled-"));
    const abort = new AbortController();
    const done: number[] = [];
    const wish = {
      set: { ...set, train: 200 },
      format: "png",
      ...threads,
      signal: abort.signal,
      progress: (count: number) => {
        done.push(count);
        if (count === 2) abort.abort();
      },
    } as const;
    await expect(exportScenes("segmentation", join(within, "out"), wish)).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(done.length).toBeLessThan(10);
    expect(await readdir(within)).toEqual([]);
  });

  it("whose test has classes that nothing trains is refused before it is there", async () => {
    const within = await mkdtemp(join(folder, "classes-"));
    const wish = { set: { ...set, train: 1, test: 4 }, format: "png", ...threads } as const;
    await expect(exportScenes("classification", join(within, "out"), wish)).rejects.toMatchObject({
      code: "data.empty",
    });
    expect(await readdir(within)).toEqual([]);
  });
});
