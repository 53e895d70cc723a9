import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scanElements } from "../../engine/labels/json-elements.ts";
import { makeFolder, refusal } from "./label-files.ts";

const content = {
  info: { description: 'a "quoted" \\ {[ thing', lists: [[1, 2], [{}]], when: null },
  licenses: [{ id: 1, name: "]}" }, 7, "text", [1]],
  images: [],
  annotations: [
    { id: 1, segmentation: [[1, 2.5, -3e2, 4]], text: 'escaped \\" and \\\\' },
    { id: 2, nested: { deep: [{ deeper: ["}]", "\u00fc\u{1f600}"] }] } },
    {},
    { id: 3, counts: 'R\\Y\\"1' },
  ],
  version: 1.5,
};

async function scan(text: string, chunkBytes: number) {
  const file = join(await makeFolder({ "a.json": text }), "a.json");
  const found: { key: string; index: number; value: unknown }[] = [];
  const keys = await scanElements(
    file,
    ["images", "annotations"],
    ({ key, index, start, bytes }) => {
      const piece = Buffer.from(bytes).toString("utf8");
      expect(
        Buffer.from(text)
          .subarray(start, start + bytes.length)
          .toString("utf8"),
      ).toBe(piece);
      found.push({ key, index, value: JSON.parse(piece) });
    },
    { chunkBytes },
  );
  return { keys: [...keys], found };
}

describe("the objects of a JSON file's lists", () => {
  test.each([1, 2, 3, 7, 64, 1 << 20])(
    "are as JSON.parse has them, %i bytes at a time",
    async (n) => {
      for (const text of [
        JSON.stringify(content),
        `\ufeff${JSON.stringify(content, null, "\t")}\r\n`,
      ]) {
        const { keys, found } = await scan(text, n);
        expect(keys).toEqual(Object.keys(content));
        expect(found).toEqual(
          content.annotations.map((value, index) => ({ key: "annotations", index, value })),
        );
      }
    },
  );

  test.each([
    ["", /holds no object/],
    ["[1, 2]", /something else at byte 0/],
    ["annotations", /something else at byte 0/],
    ['{"images": [], "annotations": [{"a": 1}, {"b": ', /ends within annotations\[1\]/],
    ['{"images": [], "annotations": [{"a": "x', /ends within annotations\[0\]/],
    ['{"annotations": [1, 2]}', /something else at byte 17 \(annotations\[0\]\)/],
    ['{"annotations": [{}, [{}]]}', /something else at byte 21 \(annotations\[1\]\)/],
    ['{"annotations": {"a": 1}}', /something else at byte 17/],
    ['{"annotations": [{}]}}', /ends more than it began at byte 21/],
    ['{"annotations": [{}]} {}', /something else at byte 22/],
  ])("refuses %s", async (text, says) => {
    const received = await refusal(scan(text, 5));
    expect(received.code).toBe("config.invalid");
    expect(received.message).toMatch(says);
    expect(received.message).toMatch(
      /a\.json: expected a JSON object with the lists images, annot/,
    );
  });

  test("progress moves only forward, and cancelling ends it", async () => {
    const file = join(await makeFolder({}), "a.json");
    await writeFile(file, JSON.stringify(content));
    const seen: number[] = [];
    const controller = new AbortController();
    await scanElements(file, [], () => undefined, {
      chunkBytes: 50,
      onProgress: (done, total) => seen.push(done / total),
    });
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const work = scanElements(file, [], () => undefined, {
      chunkBytes: 50,
      onProgress: () => controller.abort(),
      signal: controller.signal,
    });
    expect((await refusal(work)).code).toBe("cancelled");
  });
});
