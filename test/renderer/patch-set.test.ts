/** Sets of patches: boxes, their written form, and their place on another grid. */
import { describe, expect, it } from "vitest";
import {
  boxOf,
  boxesOf,
  formatPatches,
  outlineOf,
  parsePatches,
  rescaled,
  toggled,
} from "../../renderer/store/patch-set.ts";

const sorted = (set: readonly { row: number; col: number }[]) =>
  set.map(({ row, col }) => 1000 * row + col).sort((a, b) => a - b);

describe("patch sets", () => {
  it("a box has every patch between its corners, the first first and the last last", () => {
    const box = boxOf({ row: 5, col: 2 }, { row: 3, col: 4 });
    expect(box).toHaveLength(9);
    expect([box[0], box.at(-1)]).toEqual([
      { row: 5, col: 2 },
      { row: 3, col: 4 },
    ]);
    expect(new Set(sorted(box)).size).toBe(9);
  });

  it("the line around a set has the sides between patches left out, holes included", () => {
    const ring = boxOf({ row: 2, col: 3 }, { row: 4, col: 5 }).filter(
      ({ row, col }) => row !== 3 || col !== 4,
    );
    const sides = outlineOf(ring).split("M").slice(1);
    expect(sides).toHaveLength(4 * 3 + 4);
    expect(sides).toContain("4 3v1");
    expect(sides).not.toContain("4 2v1");
    expect(outlineOf([{ row: 0, col: 7 }])).toBe("M7 0h1M7 1h1M7 0v1M8 0v1");
  });

  it("toggling twice changes nothing", () => {
    const set = boxOf({ row: 0, col: 0 }, { row: 1, col: 1 });
    const patch = { row: 7, col: 3 };
    expect(toggled(toggled(set, patch), patch)).toEqual(set);
    expect(toggled(set, { row: 1, col: 0 })).toHaveLength(3);
  });

  it("what is written is read back, and a box is written as a box", () => {
    const box = boxOf({ row: 3, col: 4 }, { row: 9, col: 8 });
    expect(formatPatches(box)).toBe("3-9,4-8");
    expect(formatPatches([{ row: 15, col: 25 }])).toBe("15,25");
    const mixed = toggled([...box, { row: 20, col: 1 }], { row: 5, col: 6 });
    const again = parsePatches(formatPatches(mixed));
    expect(sorted(again!)).toEqual(sorted(mixed));
    expect(formatPatches([])).toBe("");
    expect(parsePatches("")).toEqual([]);
  });

  it("boxes cover the set and nothing else", () => {
    const set = Array.from({ length: 60 }, (_, i) => ({ row: (i * 7) % 9, col: (i * 5) % 11 }));
    const covered = boxesOf(set).flatMap(({ rows, cols }) =>
      boxOf({ row: rows[0], col: cols[0] }, { row: rows[1], col: cols[1] }),
    );
    expect(sorted(covered)).toEqual([...new Set(sorted(set))]);
  });

  it("on a finer grid a box covers the same part of the photograph", () => {
    const box = boxOf({ row: 1, col: 1 }, { row: 2, col: 1 });
    const finer = rescaled(box, { rows: 4, cols: 4 }, { rows: 8, cols: 12 });
    expect(formatPatches(finer)).toBe("2-5,3-5");
    expect(formatPatches(rescaled(finer, { rows: 8, cols: 12 }, { rows: 4, cols: 4 }))).toBe(
      "1-2,1",
    );
  });

  it("on a coarser grid something of the set is left", () => {
    const two = [
      { row: 0, col: 0 },
      { row: 0, col: 1 },
    ];
    expect(rescaled(two, { rows: 20, cols: 20 }, { rows: 2, cols: 2 })).toEqual([
      { row: 0, col: 0 },
    ]);
  });
});
