import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { DepthImage, LabelledSet } from "../../engine/labels/labelled.ts";
import { openLabels } from "../../engine/labels/open-labels.ts";
import {
  type Contents,
  addFiles,
  flat,
  greyPng,
  halves,
  indexedPng,
  makeFolder,
  photograph,
  refusal,
} from "./label-files.ts";

type Files = Record<string, Contents>;

const open = (folder: string) => openLabels(folder, "depth");

async function all({ splits }: LabelledSet<"depth">): Promise<DepthImage[]> {
  const { train, test } = splits;
  return Promise.all(
    [train, test].flatMap((items) => Array.from({ length: items.count }, (_, i) => items.load(i))),
  );
}

/** Two images with depth in millimetres. */
function depthFiles(images = "images"): Files {
  return {
    [`${images}/a.jpg`]: photograph(0),
    [`${images}/b.jpg`]: photograph(1),
    "depth/a.png": greyPng(halves(1500, 0), 24, 16),
    "depth/b.png": greyPng(halves(9999, 10_001), 24, 16),
    "train.txt": "a\n",
  };
}

describe("depth", () => {
  test.each(["images", "rgb"])("16-bit PNG in millimetres beside %s", async (images) => {
    const folder = await makeFolder(depthFiles(images));
    const set = await open(folder);
    expect(set.range).toEqual([0.001, 10]);
    expect(set.description).toBe(
      `Depth layout in ${folder}: 1 image to train on, 1 to test, 0.001 to 10 m, split by train.txt`,
    );
    const [a, b] = await all(set);
    expect(a!.depth).toEqual(Float32Array.from(halves(1.5, 0)));
    // Beyond the range counts as not known.
    expect(b!.depth).toEqual(Float32Array.from(halves(9.999, 0)));
    expect(b!.picture).toMatchObject({ width: 24, height: 16 });
  });

  test("unit and range as depth.json says, KITTI's for one", async () => {
    const folder = await makeFolder({
      ...depthFiles(),
      "depth.json": JSON.stringify({ unit: 1 / 256, range: [0.001, 80] }),
    });
    const set = await open(folder);
    expect(set.range).toEqual([0.001, 80]);
    const [a, b] = await all(set);
    expect(a!.depth[0]).toBe(1500 / 256);
    expect(b!.depth[23]).toBe(Math.fround(10_001 / 256));
  });

  test(".npy files hold metres, whatever the unit of PNGs; what is no number is not known", async () => {
    const values = new Float32Array(24 * 16).fill(2.5);
    values.set([NaN, Infinity, -Infinity, -1, 0, 10.5, 0.0005, 9.5]);
    const folder = await makeFolder({
      ...depthFiles(),
      "depth.json": '{"unit": 0.5, "range": [0.001, 10]}',
      "depth/c.npy": npy(values, 24),
      "images/c.png": photograph(2, 24, 16, { format: "png" }),
      "train.txt": "a\nb\n",
    });
    const set = await open(folder);
    const { depth } = await set.splits.test.load(0);
    expect([...depth.subarray(0, 9)]).toEqual([0, 0, 0, 0, 0, 0, 0, 9.5, 2.5]);
  });

  test("as NumPy writes it", async () => {
    const path = fileURLToPath(new URL("../fixtures/labels/labels.json", import.meta.url));
    const fixture = JSON.parse(readFileSync(path, "utf8")) as {
      depth: number[];
      npys: { readable: { npy: string }[] };
    };
    const files: Files = {};
    fixture.npys.readable.forEach(({ npy: text }, i) => {
      files[`images/${i}.jpg`] = photograph(i, 6, 4);
      files[`depth/${i}.npy`] = Buffer.from(text, "base64");
    });
    for (const { depth } of await all(await open(await makeFolder(files)))) {
      expect([...depth]).toEqual(fixture.depth.map(Math.fround));
    }
  });

  test.each<[claim: string, change: Files, code: string, says: RegExp]>([
    [
      "another size",
      { "depth/b.png": greyPng(flat(5, 12, 8), 12, 16) },
      "image.size",
      /depth\/b\.png: expected the size of its image, 24 × 16/,
    ],
    [
      "another size of .npy",
      { "images/c.jpg": photograph(0), "depth/c.npy": npy(new Float32Array(16 * 24).fill(1), 16) },
      "image.size",
      /depth\/c\.npy: expected the size of its image, 24 × 16 .* received 16 × 24/,
    ],
    [
      "nothing known",
      { "depth/b.png": greyPng(flat(0), 24, 16) },
      "data.empty",
      /depth\/b\.png: expected at least one pixel with a label: no depth is above 0/,
    ],
    [
      "another unit than is declared",
      { "depth/b.png": greyPng(halves(20_480, 25_600), 24, 16) },
      "data.empty",
      /every depth lies outside 0\.001 to 10 m, the nearest at 20\.48 m, the farthest at 25\.6 m; unit and range stand in depth\.json/,
    ],
    ["a photograph as depth", { "depth/b.png": photograph(0) }, "image.format", /depth\/b\.png/],
    [
      "a misspelt setting",
      { "depth.json": '{"units": 1}' },
      "config.invalid",
      /depth\.json: .*"units"/,
    ],
    ["a unit below 0", { "depth.json": '{"unit": -1}' }, "config.invalid", /depth\.json: unit: /],
    [
      "a range that is turned round",
      { "depth.json": '{"range": [10, 1]}' },
      "config.invalid",
      /depth\.json: range: expected the nearest depth before the farthest/,
    ],
    [
      "two maps of one image",
      { "depth/b.npy": npy(new Float32Array(24 * 16), 24) },
      "config.contradicts",
      /depth\/b\.png: expected one file of this name, there is also depth\/b\.npy/,
    ],
    [
      "an image that is missing",
      { "depth/z.png": indexedPng(flat(1), 24) },
      "path.missing",
      /z\.png/,
    ],
  ])("is refused, naming the file and the rule: %s", async (_, change, code, says) => {
    const folder = await makeFolder(depthFiles());
    await addFiles(folder, change);
    const received = await refusal(open(folder).then(all));
    expect(received.message).toMatch(says);
    expect(received.code).toBe(code);
    expect(received.message).toContain(folder);
  });
});

/** Version 1 of the format, as NumPy's documentation lays it out. */
function npy(values: Float32Array, width: number): Buffer {
  const shape = `(${values.length / width}, ${width})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = `${text.padEnd(128 - 10 - 1)}\n`;
  const start = Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1");
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(values.buffer)]);
}
