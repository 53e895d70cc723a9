import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLabels } from "../../engine/labels/open-labels.ts";
import { readVocBoxes } from "../../engine/labels/voc-annotation.ts";
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

const object = (box: string, rest = "") => `
  <object>
    <name>person</name><pose>Left</pose><truncated>1</truncated><difficult>1</difficult>
    <bndbox>${box}</bndbox>${rest}
  </object>`;
const edges = (xmin: number, ymin: number, xmax: number, ymax: number) =>
  `<xmax>${xmax}</xmax><xmin> ${xmin} </xmin><ymax>${ymax}</ymax><ymin>${ymin}</ymin>`;
const xml = (...objects: string[]) =>
  `<annotation>\n<filename>a &amp; b.jpg</filename><size><width>24</width></size>${objects.join("")}\n</annotation>\n`;

describe("VOC boxes", () => {
  const files: Files = {
    "JPEGImages/a.jpg": photograph(0),
    "JPEGImages/b.jpg": photograph(1),
    "JPEGImages/c.jpg": photograph(2),
    "Annotations/a.xml": xml(
      object(edges(1, 1, 24, 16)),
      object(
        edges(3, 4, 10, 5),
        `<part><name>head</name><bndbox>${edges(1, 1, 2, 2)}</bndbox></part>`,
      ),
    ),
    "Annotations/b.xml": xml(object(edges(2.5, 1, 24.5, 3))),
  };
  const open = (folder: string) => openLabels(folder, "discovery");
  const load = async (folder: string, index = 0) => (await open(folder)).items.load(index);

  test("count from 1 and include their ends; parts are no objects", async () => {
    const folder = await makeFolder(files);
    const { items, description } = await open(folder);
    expect(items.count).toBe(2);
    expect(description).toBe(
      `VOC layout in ${folder}: 2 images with boxes out of Annotations, 1 image without a label left out`,
    );
    const { picture, boxes } = await items.load(0);
    expect(picture.name).toBe(join(folder, "JPEGImages/a.jpg"));
    expect(boxes).toEqual([
      { x: 0, y: 0, w: 24, h: 16 },
      { x: 2, y: 3, w: 8, h: 2 },
    ]);
    // Cut at the edge of the picture.
    expect((await items.load(1)).boxes).toEqual([{ x: 1.5, y: 0, w: 22.5, h: 3 }]);
  });

  test("are those of ImageSets/Main/trainval.txt where it is there", async () => {
    const folder = await makeFolder({ ...files, "ImageSets/Main/trainval.txt": "b\n" });
    const { items, description } = await open(folder);
    expect([items.count, (await items.load(0)).picture.name.slice(-5)]).toEqual([1, "b.jpg"]);
    expect(description).toMatch(/listed in ImageSets\/Main\/trainval\.txt$/);
    await addFiles(folder, { "ImageSets/Main/trainval.txt": "c\n" });
    expect((await refusal(open(folder))).message).toMatch(/trainval\.txt: lists "c"/);
  });

  test("come from the masks of objects where there are no annotations", async () => {
    const values = flat(0);
    [26, 27, 50].forEach((at) => (values[at] = 4));
    values[383] = 9;
    values[100] = 255;
    const folder = await makeFolder({
      "JPEGImages/a.jpg": photograph(0),
      "SegmentationObject/a.png": indexedPng(values, 24),
    });
    expect((await load(folder)).boxes).toEqual([
      { x: 2, y: 1, w: 2, h: 2 },
      { x: 23, y: 15, w: 1, h: 1 },
    ]);
  });

  test.each<[claim: string, text: string, says: RegExp]>([
    ["cut XML", xml(object(edges(1, 1, 2, 2))).slice(0, -20), /a\.xml: expected XML: /],
    ["text", "hello", /a\.xml: expected XML: missing root element/],
    ["another root", "<html></html>", /a\.xml: expected <annotation>, received <html>/],
    ["no box", xml("<object><name>cat</name></object>"), /a\.xml: object 1: expected a bndbox/],
    [
      "no number",
      xml(object(edges(1, 1, 2, 2)), object("<xmin>left</xmin>")),
      /a\.xml: object 2: xmin: expected a number, received "left"/,
    ],
    [
      "a missing edge",
      xml(object("<xmin>1</xmin>")),
      /object 1: ymin: expected a number, received none/,
    ],
    ["a box that is turned round", xml(object(edges(9, 1, 2, 2))), /xmin ≤ xmax .*received 9 to 2/],
    ["a box outside", xml(object(edges(30, 1, 40, 2))), /expected boxes within 24 × 16.*x 29/],
    ["no object", xml(), /a\.xml: expected at least one box/],
    [
      "an entity that would grow",
      `<!DOCTYPE a [<!ENTITY x "12"><!ENTITY y "&x;&x;">]>${xml(object("<xmin>&y;</xmin>"))}`,
      /xmin: expected a number, received "&y;"/,
    ],
  ])("are refused, naming the file and the rule: %s", async (_, text, says) => {
    const received = await refusal(makeFolder({ ...files, "Annotations/a.xml": text }).then(load));
    expect(received.message).toMatch(says);
  });

  test("an annotation of megabytes is none", async () => {
    const folder = await makeFolder({ "a.xml": `<annotation>${" ".repeat(5e6)}</annotation>` });
    const received = await refusal(readVocBoxes(join(folder, "a.xml")));
    expect(received.message).toMatch(/a\.xml: expected at most 4 MiB, the file has 5 MiB/);
  });
});

describe("DAVIS", () => {
  const open = (folder: string) => openLabels(folder, "tracking");
  const load = async (folder: string, index = 0) => (await open(folder)).items.load(index);
  const video = (name: string, masks: readonly Contents[], resolution = "480p"): Files =>
    Object.fromEntries(
      masks.flatMap((mask, i) => [
        [`JPEGImages/${resolution}/${name}/${i + 8}.jpg`, photograph(i)],
        [`Annotations/${resolution}/${name}/${i + 8}.png`, mask],
      ]),
    );
  const three = [halves(0, 1), halves(2, 1), halves(255, 3)].map((mask) => indexedPng(mask, 24));

  test("frames come in the order of their numbers; objects that the first does not show do not count", async () => {
    const folder = await makeFolder({ ...video("bear", three), ...video("swan", three) });
    const { items, description } = await open(folder);
    expect([items.count, description]).toEqual([2, `DAVIS layout in ${folder}: 2 videos at 480p`]);
    const { name, frames, masks } = await items.load(1);
    expect(name).toBe("swan");
    // Without leading zeros: 8, 9, 10.
    expect(frames.map((frame) => frame.name.split("/").at(-1))).toEqual([
      "8.jpg",
      "9.jpg",
      "10.jpg",
    ]);
    expect(masks.map((mask) => [...mask])).toEqual([
      halves(0, 1),
      halves(255, 1),
      halves(255, 255),
    ]);
  });

  test("white on black is one object, as in DAVIS 2016; lists choose the videos", async () => {
    const white = [halves(0, 255), halves(255, 255)].map((mask) => greyPng(mask, 24));
    const folder = await makeFolder({
      ...video("bear", white, "Full-Resolution"),
      ...video("swan", white, "Full-Resolution"),
      "ImageSets/2016/val.txt": "swan\n",
    });
    const { items, description } = await open(folder);
    expect(items.count).toBe(1);
    expect(description).toMatch(/1 video at Full-Resolution, listed in ImageSets\/2016\/val\.txt$/);
    const { name, masks } = await items.load(0);
    expect(name).toBe("swan");
    expect(masks.map((mask) => [...mask])).toEqual([halves(0, 1), flat(1)]);
  });

  test("a black frame in the midst is no object, and 1-bit masks are 0 and 1", async () => {
    const masks = [halves(1, 0), flat(0), halves(0, 1)].map((mask) => indexedPng(mask, 24, 1));
    const read = await load(await makeFolder(video("bear", masks)));
    expect(read.masks.map((mask) => [...mask])).toEqual([halves(1, 0), flat(0), halves(0, 1)]);
  });

  test.each<[claim: string, change: Files, code: string, says: RegExp]>([
    [
      "a frame without a mask",
      { "JPEGImages/480p/bear/11.jpg": photograph(0) },
      "path.missing",
      /bear\/11\.jpg: expected its mask .*Annotations\/480p\/bear\/11\.png/,
    ],
    [
      "a mask without a frame",
      { "Annotations/480p/bear/0.png": three[0]! },
      "path.missing",
      /JPEGImages\/480p\/bear: expected .*received none for 0\.png/,
    ],
    [
      "a mask of another size",
      { "Annotations/480p/bear/9.png": indexedPng(flat(1, 23, 16), 23) },
      "image.size",
      /bear\/9\.png: expected the size of its image, 24 × 16/,
    ],
    [
      "a frame of another size",
      {
        "JPEGImages/480p/bear/9.jpg": photograph(0, 20, 16),
        "Annotations/480p/bear/9.png": indexedPng(flat(1, 20, 16), 20),
      },
      "image.size",
      /bear\/9\.jpg: expected the size of the video's first frame, 24 × 16, received 20 × 16/,
    ],
    [
      "no object at the start",
      { "Annotations/480p/bear/8.png": indexedPng(halves(0, 255), 24) },
      "data.empty",
      /bear\/8\.png: expected at least one object in the first mask/,
    ],
    [
      "instances of 16 bits",
      { "Annotations/480p/bear/9.png": greyPng(flat(1000), 24, 16) },
      "config.contradicts",
      /bear\/9\.png: expected instances from 1 to 254.*received 1000/,
    ],
    [
      "a list of a video that is not there",
      { "ImageSets/2017/val.txt": "cow\n" },
      "path.missing",
      /val\.txt: lists "cow"/,
    ],
    ["an empty list", { "val.txt": "\n" }, "data.empty", /val\.txt: expected at least one video/],
    [
      "one frame",
      video("ant", [three[0]!]),
      "data.empty",
      /480p\/ant: expected at least two frames/,
    ],
  ])("is refused, naming the file and the rule: %s", async (_, change, code, says) => {
    const folder = await makeFolder({ ...video("bear", three), ...change });
    const received = await refusal(load(folder));
    expect(received.message).toMatch(says);
    expect(received.code).toBe(code);
    expect(received.message).toContain(folder);
  });
});
