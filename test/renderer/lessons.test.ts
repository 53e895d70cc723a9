/** Lessons as data: their words are explained, their formulas light what is there, and what they show ticks them. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { litParts } from "../../renderer/panels/learn/formula.ts";
import { glossary } from "../../renderer/panels/learn/glossary.ts";
import { lessonList } from "../../renderer/panels/learn/lesson-list.ts";
import { lightNames } from "../../renderer/panels/learn/lights.ts";
import { piecesOf } from "../../renderer/panels/learn/prose.ts";
import { readProgress } from "../../renderer/store/learn-slice.ts";
import { lessonNames } from "../../renderer/store/learn-state.ts";
import { termNames } from "../../renderer/store/term-names.ts";
import { settle, setUpLook } from "../support/look-store.ts";

const lessons = await Promise.all(
  lessonNames.map(async (name) => [name, await lessonList[name].load()] as const),
);
const cards = lessons.flatMap(([name, { cards }]) =>
  cards.map((card, i) => [`${name} ${i + 1}: ${card.title}`, card] as const),
);
const panels = path.join(import.meta.dirname, "../../renderer/panels");

describe("lessons", () => {
  it.each(lessons)("%s has as many cards as it says", (name, { cards }) => {
    expect(cards).toHaveLength(lessonList[name].cards);
  });

  it.each(cards)("%s speaks only of words that the glossary has", (_name, { text }) => {
    for (const paragraph of text) {
      for (const piece of piecesOf(paragraph)) {
        if (typeof piece !== "string") expect(glossary[piece.name].text).not.toBe("");
      }
      expect(paragraph).not.toMatch(/!|—/);
    }
  });

  it.each(cards)("%s is ticked by what it shows, and not before", async (_name, card) => {
    const { store } = setUpLook();
    await store.getState().connected();
    await settle();
    expect(card.isDone(store.getState())).toBe(false);
    if (card.isSlow) return;
    await card.show.act(store.getState(), store.getState);
    await settle();
    expect(card.isDone(store.getState())).toBe(true);
  });

  it("refuses a word that is explained nowhere", () => {
    expect(() => piecesOf("a [patch tokne] is")).toThrow(/no glossary entry "patch tokne"/);
  });
});

describe("lights", () => {
  const css = readFileSync(path.join(panels, "learn/learn.css"), "utf8");
  const source = readdirSync(panels, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".tsx"))
    .map((file) => readFileSync(path.join(panels, file), "utf8"))
    .join("\n");

  it.each(lightNames.map((name) => [name]))("%s has a rule and a part of the page", (name) => {
    expect(css).toContain(`:root[data-lit="${name}"]`);
    const isInBatch = ["global-crops", "local-crops", "masks"].includes(name);
    if (!isInBatch) expect(source).toContain(`data-light="${name}"`);
  });

  it("each is used by a formula", () => {
    const used = new Set(
      cards.flatMap(([, card]) => litParts(card.formula?.parts ?? [])).map(({ light }) => light),
    );
    expect([...lightNames].filter((name) => !used.has(name))).toEqual([]);
  });
});

describe("the glossary", () => {
  it("explains each word in sentences, with a source", () => {
    for (const name of termNames) {
      const { text, source } = glossary[name];
      expect(text).toMatch(/^[A-Z].+\.$/);
      expect(text.length).toBeLessThan(330);
      expect(source).not.toBe("");
    }
  });
});

describe("progress", () => {
  it("goes on where a lesson was left", () => {
    const { store } = setUpLook();
    store.getState().openLesson("cosine");
    store.getState().goToCard(3);
    store.getState().tick(3);
    store.getState().tick(3);
    expect(store.getState().closeLesson()).toBe(true);
    expect(store.getState().closeLesson()).toBe(false);
    store.getState().openLesson("cosine");
    expect(store.getState().progress.cosine).toEqual({ card: 3, done: [3] });
  });

  it("reads what can be read of what was kept", () => {
    const kept =
      '{"tokens":{"card":2,"done":[0,0,-1,"x",1]},"cosine":{"card":1e9},"other":{"card":1}}';
    expect(readProgress(kept)).toEqual({
      tokens: { card: 2, done: [0, 1] },
      cosine: { card: 0, done: [] },
    });
    expect(readProgress("spoilt")).toEqual({});
    expect(readProgress(null)).toEqual({});
  });
});
