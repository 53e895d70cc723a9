import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLabels } from "../../engine/labels/open-labels.ts";
import {
  type Contents,
  flat,
  halves,
  indexedPng,
  makeFolder,
  photograph,
  refusal,
} from "./label-files.ts";

type Files = Record<string, Contents>;

const open = (folder: string) => openLabels(folder, "correspondence");
const load = async (folder: string) => (await open(folder)).items.load(0);

describe("pairs.json", () => {
  const pair = {
    first: "a.jpg",
    second: "views/b.png",
    points: [
      [0, 0, 20, 30],
      [23.5, 15.5, 1.25, 2],
    ],
  };
  const files = (change: object = {}): Files => ({
    "a.jpg": photograph(0),
    "views/b.png": photograph(1, 20, 30, { format: "png" }),
    "mask.png": indexedPng(halves(0, 3), 24),
    "pairs.json": JSON.stringify([{ ...pair, ...change }, pair]),
  });

  test("gives points, the longer side of the second picture as unit, no object", async () => {
    const folder = await makeFolder(files());
    const { items, description } = await open(folder);
    expect(items.count).toBe(2);
    expect(description).toBe(`Pair list ${join(folder, "pairs.json")}: 2 pairs`);
    const read = await items.load(0);
    expect(read.first).toMatchObject({ name: join(folder, "a.jpg"), width: 24, height: 16 });
    expect(read.second).toMatchObject({ name: join(folder, "views/b.png"), width: 20, height: 30 });
    expect(read.points).toEqual([
      { from: { x: 0, y: 0 }, to: { x: 20, y: 30 } },
      { from: { x: 23.5, y: 15.5 }, to: { x: 1.25, y: 2 } },
    ]);
    expect(read.unit).toBe(30);
    expect(read.object).toBeUndefined();
  });

  test("may give a unit and the first picture's object", async () => {
    const read = await load(await makeFolder(files({ unit: 12.5, object: "./mask.png" })));
    expect(read.unit).toBe(12.5);
    expect([...read.object!]).toEqual(halves(0, 1));
  });

  test.each<[claim: string, change: object, code: string, says: RegExp]>([
    [
      "a point outside the first picture",
      {
        points: [
          [1, 1, 1, 1],
          [24.5, 1, 1, 1],
        ],
      },
      "config.contradicts",
      /pairs\.json: \[0\]: point 2: expected a point within .*a\.jpg \(24 × 16\), received x 24\.5, y 1/,
    ],
    [
      "a point outside the second",
      { points: [[1, 1, 1, -1]] },
      "config.contradicts",
      /point 1: expected a point within .*b\.png \(20 × 30\), received x 1, y -1/,
    ],
    [
      "three numbers",
      { points: [[1, 1, 1]] },
      "config.invalid",
      /pairs\.json: \[0\]\.points\[0\]: /,
    ],
    ["no point", { points: [] }, "config.invalid", /pairs\.json: \[0\]\.points: /],
    ["a misspelt field", { units: 3 }, "config.invalid", /pairs\.json: \[0\]: .*"units"/],
    ["a unit of 0", { unit: 0 }, "config.invalid", /pairs\.json: \[0\]\.unit: /],
    [
      "a path that climbs out",
      { second: "views/../../b.png" },
      "config.invalid",
      /pairs\.json: \[0\]: expected paths that stay inside the folder, received "views\/\.\.\/\.\.\/b\.png"/,
    ],
    ["an absolute path", { first: "/etc/a.jpg" }, "config.invalid", /received "\/etc\/a\.jpg"/],
    ["a picture that is not there", { first: "c.jpg" }, "path.missing", /c\.jpg: no such file/],
    [
      "an object of another size",
      { object: "views/b.png" },
      "image.format",
      /b\.png: expected an indexed or greyscale PNG/,
    ],
  ])("is refused, naming the file and the rule: %s", async (_, change, code, says) => {
    const received = await refusal(makeFolder(files(change)).then(load));
    expect(received.message).toMatch(says);
    expect(received.code).toBe(code);
  });

  test("is refused when it is empty, no list, or its object is", async () => {
    const said = async (change: Files) =>
      (await refusal(makeFolder({ ...files({ object: "mask.png" }), ...change }).then(load)))
        .message;
    expect(await said({ "pairs.json": "[]" })).toMatch(/pairs\.json: /);
    expect(await said({ "pairs.json": "{}" })).toMatch(/pairs\.json: .*expected array/);
    expect(await said({ "pairs.json": "[{" })).toMatch(/pairs\.json: expected JSON/);
    expect(await said({ "mask.png": indexedPng(flat(0), 24) })).toMatch(
      /mask\.png: expected an obj/,
    );
    expect(await said({ "mask.png": indexedPng(flat(1, 4, 4), 4) })).toMatch(
      /mask\.png: expected the s/,
    );
  });
});

describe("SPair-71k", () => {
  const annotation = {
    pair_id: 35987,
    category: "cat",
    src_imname: "2008_a.jpg",
    trg_imname: "2009_b.jpg",
    src_kps: [
      [3, 4],
      [10, 11],
    ],
    trg_kps: [
      [30, 14],
      [5, 5],
    ],
    kps_ids: ["1", "7"],
    src_bndbox: [1, 1, 20, 12],
    trg_bndbox: [2, 3, 35, 19],
    mirror: 0,
  };
  const files = (change: object = {}): Files => ({
    "JPEGImages/cat/2008_a.jpg": photograph(0),
    "JPEGImages/cat/2009_b.jpg": photograph(1, 40, 20),
    "PairAnnotation/trn/000001-2008_a-2009_b:cat.json": "not read",
    "PairAnnotation/test/000001-2008_a-2009_b:cat.json": JSON.stringify({
      ...annotation,
      ...change,
    }),
  });

  test("gives the test pairs; thresholds are parts of the second object's box", async () => {
    const folder = await makeFolder(files());
    const { items, description } = await open(folder);
    expect(items.count).toBe(1);
    expect(description).toBe(`SPair layout in ${folder}: 1 pair of PairAnnotation/test`);
    const read = await items.load(0);
    expect(read.points).toEqual([
      { from: { x: 3, y: 4 }, to: { x: 30, y: 14 } },
      { from: { x: 10, y: 11 }, to: { x: 5, y: 5 } },
    ]);
    expect(read.unit).toBe(33);
    expect([read.first.width, read.second.width]).toEqual([24, 40]);
  });

  test.each<[claim: string, change: object, code: string, says: RegExp]>([
    [
      "a point more on one side",
      { src_kps: [[1, 1]] },
      "config.contradicts",
      /cat\.json: expected as many src_kps as trg_kps, received 1 and 2/,
    ],
    [
      "a point outside",
      {
        trg_kps: [
          [30, 14],
          [5, 21],
        ],
      },
      "config.contradicts",
      /cat\.json: point 2: expected a point within .*2009_b\.jpg \(40 × 20\), received x 5, y 21/,
    ],
    [
      "a box that is turned round",
      { trg_bndbox: [35, 3, 2, 19] },
      "config.contradicts",
      /cat\.json: trg_bndbox: expected left, top, right, bottom, received 35, 3, 2, 19/,
    ],
    ["no box", { trg_bndbox: undefined }, "config.invalid", /cat\.json: trg_bndbox: /],
    [
      "another folder",
      { category: "../.." },
      "config.invalid",
      /cat\.json: .*stay inside the folder/,
    ],
  ])("is refused, naming the file and the rule: %s", async (_, change, code, says) => {
    const received = await refusal(makeFolder(files(change)).then(load));
    expect(received.message).toMatch(says);
    expect(received.code).toBe(code);
  });
});
