import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LabelledSet, SegmentedImage } from "../../engine/labels/labelled.ts";
import { openLabels } from "../../engine/labels/open-labels.ts";
import { decodeImage } from "../../engine/image/decode.ts";
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
const stems = ["a", "b", "c", "d", "e"];

/** Five images with masks of 0 and 1, and two names. */
function maskFiles(mask: Contents = indexedPng(halves(0, 1), 24)): Files {
  const files: Files = { "classes.txt": "ground\nthing\n" };
  stems.forEach((stem, i) => {
    files[`images/${stem}.jpg`] = photograph(i);
    files[`masks/${stem}.png`] = mask;
  });
  return files;
}

const open = (folder: string) => openLabels(folder, "segmentation");

async function all(set: LabelledSet<"segmentation">): Promise<SegmentedImage[]> {
  const { train, test } = set.splits;
  return Promise.all(
    [train, test].flatMap((items) => Array.from({ length: items.count }, (_, i) => items.load(i))),
  );
}

const nameOf = ({ picture }: SegmentedImage) => picture.name.split("/").at(-1)!.split(".")[0]!;

describe("images and masks", () => {
  test("are read with their classes, four to one, the same on every machine", async () => {
    const folder = await makeFolder({ ...maskFiles(), "images/unlabelled.jpg": photograph(0) });
    const set = await open(folder);
    expect(set.classes).toEqual(["ground", "thing"]);
    expect(set.description).toBe(
      `Masks layout in ${folder}: 4 images to train on, 1 to test, 2 classes, split four to one by a hash of their names, 1 image without a label left out`,
    );
    const items = await all(set);
    // By sha256sum, that of "d" is the lowest: 18ac... before 2e7d..., 3e23..., 3f79... and ca97...
    expect(items.map(nameOf)).toEqual(["a", "b", "c", "e", "d"]);
    const [first] = items;
    expect([...first!.mask]).toEqual(halves(0, 1));
    const decoded = await decodeImage(await photograph(0), "a");
    expect(first!.picture).toMatchObject({
      width: 24,
      height: 16,
      name: join(folder, "images/a.jpg"),
    });
    expect(Buffer.from(first!.picture.pixels).equals(Buffer.from(decoded.pixels))).toBe(true);
  });

  test("lists decide the split; with one list the rest is the other half", async () => {
    const folder = await makeFolder(maskFiles());
    const names = async () => {
      const set = await open(folder);
      const { count } = set.splits.train;
      const found = (await all(set)).map(nameOf);
      return { train: found.slice(0, count), test: found.slice(count), how: set.description };
    };
    await addFiles(folder, { "val.txt": "\ufeffc\r\na.jpg\r\n\r\nc\r\n" });
    expect(await names()).toMatchObject({ train: ["b", "d", "e"], test: ["c", "a"] });
    await addFiles(folder, { "train.txt": "e\nb" });
    expect(await names()).toMatchObject({ train: ["e", "b"], test: ["c", "a"] });
    await addFiles(folder, { "test.txt": "d" });
    const { train, test: tested, how } = await names();
    expect([train, tested]).toEqual([["e", "b"], ["d"]]);
    expect(how).toMatch(/split by train\.txt and test\.txt$/);
  });

  test("may lie in folders below, and in other formats", async () => {
    const folder = await makeFolder({
      "classes.json": JSON.stringify({ thing: 128, ground: 0 }),
      "images/x/1.v2.png": photograph(0, 24, 16, { format: "png" }),
      "images/y/1.v2.jpeg": photograph(1),
      "masks/x/1.v2.png": greyPng(halves(0, 128), 24),
      "masks/y/1.v2.png": greyPng(halves(255, 128), 24),
    });
    const set = await open(folder);
    // Classes stand in the order of their numbers.
    expect(set.classes).toEqual(["ground", "thing"]);
    const items = (await all(set)).sort((a, b) => (a.picture.name < b.picture.name ? -1 : 1));
    expect(items.map(({ mask }) => [...mask])).toEqual([halves(0, 1), halves(255, 1)]);
  });

  test("a number named in classes.json may be 255: it is no longer what does not count", async () => {
    const files = maskFiles(greyPng(halves(0, 255), 24));
    delete files["classes.txt"];
    const folder = await makeFolder({ ...files, "classes.json": '{"ground": 0, "thing": 255}' });
    expect([...(await all(await open(folder)))[0]!.mask]).toEqual(halves(0, 1));
  });

  test("the mask of a photograph that is stored sideways has to be upright", async () => {
    const folder = await makeFolder({
      ...maskFiles(),
      "images/a.jpg": photograph(0, 24, 16, { orientation: 6 }),
      "masks/a.png": indexedPng(halves(0, 1, 16, 24), 16),
    });
    const [upright] = await all(await open(folder));
    expect(upright!.picture).toMatchObject({ width: 16, height: 24 });
    expect([...upright!.mask]).toEqual(halves(0, 1, 16, 24));
    await addFiles(folder, { "masks/a.png": indexedPng(halves(0, 1), 24) });
    const received = await refusal(all(await open(folder)));
    expect(received.code).toBe("image.size");
    expect(received.message).toMatch(
      /masks\/a\.png: expected .* 16 × 24 .*received 24 × 16\n.*EXIF/,
    );
  });

  test("the fingerprint is of paths, sizes and times", async () => {
    const folder = await makeFolder(maskFiles());
    const before = (await open(folder)).fingerprint;
    expect((await open(folder)).fingerprint).toBe(before);
    await utimes(join(folder, "masks/c.png"), 1e9, 1e9);
    const touched = (await open(folder)).fingerprint;
    await writeFile(join(folder, "classes.txt"), "ground\nobject\n");
    const renamed = (await open(folder)).fingerprint;
    expect(new Set([before, touched, renamed]).size).toBe(3);
  });
});

describe("images and masks are refused, naming the file and the rule", () => {
  test.each<[claim: string, change: Files, code: string, says: RegExp]>([
    [
      "a mask of another size",
      { "masks/c.png": indexedPng(flat(0, 23, 16), 23) },
      "image.size",
      /masks\/c\.png: expected the size of its image, 24 × 16 \(.*images\/c\.jpg\), received 23 × 16/,
    ],
    [
      "a class outside the declared ones",
      { "masks/c.png": indexedPng([...flat(0).slice(0, 51), 2, ...flat(1).slice(52)], 24) },
      "config.contradicts",
      /masks\/c\.png: expected 0 to 1 \(2 classes, .*classes\.txt\), or 255 .*; received 2 at column 3, row 2/,
    ],
    [
      "a class of more than 8 bits",
      { "masks/c.png": greyPng(flat(300), 24, 16) },
      "config.contradicts",
      /masks\/c\.png: .*received 300 at column 0, row 0/,
    ],
    [
      "no labelled pixel",
      { "masks/c.png": indexedPng(flat(255), 24) },
      "data.empty",
      /masks\/c\.png: expected at least one pixel with a label/,
    ],
    [
      "a mask in colours",
      { "masks/c.png": photograph(1, 24, 16, { format: "png" }) },
      "image.format",
      /masks\/c\.png: expected an indexed or greyscale PNG, received colours/,
    ],
    [
      "a mask without its image",
      { "masks/z.png": indexedPng(flat(0), 24) },
      "path.missing",
      /z\.png/,
    ],
    [
      "two images of one name",
      { "images/c.webp": photograph(1, 24, 16, { format: "png" }) },
      "config.contradicts",
      /images\/c\.webp: expected one file of this name, there is also images\/c\.jpg/,
    ],
    [
      "a listed image that is not there",
      { "train.txt": "a\nnowhere\n" },
      "path.missing",
      /train\.txt: lists "nowhere", which is not there/,
    ],
    [
      "a list that climbs out of the folder",
      { "train.txt": "a\n../b\n" },
      "config.invalid",
      /train\.txt: expected paths that stay inside the folder, received "\.\.\/b"/,
    ],
    ["an absolute path", { "train.txt": "/b" }, "config.invalid", /train\.txt: .*received "\/b"/],
    ["a drive", { "train.txt": "C:\\b" }, "config.invalid", /train\.txt: .*received "C:/],
    [
      "an image in both lists",
      { "train.txt": "a\nb", "val.txt": "c\nb" },
      "config.contradicts",
      /val\.txt: expected no image of train\.txt, received "b" \(1 in both\)/,
    ],
    [
      "an empty half",
      { "train.txt": stems.join("\n") },
      "data.empty",
      /received 5 and 0 \(split by train\.txt\)/,
    ],
    [
      "classes that are no names",
      { "classes.txt": "\n\n" },
      "config.invalid",
      /classes\.txt: .*received 0/,
    ],
  ])("%s", async (_, change, code, says) => {
    const folder = await makeFolder({ ...maskFiles(), ...change });
    const received = await refusal(open(folder).then(all));
    expect(received.message).toMatch(says);
    expect(received.code).toBe(code);
    expect(received.message).toContain(folder);
  });

  test.each<[json: string, says: RegExp]>([
    ['["a", "b", "a"]', /classes\.json: expected every class once, received "a" twice/],
    ['["a", 3]', /classes\.json: expected a list of names, or an object of numbers/],
    ["[]", /classes\.json: expected 1 to 255 classes, received 0/],
    ['{"a": 256}', /classes\.json: a: .*255/],
    ["3", /classes\.json: expected a list of names, or an object of numbers/],
    [
      '{"a": 1, "b": 1}',
      /classes\.json: "b": expected a number of its own, received 1, which is "a"/,
    ],
    ['{"a": 1', /classes\.json: expected JSON/],
    [
      JSON.stringify(Array.from({ length: 300 }, (_, i) => `c${i}`)),
      /1 to 255 classes, received 300/,
    ],
  ])("classes.json that is wrong, %#", async (json, says) => {
    const files = maskFiles();
    delete files["classes.txt"];
    const folder = await makeFolder({ ...files, "classes.json": json });
    expect((await refusal(open(folder))).message).toMatch(says);
  });

  test("no classes at all", async () => {
    const files = maskFiles();
    delete files["classes.txt"];
    const received = await refusal(open(await makeFolder(files)));
    expect(received).toMatchObject({ code: "path.missing" });
    expect(received.message).toMatch(
      /expected classes\.txt or classes\.json beside images and masks/,
    );
  });
});

describe("published layouts", () => {
  test("VOC: indices are classes, 255 is the border", async () => {
    const files: Files = {
      "ImageSets/Segmentation/train.txt": "a\nb\nc\n",
      "ImageSets/Segmentation/val.txt": "d\n",
    };
    stems.forEach((stem, i) => {
      files[`JPEGImages/${stem}.jpg`] = photograph(i);
      if (stem !== "e") files[`SegmentationClass/${stem}.png`] = indexedPng(halves(20, 255), 24);
    });
    const set = await open(await makeFolder(files));
    expect(set.classes).toHaveLength(21);
    expect(set.classes[20]).toBe("tvmonitor");
    expect([set.splits.train.count, set.splits.test.count]).toEqual([3, 1]);
    expect([...(await set.splits.test.load(0)).mask]).toEqual(halves(20, 255));
    files["SegmentationClass/d.png"] = indexedPng(flat(21), 24);
    const received = await refusal(open(await makeFolder(files)).then(all));
    expect(received.message).toMatch(/d\.png: expected 0 to 20 \(21 classes, VOC\).*received 21/);
  });

  test("ADE20K: 0 does not count and 150 classes move down by one", async () => {
    const files: Files = {
      "objectInfo150.txt":
        "Idx\tRatio\tTrain\tVal\tStuff\tName\n1\t0.1\t9\t1\t1\twall\n150\t0\t9\t1\t0\tflag\n",
    };
    for (const [part, stem] of [
      ["training", "ADE_train_1"],
      ["validation", "ADE_val_1"],
    ]) {
      files[`images/${part}/${stem}.jpg`] = photograph(1);
      files[`annotations/${part}/${stem}.png`] = greyPng(
        halves(part === "training" ? 0 : 1, 150),
        24,
      );
    }
    const folder = await makeFolder(files);
    const set = await open(folder);
    expect(set.classes).toHaveLength(150);
    expect([set.classes[0], set.classes[1], set.classes[149]]).toEqual(["wall", "class 2", "flag"]);
    expect([...(await set.splits.train.load(0)).mask]).toEqual(halves(255, 149));
    expect([...(await set.splits.test.load(0)).mask]).toEqual(halves(0, 149));
    await addFiles(folder, { "annotations/validation/ADE_val_1.png": greyPng(flat(151), 24) });
    const received = await refusal(open(folder).then(all));
    expect(received.message).toMatch(/expected 1 to 150 \(150 classes, ADE20K\), or 0 or 255/);
    await addFiles(folder, { "annotations/validation/ADE_val_1.png": greyPng(flat(0), 24) });
    expect((await refusal(open(folder).then(all))).code).toBe("data.empty");
  });

  test("Cityscapes: label ids become 19 classes", async () => {
    const files: Files = {};
    const ids = Array.from({ length: 24 * 16 }, (_, i) => i % 34);
    for (const part of ["train", "val"]) {
      files[`leftImg8bit/${part}/ulm/ulm_0_0_leftImg8bit.png`] = photograph(2, 24, 16, {
        format: "png",
      });
      files[`gtFine/${part}/ulm/ulm_0_0_gtFine_labelIds.png`] = greyPng(ids, 24);
      files[`gtFine/${part}/ulm/ulm_0_0_gtFine_color.png`] = photograph(2, 24, 16, {
        format: "png",
      });
      files[`gtFine/${part}/ulm/ulm_0_0_gtFine_instanceIds.png`] = greyPng(flat(26001), 24, 16);
    }
    const folder = await makeFolder(files);
    const set = await open(folder);
    expect([set.classes.length, set.classes[0], set.classes[18]]).toEqual([19, "road", "bicycle"]);
    const { mask } = await set.splits.test.load(0);
    const classOf = (id: number) => mask[id];
    // The table of the set's own scripts: ids 7, 8, 11, 26 and 33 are road, sidewalk, building, car, bicycle.
    expect([7, 8, 11, 26, 33].map(classOf)).toEqual([0, 1, 2, 13, 18]);
    expect([0, 1, 4, 6, 9, 10, 14, 15, 16, 18, 29, 30].map(classOf)).toEqual(
      new Array<number>(12).fill(255),
    );
    expect(new Set(mask.filter((value) => value !== 255)).size).toBe(19);
    await addFiles(folder, {
      "gtFine/val/ulm/ulm_0_0_gtFine_labelIds.png": greyPng(flat(34), 24),
    });
    const received = await refusal(open(folder).then(all));
    expect(received.message).toMatch(/label ids from 0 to 33.*received 34/);
  });
});
