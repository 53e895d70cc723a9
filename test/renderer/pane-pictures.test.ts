/** Differences of maps, and components of two PCAs matched to each other. */
import { describe, expect, it } from "vitest";
import { applyPcaVariant } from "../../engine/protocol/pca-variant.ts";
import { Draws } from "../../engine/random/draws.ts";
import { alignedVariant } from "../../renderer/scene/aligned-pca.ts";
import { differenceOf } from "../../renderer/scene/difference.ts";
import type { MapPicture } from "../../renderer/scene/map-picture.ts";

const scalar = (rows: number, cols: number, values: number[]): MapPicture => ({
  kind: "scalar",
  values: Float32Array.from(values),
  range: [0, 1],
  rows,
  cols,
  region: [0, 0, 1, 1],
});

describe("a difference", () => {
  it("is signed, around nothing, and keeps what is not there", () => {
    const map = differenceOf(scalar(1, 3, [1, 0.5, NaN]), scalar(1, 3, [0.25, 0.75, 1]));
    expect([...map.values]).toEqual([0.75, -0.25, NaN]);
    expect(map.range).toEqual([-0.8, 0.8]);
  });

  it("reads a coarser grid at the nearest patch", () => {
    const map = differenceOf(scalar(2, 2, [1, 2, 3, 4]), scalar(1, 1, [1]));
    expect([...map.values]).toEqual([0, 1, 2, 3]);
  });

  it("of colours is how far they are apart", () => {
    const colours = (...rgb: number[]): MapPicture => ({
      kind: "colour",
      rgba: Uint8Array.of(...rgb, 255),
      rows: 1,
      cols: 1,
      region: [0, 0, 1, 1],
    });
    const map = differenceOf(colours(255, 0, 0), colours(0, 0, 0));
    expect(map.values[0]).toBeCloseTo(Math.sqrt(1 / 3), 6);
    expect(map.range).toEqual([0, 0.6]);
  });
});

describe("components of two PCAs", () => {
  const draws = new Draws(7, 1);
  const reference = Float32Array.from({ length: 300 }, () => draws.uniform());

  it("are matched whatever their order and signs, for every look of the reference", () => {
    for (let disguise = 0; disguise < 48; disguise++) {
      const hidden = { signs: disguise % 8, order: Math.floor(disguise / 8) };
      const rgb = applyPcaVariant(reference, hidden);
      for (const look of [
        { signs: 0, order: 0 },
        { signs: 5, order: 3 },
      ]) {
        const found = alignedVariant(rgb, reference, look);
        const [drawn, wanted] = [applyPcaVariant(rgb, found), applyPcaVariant(reference, look)];
        const worst = Math.max(...drawn.map((value, i) => Math.abs(value - wanted[i]!)));
        expect(worst).toBeLessThan(1e-6);
      }
    }
  });

  it("leave out what one of them leaves out", () => {
    const rgb = applyPcaVariant(reference, { signs: 1, order: 2 });
    rgb.fill(NaN, 0, 30);
    const found = alignedVariant(rgb, reference, { signs: 0, order: 0 });
    expect(applyPcaVariant(rgb, found)[60]).toBeCloseTo(reference[60]!, 6);
  });
});
