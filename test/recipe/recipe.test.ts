/** Recipes: defaults, presets, refusals in words, and contradictions with their rules. */
import { describe, expect, it } from "vitest";
import { schemaOf } from "../../engine/recipe/field.ts";
import { lintRecipe, refuseContradictions } from "../../engine/recipe/lint.ts";
import { presets } from "../../engine/recipe/presets.ts";
import { defaultRecipe, fields, type PartialRecipe } from "../../engine/recipe/recipe.ts";
import { changedFrom, resolveRecipe } from "../../engine/recipe/resolve.ts";
import { presetNames } from "../../engine/recipe/run-fields.ts";
import { EngineError } from "../../engine/protocol/errors.ts";

function refusal(input: unknown): EngineError {
  try {
    resolveRecipe(input);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

describe("fields", () => {
  it.each(Object.entries(fields))("%s: its default is valid, its words are there", (_, field) => {
    expect(schemaOf<unknown>(field).safeParse(field.default).success).toBe(true);
    expect(field.source).not.toBe("");
    expect(field.help).toMatch(/\.$/);
  });
});

describe("resolving", () => {
  it("writes every default out, and resolving again changes nothing", () => {
    const recipe = resolveRecipe({});
    expect(recipe).toEqual(defaultRecipe());
    expect(Object.keys(recipe)).toEqual(Object.keys(fields));
    expect(resolveRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it.each(presetNames)("%s resolves, to itself again too", (preset) => {
    const recipe = resolveRecipe({ preset });
    expect(recipe).toMatchObject(presets[preset].values);
    expect(resolveRecipe(recipe)).toEqual(recipe);
    expect(changedFrom(recipe, preset)).toEqual([]);
  });

  it("what is written stands above the preset, and is marked", () => {
    const recipe = resolveRecipe({ preset: "laptop-refine", gramWeight: 3 });
    expect(recipe).toMatchObject({ gramWeight: 3, gramSize: 256 });
    expect(changedFrom(recipe, "laptop-refine")).toEqual(["gramWeight"]);
  });

  it.each([
    [{ learningrate: 1 }, "learningrate", "learningRate"],
    [{ gramWieght: 1 }, "gramWieght", "gramWeight"],
    [{ data: { knd: "scenes" } }, "data.knd", "kind"],
    [{ students: [{ nmae: "a" }] }, "students[0].nmae", "name"],
    [{ model: { widht: 64 } }, "model.widht", "width"],
  ])("an unknown key %j names the nearest", (input, path, nearest) => {
    const error = refusal(input);
    expect(error).toMatchObject({ code: "option.invalid", hint: `Did you mean ${nearest}?` });
    expect(error.message).toContain(`${path}:`);
  });

  it.each([
    [{ steps: "many" }, /steps: expected an integer from 1 .*\(steps\), received "many"/],
    [{ batchSize: 1.5 }, /batchSize: expected an integer .* received 1.5/],
    [{ layerDecay: NaN }, /layerDecay: .* received NaN/],
    [{ beta1: 1 }, /beta1: expected a number from 0 to 0.999999/],
    [{ gramLevel: "pixel" }, /gramLevel: expected one of "image", "batch", received "pixel"/],
    [
      { globalScale: { min: 2 } },
      /globalScale.min: expected a number from 0.001 to 1 .*received 2/,
    ],
    [{ model: "vit" }, /model: expected one of "dinov3_vits16".* or an object, or null/],
    [{ watch: ["a.jpg", 3] }, /watch\[1\]: expected text that is not empty, received 3/],
    [{ steps: null }, /steps: expected .* received null/],
    [[], /expected an object, received \[\]/],
    [undefined, /expected an object, received undefined/],
  ])("%j is refused with its path", (input, message) => {
    expect(refusal(input).message).toMatch(message);
  });

  it.each(['{"__proto__": {"steps": 3}}', '{"constructor": 1}', '{"data": {"__proto__": {}}}'])(
    "%s is an unknown key and changes no prototype",
    (json) => {
      expect(refusal(JSON.parse(json)).message).toMatch(/no such setting/);
      expect(({} as Record<string, unknown>)["steps"]).toBeUndefined();
    },
  );
});

const sound: PartialRecipe = {
  data: { kind: "scenes", path: null },
  model: "dinov3_vits16",
  init: "start",
  dinoPrototypes: 64,
};

describe("contradictions", () => {
  it("a sound recipe has none", () => {
    expect(lintRecipe(resolveRecipe(sound))).toEqual([]);
  });

  it.each<[PartialRecipe, string, "error" | "warning"]>([
    [{ data: { kind: "folder", path: null } }, "data", "error"],
    [{ kind: "refine", gramWeight: 1, init: null, gramTeacher: "a" }, "init", "error"],
    [{ kind: "refine" }, "gramWeight", "error"],
    [{ kind: "distill" }, "teacher", "error"],
    [{ teacher: "t" }, "teacher", "error"],
    [{ gramWeight: 1, gramSize: 448, gramTeacher: "ema" }, "gramSize", "error"],
    [{ gramWeight: 1, gramUpdateEvery: 5, gramTeacher: "ema" }, "gramUpdateEvery", "error"],
    [{ gramWeight: 1, gramTokens: "masked" }, "gramTokens", "error"],
    [{ localSize: 100 }, "localSize", "error"],
    [{ gramWeight: 1, gramSize: 112 }, "gramSize", "error"],
    [{ koleoGroup: 3 }, "koleoGroup", "error"],
    [{ maskRatioMin: 0.6 }, "maskRatioMin", "error"],
    [{ maskProbability: 0 }, "maskProbability", "error"],
    [{ dinoPrototypes: 65_536 }, "dinoPrototypes", "warning"],
    [{ warmupSteps: 2000 }, "warmupSteps", "warning"],
    [{ gramSize: 448 }, "gramSize", "warning"],
  ])("%j is about %s: %s", (change, key, level) => {
    const findings = lintRecipe(resolveRecipe({ ...sound, ...change }));
    expect(findings.map((f) => [f.level, f.keys.includes(key as never)])).toContainEqual([
      level,
      true,
    ]);
  });

  it("each preset is sound once its paths are given", () => {
    for (const preset of presetNames) {
      const { kind } = presets[preset].values;
      const recipe = resolveRecipe({
        preset,
        data: { kind: "scenes", path: null },
        ...(kind === "distill" ? { teacher: "t" } : {}),
        ...(kind === "refine" || kind === "adapt" ? { init: "start" } : {}),
      });
      expect(() => refuseContradictions(recipe), preset).not.toThrow();
    }
  });
});
