import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Task } from "../../engine/labels/labelled.ts";
import { type LayoutName, layoutNames, openLabels } from "../../engine/labels/open-labels.ts";
import {
  type Contents,
  addFiles,
  greyPng,
  halves,
  indexedPng,
  makeFolder,
  photograph,
  refusal,
} from "./label-files.ts";

type Files = Record<string, Contents>;

const mask = indexedPng(halves(1, 2), 24);
const picture = photograph(0);
const twice = (path: string, contents: Contents): Files => ({
  [path]: contents,
  [path.replace("1.", "2.")]: contents,
});
const coco = {
  images: [1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 24, height: 16 })),
  categories: [{ id: 1, name: "thing" }],
  annotations: [1, 2].map((id) => ({
    image_id: id,
    category_id: 1,
    bbox: [1, 1, 5, 5],
    segmentation: [[1, 1, 6, 1, 6, 6]],
  })),
};

/** The smallest folder of each layout that can be used, and what it serves. */
const folders: Record<LayoutName, { readonly files: Files; readonly tasks: readonly Task[] }> = {
  masks: {
    files: {
      ...twice("images/1.jpg", picture),
      ...twice("masks/1.png", mask),
      "classes.txt": "a\nb\nc\n",
    },
    tasks: ["segmentation"],
  },
  voc: {
    files: {
      ...twice("JPEGImages/1.jpg", picture),
      ...twice("SegmentationClass/1.png", mask),
      ...twice("SegmentationObject/1.png", mask),
    },
    tasks: ["segmentation", "discovery"],
  },
  ade20k: {
    files: Object.fromEntries(
      ["training", "validation"].flatMap((part) => [
        [`images/${part}/1.jpg`, picture],
        [`annotations/${part}/1.png`, mask],
      ]),
    ),
    tasks: ["segmentation"],
  },
  cityscapes: {
    files: Object.fromEntries(
      ["train", "val"].flatMap((part) => [
        [`leftImg8bit/${part}/ulm/1_leftImg8bit.png`, photograph(0, 24, 16, { format: "png" })],
        [`gtFine/${part}/ulm/1_gtFine_labelIds.png`, greyPng(halves(7, 8), 24)],
      ]),
    ),
    tasks: ["segmentation"],
  },
  coco: {
    files: {
      ...twice("images/1.jpg", picture),
      "annotations/instances_mine.json": JSON.stringify(coco),
    },
    tasks: ["segmentation", "discovery"],
  },
  depth: {
    files: {
      ...twice("images/1.jpg", picture),
      ...twice("depth/1.png", greyPng(halves(500, 900), 24, 16)),
    },
    tasks: ["depth"],
  },
  pairs: {
    files: {
      ...twice("1.jpg", picture),
      "pairs.json": '[{"first": "1.jpg", "second": "2.jpg", "points": [[1, 1, 2, 2]]}]',
    },
    tasks: ["correspondence"],
  },
  spair: {
    files: {
      ...twice("JPEGImages/cat/1.jpg", picture),
      "PairAnnotation/test/1.json": JSON.stringify({
        category: "cat",
        src_imname: "1.jpg",
        trg_imname: "2.jpg",
        src_kps: [[1, 1]],
        trg_kps: [[2, 2]],
        trg_bndbox: [1, 1, 9, 9],
      }),
    },
    tasks: ["correspondence"],
  },
  davis: {
    files: {
      ...twice("JPEGImages/480p/cow/1.jpg", picture),
      ...twice("Annotations/480p/cow/1.png", mask),
    },
    tasks: ["tracking"],
  },
  classes: {
    files: { ...twice("cat/1.jpg", picture), ...twice("dog/1.jpg", picture) },
    tasks: ["classification"],
  },
};
const allTasks: readonly Task[] = [
  "segmentation",
  "depth",
  "classification",
  "correspondence",
  "discovery",
  "tracking",
];

describe("a layout", () => {
  test.each(layoutNames)("is recognised for its tasks and no other: %s", async (name) => {
    const { files, tasks } = folders[name];
    const folder = await makeFolder(files);
    for (const task of allTasks) {
      if (tasks.includes(task)) {
        const set = await openLabels(folder, task);
        expect(set.description).toContain(folder);
        expect(set.fingerprint).toMatch(/^[0-9a-f]{64}$/);
        expect(await openLabels(folder, task, { layout: name })).toMatchObject({
          fingerprint: set.fingerprint,
        });
        const items = "items" in set ? set.items : set.splits.test;
        expect(await items.load(0)).toBeDefined();
        continue;
      }
      const received = await refusal(openLabels(folder, task));
      expect(received.code).toBe("data.empty");
      expect(received.message).toMatch(`expected labels for ${task}, looked for `);
      expect(received.message).toMatch(
        `found the layout ${name}, which serves ${tasks.join(" and ")}`,
      );
      const forced = await refusal(openLabels(folder, task, { layout: name }));
      expect(forced.code).toBe("option.invalid");
      expect(forced.message).toMatch(`layout: expected one that serves ${task}`);
    }
  });

  test("is looked for by name: what is needed, and what is there", async () => {
    const folder = await makeFolder({ "photos/1.jpg": picture, "notes.txt": "-" });
    const received = await refusal(openLabels(folder, "depth"));
    expect(received.message).toBe(
      `${folder}: expected labels for depth, looked for depth (folders images (or rgb) and depth); found photos/, notes.txt\ndocs/labelled-data.md shows each layout as a tree.`,
    );
    const empty = await refusal(openLabels(await makeFolder({}), "discovery"));
    expect(empty.message).toMatch(/looked for voc \(JPEGImages.*; coco \(.*; the folder is empty/);
  });

  test("that is one of two has to be named", async () => {
    const folder = await makeFolder({ ...folders.voc.files, ...folders.masks.files });
    const received = await refusal(openLabels(folder, "segmentation"));
    expect(received.code).toBe("option.invalid");
    expect(received.message).toMatch(
      /expected one layout for segmentation, received several: masks, voc/,
    );
    const { description } = await openLabels(folder, "segmentation", { layout: "masks" });
    expect(description).toMatch(/^Masks layout/);
    // The other task has only one.
    expect((await openLabels(folder, "discovery")).description).toMatch(/^VOC layout/);
  });

  test("may stand beside others for other tasks", async () => {
    const folder = await makeFolder({ ...folders.masks.files, ...folders.depth.files });
    expect((await openLabels(folder, "segmentation")).description).toMatch(/^Masks/);
    expect((await openLabels(folder, "depth")).description).toMatch(/^Depth/);
  });

  test("that is named by force but not there says which folder is missing", async () => {
    const folder = await makeFolder({ ...folders.pairs.files, "classes.txt": "a\nb\n" });
    const received = await refusal(openLabels(folder, "segmentation", { layout: "masks" }));
    expect(received).toMatchObject({ code: "path.missing" });
    expect(received.message).toContain(join(folder, "images"));
  });
});

describe("opening a folder", () => {
  test("that is none is refused by name", async () => {
    const folder = await makeFolder({ "a.txt": "-" });
    for (const [name, code] of [
      ["nowhere", "path.missing"],
      ["a.txt", "path.unreadable"],
    ] as const) {
      const received = await refusal(openLabels(join(folder, name), "depth"));
      expect(received.code).toBe(code);
      expect(received.message).toContain(join(folder, name));
    }
  });

  test.each(layoutNames)("tells how far it is, and ends when it is cancelled: %s", async (name) => {
    const { files, tasks } = folders[name];
    const folder = await makeFolder(files);
    const seen: number[] = [];
    await openLabels(folder, tasks[0]!, { onProgress: (done, total) => seen.push(done / total) });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const received = await refusal(openLabels(folder, tasks[0]!, { signal: AbortSignal.abort() }));
    expect(received.code).toBe("cancelled");
  });

  test("hidden files are not seen", async () => {
    const folder = await makeFolder(folders.masks.files);
    const before = await openLabels(folder, "segmentation");
    await addFiles(folder, { "masks/._1.png": "resource fork", "images/.cache/3.jpg": picture });
    expect((await openLabels(folder, "segmentation")).fingerprint).toBe(before.fingerprint);
  });
});
