/** Batches out of the built-in world: drawn at the size that is asked for, the same every time. */
import { expect, test } from "vitest";
import { openSceneSource } from "../../engine/data/scene-source.ts";
import { imagenetStatistics } from "../../engine/image/preprocessor.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { built } from "../support/running-engine.ts";

const recipe = resolveRecipe({
  batchSize: 2,
  globalSize: 64,
  localSize: 32,
  localCrops: 1,
  data: { kind: "scenes" },
});

function open(scenes: number) {
  const threadFile = built("data-thread.js");
  return openSceneSource(scenes, { recipe, patch: 16, ...imagenetStatistics, threadFile });
}

test("the same step gives the same batch, whatever was asked for before", async () => {
  const [one, other] = [open(40), open(40)];
  await one.load(0);
  const [a, b] = [await one.load(7), await other.load(7)];
  expect(a.origins).toEqual(b.origins);
  expect(Buffer.from(a.batch.global.buffer)).toEqual(Buffer.from(b.batch.global.buffer));
  expect(a.origins[0]!.file).toMatch(/^scene:0\/\d+$/);
  expect(a.origins[0]).toMatchObject({ width: 512, height: 512 });
  await Promise.all([one.close(), other.close()]);
});

test("an epoch shows every scene once", async () => {
  const source = open(6);
  const files = [];
  for (const step of [0, 1, 2]) files.push(...(await source.load(step)).origins.map((o) => o.file));
  expect(new Set(files).size).toBe(6);
  expect(source.description).toBe("6 images in the built-in world");
  await source.close();
});
