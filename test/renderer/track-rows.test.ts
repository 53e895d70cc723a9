import { describe, expect, it } from "vitest";
import { rowsIn } from "../../renderer/panels/timeline/track-rows.ts";

describe("the curves over the ticks", () => {
  // The middle of windows of 1024 x 700 and 1440 x 900, whose top line has two rows from 150 % on.
  it.each([
    [628, 1, 2],
    [583, 1.5, 1],
    [556, 2, 0],
    [828, 1, 2],
    [761, 2, 1],
    [940, 2, 2],
  ])("%i px of stage and timeline at text of %d x have room for %i", (height, textScale, rows) => {
    expect(rowsIn(height, textScale)).toBe(rows);
  });
});
