/** Classes of patches against what can be counted by hand. */
import { describe, expect, it } from "vitest";
import type { Geometry } from "../../engine/protocol/geometry.ts";
import { noClass, patchClasses } from "../../renderer/scene/patch-classes.ts";

/** A grid of 2 x 3 patches over the whole of a photograph of 12 x 8 pixels. */
const geometry: Geometry = {
  patch: 16,
  grid: { rows: 2, cols: 3 },
  input: { width: 48, height: 32 },
  image: { width: 12, height: 8 },
  region: { x: 0, y: 0, width: 12, height: 8 },
  resample: "bilinear",
};

const picture = (rows: readonly string[]) => ({
  width: rows[0]!.length,
  height: rows.length,
  values: Uint8Array.from(rows.join(""), (digit) => (digit === "." ? 255 : Number(digit))),
});

describe("classes of patches", () => {
  it("are those of most pixels, the lower of as many, and none where none counts", () => {
    const labels = picture([
      "111122223333",
      "111122223333",
      "110022223333",
      "110022227777",
      "5555....0011",
      "5555....0011",
      "5556....0011",
      "5566....0011",
    ]);
    expect([...patchClasses(labels, geometry)]).toEqual([1, 2, 3, 5, noClass, 0]);
  });

  it("of a smaller picture of the same shape are the same", () => {
    const labels = picture(["123", "456"]);
    expect([...patchClasses(labels, geometry)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("follow the region that the model saw", () => {
    const labels = picture(Array<string>(8).fill("000011112222"));
    const right = { ...geometry, region: { x: 6, y: 0, width: 6, height: 8 } };
    expect([...patchClasses(labels, right)]).toEqual([1, 2, 2, 1, 2, 2]);
  });

  it("hold for more pixels than are looked at, and for 16 bits", () => {
    const [width, height] = [1200, 800];
    const values = Int32Array.from({ length: width * height }, (_, i) =>
      i % width < 400 ? 255 : 40_000 + Math.floor((i % width) / 400),
    );
    const classes = patchClasses({ width, height, values }, geometry);
    expect([...classes]).toEqual([255, 40_001, 40_002, 255, 40_001, 40_002]);
  });
});
