/** All scores of one image at once, against NumPy's; and what is refused. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { scoreNames, scores, type ScoreName } from "../../engine/scores/catalog.ts";
import { ImageScorer } from "../../engine/scores/score-image.ts";
import type { ImageTokens } from "../../engine/scores/similarities.ts";
import type { CropPlace, ViewTokens } from "../../engine/scores/views.ts";

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** test/fixtures/scores/make.py writes it. */
const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/scores/scores.json", import.meta.url), "utf8"),
) as {
  readonly crop: CropPlace;
  readonly tensors: Readonly<Record<string, Packed>>;
  readonly expected: Readonly<Record<ScoreName, number>>;
};

const cls = Float32Array.from(fixture.tensors["cls"]!.data);

function view(name: string): ViewTokens {
  const { shape, data } = fixture.tensors[name]!;
  const [rows, cols, width] = shape as [number, number, number];
  return { cls: cls.slice(0, width), patches: Float32Array.from(data), rows, cols, width };
}

const tokens: ImageTokens = {
  base: { ...view("base"), before: view("before").patches },
  shifted: view("shifted"),
  crop: view("crop"),
  fine: view("fine"),
  partner: view("partner"),
  reference: view("reference"),
};

let executor: Executor;
let scorer: ImageScorer;
beforeAll(async () => {
  ({ executor } = await chooseExecutor("cpu"));
  scorer = new ImageScorer(executor);
});
afterAll(async () => {
  await scorer.dispose();
  await executor.dispose();
});

describe("the scores of one image", () => {
  test.each(scoreNames)("%s is NumPy's", async (name) => {
    const found = await scorer.score("made up", tokens, fixture.crop);
    // Cosines in float32 are off by 1e-6; a mean of them, or a ratio of means, by little more.
    expect(Math.abs(found[name]! - fixture.expected[name])).toBeLessThan(
      2e-5 * Math.max(1, Math.abs(fixture.expected[name])),
    );
  });

  test("a score whose input is not given is absent, and the others are there", async () => {
    const { partner: _, reference: __, ...alone } = tokens;
    const bare = { ...alone, base: view("base") };
    const found = await scorer.score("made up", bare, fixture.crop);
    const missing = scoreNames.filter((name) => !(name in found));
    const needing = scoreNames.filter((name) =>
      scores[name].needs.some((need) => ["before", "partner", "reference"].includes(need)),
    );
    expect(missing).toEqual(needing);
    expect(missing).toHaveLength(4);
  });

  test("every value lies in the range that its catalogue entry gives", async () => {
    const found = await scorer.score("made up", tokens, fixture.crop);
    for (const name of scoreNames) {
      const [low, high] = scores[name].range;
      expect(found[name], name).toBeGreaterThanOrEqual(low);
      expect(found[name], name).toBeLessThanOrEqual(high);
    }
  });

  test("features that are not finite are refused with the image and the view", async () => {
    const patches = tokens.fine.patches.slice();
    patches[77] = NaN;
    const scoring = scorer.score(
      "cat.jpg",
      { ...tokens, fine: { ...tokens.fine, patches } },
      fixture.crop,
    );
    await expect(scoring).rejects.toMatchObject({
      code: "weights.values",
      message: expect.stringMatching(/cat\.jpg.*"fine"/) as string,
    });
  });

  test("a reference of another grid is refused with both grids", async () => {
    const scoring = scorer.score("cat.jpg", { ...tokens, reference: view("crop") }, fixture.crop);
    await expect(scoring).rejects.toMatchObject({
      code: "weights.shape",
      message: "cat.jpg: expected a reference of 7 × 7 patches, received 4 × 4",
    });
  });

  test("a cancelled scoring ends as cancelled", async () => {
    const scoring = scorer.score("cat.jpg", tokens, fixture.crop, AbortSignal.abort());
    await expect(scoring).rejects.toMatchObject({ code: "cancelled" });
  });
});
