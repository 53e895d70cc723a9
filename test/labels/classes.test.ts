import { describe, expect, test } from "vitest";
import type { LabelledSet, Split } from "../../engine/labels/labelled.ts";
import { openLabels } from "../../engine/labels/open-labels.ts";
import { type Contents, addFiles, makeFolder, photograph, refusal } from "./label-files.ts";

const open = (folder: string) => openLabels(folder, "classification");

async function labelsOf(set: LabelledSet<"classification">, folder: string) {
  const read = async (split: Split) => {
    const items = set.splits[split];
    const all = Array.from({ length: items.count }, (_, i) => items.load(i));
    return (await Promise.all(all)).map(
      ({ picture, label }) => `${picture.name.slice(folder.length + 1)} ${set.classes[label]}`,
    );
  };
  return { train: await read("train"), test: await read("test") };
}

function images(...paths: string[]): Record<string, Contents> {
  return Object.fromEntries(paths.map((path, i) => [path, photograph(i)]));
}

describe("class folders", () => {
  test("below train and val; a test folder without classes is passed over", async () => {
    const folder = await makeFolder({
      ...images("train/dog/2.JPEG", "train/cat/1.jpg", "train/cat/deeper/0.jpg"),
      ...images("val/cat/1.jpg", "test/unknown.jpg"),
    });
    const set = await open(folder);
    expect(set.classes).toEqual(["cat", "dog"]);
    expect(await labelsOf(set, folder)).toEqual({
      train: ["train/cat/1.jpg cat", "train/cat/deeper/0.jpg cat", "train/dog/2.JPEG dog"],
      test: ["val/cat/1.jpg cat"],
    });
    expect(set.description).toMatch(
      /3 images to train on, 1 to test, 2 classes, split by the folders train and val$/,
    );
  });

  test.each(["", "train/"])("without a test half each class is split: below %j", async (base) => {
    const names = (name: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${base}${name}/${i}.jpg`);
    const folder = await makeFolder(images(...names("cat", 10), ...names("dog", 5)));
    const { train, test: tested } = await labelsOf(await open(folder), folder);
    expect([train.length, tested.length]).toEqual([12, 3]);
    expect(tested.filter((name) => name.endsWith("cat"))).toHaveLength(2);
    expect([...train, ...tested].sort()).toEqual(
      [...names("cat", 10), ...names("dog", 5)].map((path) => `${path} ${path.split("/").at(-2)}`),
    );
    // The same again.
    expect((await labelsOf(await open(folder), folder)).test).toEqual(tested);
  });

  test.each<[claim: string, files: Record<string, Contents>, code: string, says: RegExp]>([
    [
      "a class that is only tested",
      images("train/cat/1.jpg", "train/dog/1.jpg", "val/cow/1.jpg"),
      "config.contradicts",
      /val\/cow: expected a class of .*train, there is no such folder/,
    ],
    [
      "a class without an image",
      { ...images("train/cat/1.jpg", "train/dog/1.jpg", "val/cat/1.jpg"), "train/cow/a.txt": "-" },
      "data.empty",
      /train\/cow: expected images of this class/,
    ],
    [
      "one image a class, so that none is left for the test",
      images("cat/1.jpg", "dog/1.jpg"),
      "data.empty",
      /received 2 and 0 \(each class split four to one/,
    ],
    ["one class", images("train/cat/1.jpg", "train/cat/2.jpg"), "data.empty", /looked for classes/],
  ])("are refused, naming the folder and the rule: %s", async (_, files, code, says) => {
    const folder = await makeFolder(files);
    const received = await refusal(open(folder));
    expect(received.message).toMatch(says);
    expect(received.code).toBe(code);
  });

  test("an image that is none is refused by name when it is asked for", async () => {
    const folder = await makeFolder(images("cat/1.jpg", "cat/2.jpg", "dog/1.jpg", "dog/2.jpg"));
    await addFiles(folder, { "cat/1.jpg": "text", "cat/2.jpg": "text" });
    const set = await open(folder);
    expect((await refusal(set.splits.train.load(0))).message).toMatch(
      /cat\/[12]\.jpg: expected JPEG/,
    );
  });
});
