import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultRecipe } from "../../engine/recipe/recipe.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { createRun, openRun, runPaths } from "../../engine/runs/run-directory.ts";
import { removeFolder, temporaryFolder } from "./small-state.ts";

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await temporaryFolder();
  folder = join(parent, "runs", "first");
});
afterEach(() => removeFolder(parent));

const recipe = { ...defaultRecipe(), seed: 7, steps: 20 };

describe("a new run", () => {
  test("is opened again with the recipe it was begun with", async () => {
    const created = await createRun(folder, recipe);
    expect(await openRun(folder)).toEqual(created);
    expect((await readdir(folder)).sort()).toEqual([
      "checkpoints",
      "recipe.json",
      "run.json",
      "snapshots",
    ]);
  });

  test("has a recipe.json that is the recipe and nothing else, to be trained again", async () => {
    const paths = runPaths(await createRun(folder, recipe));
    const written = JSON.parse(await readFile(paths.recipe, "utf8")) as unknown;
    expect(written).toEqual(recipe);
    expect(resolveRecipe(written)).toEqual(recipe);
  });

  test("may have an empty folder", async () => {
    await mkdir(folder, { recursive: true });
    await createRun(folder, recipe);
    await expect(openRun(folder)).resolves.toMatchObject({ recipe });
  });

  test("is refused where a run is, which stays as it is", async () => {
    await createRun(folder, recipe);
    await expect(createRun(folder, { ...recipe, seed: 8 })).rejects.toMatchObject({
      code: "run.exists",
      message: expect.stringContaining(`${folder}: `),
      hint: expect.stringContaining("gramscope resume"),
    });
    await expect(openRun(folder)).resolves.toMatchObject({ recipe });
  });

  test("is refused in a folder that holds something, and on a file", async () => {
    await writeFile(join(parent, "thesis.txt"), "");
    await expect(createRun(parent, recipe)).rejects.toMatchObject({
      code: "run.exists",
      message: expect.stringContaining("thesis.txt"),
    });
    await expect(createRun(join(parent, "thesis.txt"), recipe)).rejects.toMatchObject({
      code: "run.exists",
      message: expect.stringContaining("a file is in the way"),
    });
    expect(await readdir(parent)).toEqual(["thesis.txt"]);
  });

  test("below a file is refused, and nothing is left", async () => {
    await writeFile(join(parent, "file"), "");
    await expect(createRun(join(parent, "file", "run"), recipe)).rejects.toMatchObject({
      message: expect.stringContaining(join(parent, "file", "run")),
    });
    expect(await readdir(parent)).toEqual(["file"]);
  });
});

describe("what is no run is refused", () => {
  test("with what is there instead", async () => {
    await writeFile(join(parent, "file"), "");
    const rows = [
      [join(parent, "missing"), "nothing is there"],
      [join(parent, "file"), "this is a file"],
      [parent, "it holds file"],
    ] as const;
    for (const [path, text] of rows) {
      await expect(openRun(path)).rejects.toMatchObject({
        code: "run.missing",
        message: expect.stringMatching(new RegExp(`^${path}: .*${text}`)),
      });
    }
  });

  test("when a newer program wrote it", async () => {
    const { about } = runPaths(await createRun(folder, recipe));
    await writeFile(about, JSON.stringify({ format: 2, created: "another way" }));
    await expect(openRun(folder)).rejects.toMatchObject({
      code: "run.version",
      message: expect.stringMatching(/run\.json: .*format 2/),
    });
  });

  test.each([
    ["run.json", "{"],
    ["run.json", '{"format":1}'],
    ["recipe.json", ""],
    ["recipe.json", '{"seed":"seven"}'],
    ["recipe.json", undefined],
  ])("when %s is %j", async (name, text) => {
    await createRun(folder, recipe);
    const path = join(folder, name);
    if (text === undefined) await rm(path);
    else await writeFile(path, text);
    await expect(openRun(folder)).rejects.toMatchObject({
      code: "run.damaged",
      message: expect.stringContaining(`${path}: `),
    });
  });
});
