/** From the pointer to a patch and back, on photographs that are scaled and cropped, and in a Gram matrix. */
import { describe, expect, it } from "vitest";
import { patchAt, patchRectangle, type Geometry } from "../../engine/protocol/geometry.ts";
import { fitInside } from "../../renderer/scene/fit.ts";
import { GramOrder } from "../../renderer/scene/gram-order.ts";
import { placedOn } from "../../renderer/scene/map-picture.ts";

/** A 450 × 300 photograph of which the middle 400 × 300 was resized to 64 × 48. */
const cropped: Geometry = {
  patch: 16,
  grid: { rows: 3, cols: 4 },
  input: { width: 64, height: 48 },
  image: { width: 450, height: 300 },
  region: { x: 25, y: 0, width: 400, height: 300 },
  resample: "bilinear",
};

describe("pointer to patch", () => {
  it("the middle of every patch's rectangle is that patch", () => {
    for (let row = 0; row < 3; row++) {
      for (let col = 0; col < 4; col++) {
        const { x, y, width, height } = patchRectangle(cropped, { row, col });
        expect(patchAt(cropped, { x: x + width / 2, y: y + height / 2 })).toEqual({ row, col });
      }
    }
  });

  it("what was cropped away is no patch, and the edges belong to one patch each", () => {
    expect(patchAt(cropped, { x: 24.9, y: 10 })).toBeUndefined();
    expect(patchAt(cropped, { x: 25, y: 0 })).toEqual({ row: 0, col: 0 });
    expect(patchAt(cropped, { x: 125, y: 100 })).toEqual({ row: 1, col: 1 });
    expect(patchAt(cropped, { x: 425, y: 10 })).toBeUndefined();
    expect(patchAt(cropped, { x: 100, y: 300 })).toBeUndefined();
  });

  it("the map is laid over the region alone", () => {
    expect(placedOn(cropped)).toEqual({ rows: 3, cols: 4, region: [25 / 450, 0, 400 / 450, 1] });
  });
});

describe("fitting a photograph", () => {
  it("touches two sides and keeps the aspect to the pixel", () => {
    expect(fitInside({ width: 900, height: 700 }, { width: 450, height: 300 })).toEqual({
      width: 900,
      height: 600,
    });
    expect(fitInside({ width: 900, height: 300 }, { width: 300, height: 450 })).toEqual({
      width: 200,
      height: 300,
    });
  });

  it("is undefined in no space, and never thinner than a pixel", () => {
    expect(fitInside({ width: 0, height: 700 }, { width: 1, height: 1 })).toBeUndefined();
    expect(fitInside({ width: 50, height: 50 }, { width: 10_000, height: 1 })?.height).toBe(1);
  });
});

describe("rows of a Gram matrix", () => {
  const order = new GramOrder({ rows: 2, cols: 3 }, Int32Array.from([5, 0, 3, 1, 4, 2]));

  it("every patch's place leads back to the patch", () => {
    for (let row = 0; row < 2; row++) {
      for (let col = 0; col < 3; col++) {
        expect(order.patchAt(order.placeOf({ row, col }))).toEqual({ row, col });
      }
    }
  });

  it("the first row is the first of the order, and the edges stay inside", () => {
    expect(order.patchAt(0)).toEqual({ row: 1, col: 2 });
    expect(order.patchAt(1)).toEqual({ row: 0, col: 2 });
    expect(order.patchAt(-0.1)).toEqual({ row: 1, col: 2 });
  });

  it("without an order, rows follow the raster", () => {
    const raster = new GramOrder({ rows: 2, cols: 3 });
    expect(raster.patchAt(4.5 / 6)).toEqual({ row: 1, col: 1 });
  });
});
