/** Which words of a text the glossary explains, in which forms, and what is left alone. */
import { describe, expect, it } from "vitest";
import { joinPanel } from "../../renderer/panels/learn/first-mention.ts";
import { termsIn, wordsIn } from "../../renderer/panels/learn/word-forms.ts";
import { termNames } from "../../renderer/store/term-names.ts";

describe("words of the glossary in a text", () => {
  it("are found by each entry's own name, alone and in a sentence", () => {
    for (const name of termNames) {
      expect(termsIn(name)).toEqual([name]);
      expect(termsIn(`Of the ${name}, as it is.`)).toEqual([name]);
    }
  });

  it.each([
    ["196 patches", ["patch token"]],
    ["Gram teacher momentum", ["Gram teacher", "momentum"]],
    ["student and teachers", ["student", "teacher"]],
    ["Gram, masked patches", ["Gram matrix", "mask", "patch token"]],
    ["int8-static", ["int8"]],
    ["Linear up, then a cosine down", ["schedule"]],
    ["CLS–patch cosine", ["CLS token", "patch token", "cosine similarity"]],
    ["recall at 0.1", ["recall"]],
  ])("%s", (text, names) => {
    expect(termsIn(text)).toEqual(names);
  });

  it.each([
    "DINOv3",
    "dispatches",
    "runs/teacher/model",
    "patch.jpg",
    "k means",
    "normal",
    "step 4",
  ])("%s has none", (text) => {
    expect(termsIn(text)).toEqual([]);
  });

  it("leave every letter where it is", () => {
    const text = "Query patches, of the EMA teacher: 3 crops.";
    const joined = wordsIn(text).map((piece) => (typeof piece === "string" ? piece : piece.text));
    expect(joined.join("")).toBe(text);
  });
});

describe("mentions in a panel", () => {
  const panel = {};
  const inside = (whole: object | null) =>
    ({
      closest: (selector: string) => (selector.startsWith("section") ? panel : whole),
    }) as Element;

  it("the first is linked, and the next when it goes", () => {
    const told: string[] = [];
    const join = (name: string) =>
      joinPanel(inside(null), "teacher", (isLinked) => told.push(`${name} ${isLinked}`));
    const leaveFirst = join("first");
    const leaveSecond = join("second");
    join("third");
    expect(told).toEqual(["first true"]);
    leaveSecond();
    expect(told).toEqual(["first true"]);
    leaveFirst();
    expect(told).toEqual(["first true", "third true"]);
  });

  it("none is linked within a button or a label", () => {
    const told: boolean[] = [];
    joinPanel(inside({}), "student", (isLinked) => told.push(isLinked))();
    expect(told).toEqual([]);
  });
});
