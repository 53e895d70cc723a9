import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLabels } from "../../engine/labels/open-labels.ts";
import { addFiles, halves, makeFolder, photograph, refusal, type Contents } from "./label-files.ts";

type Files = Record<string, Contents>;

/** 24 × 16: columns from x0 to x1 over the full height. */
const band = (x0: number, x1: number) => [[x0, 0, x1, 0, x1, 16, x0, 16]];
const columns = (labelAt: (x: number) => number) =>
  Array.from({ length: 24 * 16 }, (_, i) => labelAt(i % 24));

const base = {
  info: { description: "made for a test" },
  categories: [
    { id: 90, name: "toothbrush", supercategory: "indoor" },
    { id: 3, name: "car" },
  ],
  images: [
    { id: 7, file_name: "b.jpg", width: 24, height: 16, license: 1 },
    { id: 5, file_name: "a.jpg", width: 24, height: 16 },
    { id: 6, file_name: "nothing.jpg", width: 24, height: 16 },
  ],
  annotations: [
    {
      id: 1,
      image_id: 5,
      category_id: 3,
      iscrowd: 0,
      bbox: [0, 0, 8.5, 16],
      segmentation: band(0, 8),
    },
    { id: 2, image_id: 5, category_id: 90, bbox: [6, 0, 6, 16], segmentation: band(6, 12) },
    {
      id: 3,
      image_id: 5,
      category_id: 3,
      iscrowd: 1,
      bbox: [10, 0, 10, 16],
      // 160 pixels in the first ten columns are not of the crowd, the next ten are.
      segmentation: { size: [16, 24], counts: [160, 160, 64] },
    },
    {
      id: 4,
      image_id: 7,
      category_id: 90,
      iscrowd: 0,
      bbox: [12, 0, 12, 16],
      // As pycocotools writes [192, 192].
      segmentation: { size: [16, 24], counts: "P6P6" },
    },
  ],
};
type Content = Omit<typeof base, "annotations" | "images" | "categories"> & {
  annotations: unknown;
  images: unknown;
  categories: unknown;
};

const images = (folder: string): Files => ({
  [`${folder}a.jpg`]: photograph(0),
  [`${folder}b.jpg`]: photograph(1),
  [`${folder}nothing.jpg`]: photograph(2),
});
const files = (change: Partial<Content> = {}, name = "val2017", folder = `${name}/`): Files => ({
  ...images(folder),
  [`annotations/instances_${name}.json`]: JSON.stringify({ ...base, ...change }),
  "annotations/captions_val2017.json": "not read",
});

const segmentation = (folder: string) => openLabels(folder, "segmentation");
const discovery = (folder: string) => openLabels(folder, "discovery");

describe("COCO", () => {
  test.each(["val2017/", "images/val2017/", "images/", ""])(
    "outlines become masks: background 0, then the categories by id; images in %j",
    async (place) => {
      const folder = await makeFolder(files({}, "val2017", place));
      const set = await segmentation(folder);
      expect(set.classes).toEqual(["background", "car", "toothbrush"]);
      expect(set.description).toBe(
        `COCO layout in ${folder}: 1 image to train on, 1 to test, 3 classes, split four to one by a hash of their names`,
      );
      const read = await Promise.all([set.splits.train.load(0), set.splits.test.load(0)]);
      const [a, b] = read.sort((p, q) => (p.picture.name < q.picture.name ? -1 : 1));
      // A car, both at once, a toothbrush (in front of the crowd), the crowd, nothing.
      expect([...a.mask]).toEqual(
        columns((x) => (x < 6 ? 1 : x < 8 ? 255 : x < 12 ? 2 : x < 20 ? 255 : 0)),
      );
      expect(a.picture.name).toBe(join(folder, `${place}a.jpg`));
      expect([...b.mask]).toEqual(halves(0, 2));
    },
  );

  test("two files are the two halves", async () => {
    const folder = await makeFolder({ ...files({}, "train2017"), ...files() });
    const { splits, description } = await segmentation(folder);
    expect([splits.train.count, splits.test.count]).toEqual([2, 2]);
    expect(description).toMatch(
      /split by annotations\/instances_train2017\.json and annotations\/instances_val2017\.json$/,
    );
    expect((await splits.test.load(0)).picture.name).toBe(join(folder, "val2017/a.jpg"));
    await addFiles(folder, {
      "annotations/instances_val2017.json": JSON.stringify({
        ...base,
        categories: [...base.categories, { id: 1, name: "person" }],
      }),
    });
    expect((await refusal(segmentation(folder))).message).toMatch(
      /val2017\.json: categories: expected/,
    );
    await addFiles(folder, { "annotations/instances_val2014.json": "{}" });
    const received = await refusal(segmentation(folder));
    expect(received.code).toBe("config.contradicts");
    expect(received.message).toMatch(
      /received instances_train2017\.json, instances_val2014\.json, /,
    );
  });

  test("boxes of objects, not of crowds, serve discovery; of two files that of the test", async () => {
    const folder = await makeFolder({ ...files({}, "train2017"), ...files() });
    const { items, description } = await discovery(folder);
    expect(description).toMatch(/2 images with boxes of annotations\/instances_val2017\.json$/);
    expect(items.count).toBe(2);
    const { picture, boxes } = await items.load(0);
    expect(picture.name).toBe(join(folder, "val2017/a.jpg"));
    expect(boxes).toEqual([
      { x: 0, y: 0, w: 8.5, h: 16 },
      { x: 6, y: 0, w: 6, h: 16 },
    ]);
    const crowd = base.annotations.map((annotation) => ({ ...annotation, iscrowd: 1 }));
    const only = await makeFolder(files({ annotations: crowd }));
    expect((await refusal(discovery(only))).code).toBe("data.empty");
  });

  test("boxes alone serve discovery and nothing else", async () => {
    const annotations = base.annotations.map(({ segmentation: _, ...rest }) => rest);
    const folder = await makeFolder(files({ annotations }));
    expect((await (await discovery(folder)).items.load(1)).boxes).toHaveLength(1);
    const { splits } = await segmentation(folder);
    const received = await refusal(splits.train.load(0));
    expect(received.message).toMatch(
      /val2017\.json: annotations\[[03]\]: segmentation: expected polygons or run lengths, found none/,
    );
  });

  const changed = (index: number, change: object) => ({
    annotations: base.annotations.map((annotation, i) =>
      i === index ? { ...annotation, ...change } : annotation,
    ),
  });
  const both = async (folder: string) => {
    const { splits } = await segmentation(folder);
    const { items } = await discovery(folder);
    for (const half of [splits.train, splits.test, items]) {
      for (let i = 0; i < half.count; i++) await half.load(i);
    }
  };
  test.each<[claim: string, change: Partial<Content>, code: string, says: RegExp]>([
    [
      "an annotation of no image",
      changed(1, { image_id: 99 }),
      "config.contradicts",
      /annotations\[1\]: image_id: expected the id of one of images, received 99/,
    ],
    [
      "an annotation of no category",
      changed(2, { category_id: 4 }),
      "config.contradicts",
      /annotations\[2\]: category_id: expected the id of one of categories, received 4/,
    ],
    [
      "a field of the wrong kind",
      changed(0, { image_id: "5" }),
      "config.invalid",
      /annotations\[0\]: image_id: /,
    ],
    [
      "two coordinates",
      changed(0, { segmentation: [[1, 2]] }),
      "config.invalid",
      /annotations\[0\]: segmentation.*(polygons|>=6)/,
    ],
    [
      "an odd number of coordinates",
      changed(0, { segmentation: [[1, 2, 3, 4, 5, 6, 7]] }),
      "config.invalid",
      /annotations\[0\]: segmentation.*(polygons|pairs)/,
    ],
    [
      "runs of another size",
      changed(3, { segmentation: { size: [24, 16], counts: [384] } }),
      "image.size",
      /annotations\[3\]: segmentation: expected the size of its image, 16 × 24 .*received 24 × 16/,
    ],
    [
      "runs that do not fill the mask",
      changed(3, { segmentation: { size: [16, 24], counts: [192, 100] } }),
      "config.invalid",
      /annotations\[3\]: segmentation: expected runs that sum to 24 × 16 = 384 pixels, received 292/,
    ],
    [
      "no box",
      changed(1, { bbox: undefined }),
      "config.invalid",
      /annotations\[1\]: bbox: expected/,
    ],
    [
      "a box outside",
      changed(1, { bbox: [50, 1, 3, 3] }),
      "config.contradicts",
      /a\.jpg: expected boxes within 24 × 16, received one at x 50/,
    ],
    [
      "another size than the image has",
      { images: base.images.map((image) => ({ ...image, width: 25 })) },
      "image.size",
      /\.jpg: expected 25 × 16, as .*val2017\.json says, the image has 24 × 16/,
    ],
    [
      "a path that climbs out",
      { images: base.images.map((image) => ({ ...image, file_name: `../${image.file_name}` })) },
      "config.invalid",
      /images\[0\]: expected paths that stay inside the folder, received "\.\.\/b\.jpg"/,
    ],
    [
      "an image that is not there",
      { images: base.images.map((image) => ({ ...image, file_name: `x${image.file_name}` })) },
      "path.missing",
      /expected its image xa\.jpg in .*val2017/,
    ],
    [
      "an id twice",
      { images: [base.images[0], base.images[0]] },
      "config.contradicts",
      /images\[1\]: id: expected a number of its own, received 7/,
    ],
    ["no annotation", { annotations: [] }, "data.empty", /expected at least one annotated image/],
    ["no list", { annotations: undefined }, "config.invalid", /annotations: expected a list/],
    ["something else", { annotations: "none" }, "data.empty", /expected at least one annotated/],
    [
      "more classes than a mask can name",
      {
        categories: [
          ...base.categories,
          ...Array.from({ length: 260 }, (_, i) => ({ id: 1000 + i, name: `c${i}` })),
        ],
      },
      "config.invalid",
      /categories: expected 1 to 254, received 262/,
    ],
  ])("is refused, naming the file and the rule: %s", async (_, change, code, says) => {
    const received = await refusal(makeFolder(files(change)).then(both));
    expect(received.message).toMatch(says);
    expect(received.code).toBe(code);
  });

  test("a file that is cut short is refused, and one that changed since", async () => {
    const folder = await makeFolder(files());
    const file = join(folder, "annotations/instances_val2017.json");
    const { splits } = await segmentation(folder);
    await writeFile(file, ` ${JSON.stringify(base)}`);
    expect((await refusal(splits.train.load(0))).message).toMatch(
      /annotations\[[03]\]: expected JSON/,
    );
    const others = base.annotations.map((one) => ({ ...one, image_id: 12 - one.image_id }));
    await writeFile(file, JSON.stringify({ ...base, annotations: others }));
    expect((await refusal(splits.train.load(0))).message).toMatch(
      /the file changed after it was op/,
    );
    await writeFile(file, JSON.stringify(base).slice(0, -300));
    expect((await refusal(segmentation(folder))).message).toMatch(
      /the file ends within annotations\[/,
    );
  });
});
