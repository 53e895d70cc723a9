/** The trained models in the box: openable, as large as is said, with recipes and figures that fit. */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { paramShapes } from "../../engine/model/params.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";

const assets = fileURLToPath(new URL("../../assets", import.meta.url));
const box = join(assets, "run-in-the-box");
const read = (path: string) => readFileSync(path, "utf8");

interface Kept {
  readonly to: string;
  readonly from: string;
  readonly name: string;
  readonly note: string;
}
interface Surveyed {
  readonly name: string;
  readonly probes: readonly { probe: string; numbers: readonly { value: number }[] }[];
}
const kept = JSON.parse(read(join(box, "models.json"))) as Kept[];
const surveyed = (JSON.parse(read(join(box, "survey.json"))) as { models: Surveyed[] }).models;
const recipes = readdirSync(join(box, "recipes")).sort();

describe.each(kept)("$to", ({ to, name, note }) => {
  test("opens, and says what it is", async () => {
    const model = await openModelFiles(join(assets, to));
    expect(model).toMatchObject({ name, note, trained: true });
    expect(model.dtype).toMatch(/^F16/);
    expect(Object.keys(model.params).sort()).toEqual(Object.keys(paramShapes(model.config)).sort());
  });

  test("was measured", () => {
    expect(surveyed.map((model) => model.name)).toContain(basename(to));
  });
});

test.each(recipes)("%s is a whole recipe, and its run was recorded to the end", (file) => {
  const recipe = resolveRecipe(JSON.parse(read(join(box, "recipes", file))));
  const metrics = read(join(box, "metrics", file.replace(".json", ".jsonl"))).trim().split("\n");
  const last = JSON.parse(metrics.at(-1)!) as { step: number; loss: number };
  const warmup = recipe.kind === "refine" ? recipe.headWarmupSteps : 0;
  // Every fifth step is kept.
  expect(recipe.steps + warmup - last.step).toBeLessThan(5);
  expect(last.loss).toBeLessThan((JSON.parse(metrics[0]!) as { loss: number }).loss);
});

test("the manual has the figures of the survey", () => {
  const manual = read(fileURLToPath(new URL("../../docs/run-in-the-box.md", import.meta.url)));
  for (const { name, probes } of surveyed) {
    const row = manual.split("\n").find((line) => line.includes(`\`${name}\``)) ?? "";
    for (const probe of ["segmentation", "correspondence", "tracking", "knn"]) {
      const { value } = probes.find((one) => one.probe === probe)!.numbers[0]!;
      expect(row, `${name}, ${probe}`).toContain((100 * value).toFixed(1));
    }
  }
});

test("all of the assets stay below 40 MB", () => {
  const files = readdirSync(assets, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const sizes = files.map((entry) => readFileSync(join(entry.parentPath, entry.name)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(40e6);
});
