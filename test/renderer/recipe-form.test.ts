import { describe, expect, test } from "vitest";
import { fields as engineFields } from "../../engine/recipe/recipe.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import {
  differs,
  formatSetting,
  groupsOf,
  matches,
  parseNumber,
  parseText,
  partsOf,
  setValue,
  startOf,
  titleOf,
  valueAt,
  type FieldDescription,
  type FieldTable,
} from "../../renderer/panels/train/recipe-form.ts";

// As they come over the wire.
const fields = JSON.parse(JSON.stringify(engineFields)) as FieldTable;

const field = (parts: Partial<FieldDescription>): FieldDescription => ({
  group: "run",
  kind: "number",
  default: 0,
  unit: "",
  source: "",
  help: "",
  nullable: false,
  ...parts,
});

describe("the engine's own table of settings", () => {
  test("every setting but the preset is in exactly one group with a title of its own", () => {
    const groups = groupsOf(fields);
    expect(groups.flatMap(({ keys }) => keys).sort()).toEqual(
      Object.keys(fields)
        .filter((key) => key !== "preset")
        .sort(),
    );
    expect(groups[0]?.name).toBe("run");
    expect(groups.at(-1)?.title).toBe("Checkpoints and files");
  });

  test("every default reads back as itself", () => {
    for (const setting of Object.values(fields)) {
      if (setting.kind !== "number" && setting.kind !== "integer") continue;
      if (setting.default === null) continue;
      expect(parseNumber(formatSetting(setting.default), setting)).toEqual({
        value: setting.default,
      });
    }
  });

  test("an entry added to a list, and a shape written out, are valid recipes", () => {
    for (const [key, setting] of Object.entries(fields)) {
      if (setting.item && setting.item.kind !== "text") {
        expect(() => resolveRecipe({ [key]: [startOf(setting.item!)] })).not.toThrow();
      }
      if (setting.kind === "choiceOrObject") {
        expect(() => resolveRecipe({ [key]: partsOf(setting) })).not.toThrow();
      }
    }
  });
});

test("a group that the page does not know comes last, by its own name", () => {
  const groups = groupsOf({ a: field({ group: "later" }), b: field({ group: "run" }) });
  expect(groups.map(({ title }) => title)).toEqual(["Run", "Later"]);
});

test("keys become titles", () => {
  expect(["batchSize", "dinoLocalWeight", "ibotHidden", "beta1", "lrScaling"].map(titleOf)).toEqual(
    ["Batch size", "DINO local weight", "iBOT hidden", "Beta 1", "LR scaling"],
  );
});

describe("a value is set", () => {
  const recipe = { steps: 10, data: { kind: "folder", path: null }, cropMix: [{ ratio: 1 }] };

  test("at any depth, and the rest stays the same object", () => {
    const next = setValue(recipe, ["cropMix", 0, "ratio"], 2);
    expect(next.cropMix).toEqual([{ ratio: 2 }]);
    expect(next.data).toBe(recipe.data);
    expect(recipe.cropMix[0]!.ratio).toBe(1);
    expect(setValue(recipe, ["data", "path"], "images").data).toEqual({
      kind: "folder",
      path: "images",
    });
  });

  test("and read back", () => {
    expect(valueAt(recipe, ["cropMix", 0, "ratio"])).toBe(1);
    expect(valueAt(recipe, ["nothing", "here"])).toBeUndefined();
  });
});

describe("a setting differs", () => {
  test("by content, not by identity or order of keys", () => {
    const base = { a: { x: 1, y: [1, 2] }, b: null };
    expect(differs({ a: { y: [1, 2], x: 1 }, b: null }, base, "a")).toBe(false);
    expect(differs({ a: { y: [2, 1], x: 1 }, b: null }, base, "a")).toBe(true);
    expect(differs({ a: base.a, b: 0 }, base, "b")).toBe(true);
    expect(differs({ a: base.a, b: {} }, { ...base, b: [] }, "b")).toBe(true);
  });
});

describe("the search", () => {
  const found = (search: string) =>
    Object.keys(fields).filter((key) => matches(key, fields[key]!, search));

  test("looks into names as words, help and parts", () => {
    expect(found("batch size")).toContain("batchSize");
    expect(found("batchSize")).toContain("batchSize");
    expect(found("sinkhorn")).toContain("batchSize");
    expect(found("registers")).toContain("model");
    expect(found("no such words")).toEqual([]);
  });

  test("finds everything when it is empty", () => {
    expect(found(" ")).toHaveLength(Object.keys(fields).length);
  });
});

describe("typed numbers", () => {
  const rate = field({ range: [0, 1], unit: "a step" });
  const count = field({ kind: "integer", range: [1, 100_000_000], unit: "images" });

  test.each([
    ["5e-4", 5e-4],
    [" .5 ", 0.5],
    ["1", 1],
    ["1.", 1],
  ])("%j is a number", (text, value) => {
    expect(parseNumber(text, rate)).toEqual({ value });
  });

  test("underscores and a true minus are read", () => {
    expect(parseNumber("1_000", count)).toEqual({ value: 1000 });
    expect(parseNumber("−2", field({ range: [-5, 5] }))).toEqual({ value: -2 });
  });

  test.each(["", "abc", "0x10", "1,5", "Infinity", "NaN", "2", "-1", "1e999", "__1"])(
    "%j is not, with one message",
    (text) => {
      const parsed = parseNumber(text, rate);
      expect(parsed).toEqual({
        message: `Expected a number from 0 to 1 (a step), received ${text === "" ? "nothing" : `“${text}”`}.`,
      });
    },
  );

  test("an integer has no fraction, and its bounds are readable", () => {
    expect(parseNumber("1.5", count)).toEqual({
      message: "Expected an integer from 1 to 100,000,000 (images), received “1.5”.",
    });
    expect(parseNumber("2e3", count)).toEqual({ value: 2000 });
  });
});

test("text may not be empty", () => {
  expect(parseText(" ")).toHaveProperty("message");
  expect(parseText("a b")).toEqual({ value: "a b" });
});

test("values are shown in a few words", () => {
  expect([null, true, 1e-8, "init", [], { min: 0.3 }].map(formatSetting)).toEqual([
    "none",
    "on",
    "1e-8",
    "init",
    "empty",
    '{"min":0.3}',
  ]);
  expect(formatSetting("x".repeat(10)).length).toBe(10);
  expect(formatSetting(Array(200).fill(1)).length).toBe(80);
});
