/** Views of a picture: that patches which are said to show the same do. */
import { describe, expect, test } from "vitest";
import type { Picture } from "../../engine/labels/labelled.ts";
import { forwardFlops, variantConfig } from "../../engine/model/config.ts";
import {
  cropInBase,
  halved,
  planViews,
  renderView,
  viewFlops,
  viewNames,
  viewSides,
  type View,
} from "../../engine/scores/views.ts";
import { expectClose } from "../support/allclose.ts";

const settings = { side: 224, patch: 16, seed: 0 };

/** Red rises to the right, green downwards, linearly: a colour is a place. */
function ramps(width: number, height: number): Picture {
  const pixels = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    pixels[3 * i] = Math.round((200 * ((i % width) + 0.5)) / width);
    pixels[3 * i + 1] = Math.round((200 * (Math.floor(i / width) + 0.5)) / height);
  }
  return { name: "ramps", width, height, pixels };
}

/** Mean red and green of each patch, [(input / patch)^2 * 2]. */
function patchColours(picture: Picture, view: View, patch: number): Float32Array {
  const { pixels, width } = renderView(picture, view);
  const n = width / patch;
  const sums = new Float32Array(n * n * 2);
  for (let i = 0; i < width * width; i++) {
    const cell = Math.floor(i / width / patch) * n + Math.floor((i % width) / patch);
    sums[2 * cell]! += pixels[3 * i]! / patch ** 2;
    sums[2 * cell + 1]! += pixels[3 * i + 1]! / patch ** 2;
  }
  return sums;
}

const plain = (view: View): View => ({ ...view, gamma: 1 });

describe("views of one picture", () => {
  test.each([
    [640, 480],
    [100, 300],
  ])("patches that are said to be the same lie at the same place, %i x %i", (width, height) => {
    const picture = ramps(width, height);
    for (let index = 0; index < 4; index++) {
      const { views, crop } = planViews(picture, settings, index);
      const colours = (name: keyof typeof views) => patchColours(picture, plain(views[name]), 16);
      const base = colours("base");
      const inBase = Array.from(cropInBase(crop, 14)).flatMap((at) => [
        base[2 * at]!,
        base[2 * at + 1]!,
      ]);
      const fine = { ...tokensOf(colours("fine"), 16), width: 2 };
      // A patch of the ramp is 200 / 14 wide at most; values are rounded twice, and past the border
      // of the picture the outermost pixel counts twice.
      expectClose(colours("crop"), inBase, { atol: 1 }, "crop");
      expectClose(halved(fine), inBase, { atol: 1 }, "fine");
    }
  });

  test("shifted lies a quarter of a patch further right and down", () => {
    const picture = ramps(500, 500);
    const { views } = planViews(picture, settings, 0);
    const base = patchColours(picture, views.base, 16);
    const shifted = patchColours(picture, views.shifted, 16);
    const quarter = (0.25 * 200) / 14.25;
    expectClose(
      shifted.map((value, i) => value - base[i]!),
      new Float32Array(base.length).fill(quarter),
      { atol: 0.6 },
    );
  });

  test("no view leaves the picture, and inputs are whole patches", () => {
    for (const patch of [14, 16]) {
      for (let index = 0; index < 20; index++) {
        const { views } = planViews({ width: 300, height: 200 }, { ...settings, patch }, index);
        for (const name of viewNames) {
          const { region, input } = views[name];
          expect(region.x).toBeGreaterThanOrEqual(50);
          expect(region.y).toBeGreaterThanOrEqual(0);
          expect(region.x + region.width).toBeLessThanOrEqual(250 + 1e-9);
          expect(region.y + region.height).toBeLessThanOrEqual(200 + 1e-9);
          expect(input.width % patch).toBe(0);
        }
      }
    }
  });

  test("the crop's place repeats with seed and index, and differs between images", () => {
    const place = (seed: number, index: number) =>
      planViews({ width: 224, height: 224 }, { ...settings, seed }, index).crop;
    expect(place(3, 5)).toEqual(place(3, 5));
    const places = Array.from({ length: 20 }, (_, index) => JSON.stringify(place(0, index)));
    expect(new Set(places).size).toBeGreaterThan(10);
  });

  test("crop and fine are mirrored and brighter", () => {
    const picture = ramps(300, 300);
    const { views } = planViews(picture, settings, 0);
    const straight = renderView(picture, { ...views.crop, mirrored: false, gamma: 1 });
    const seen = renderView(picture, views.crop);
    const { width } = straight;
    const rightmost = straight.pixels[3 * (width - 1)]!;
    expect(seen.pixels[0]).toBe(Math.round(255 * (rightmost / 255) ** 0.6));
    expect(views.fine).toMatchObject({ mirrored: true, gamma: 0.6, region: views.crop.region });
  });

  test("a side of fewer than four patches is refused with what it takes", () => {
    expect(() => viewSides({ side: 48, patch: 16 })).toThrow(
      "side: expected at least 64 px, which are 4 patches of 16 px; received 48",
    );
  });

  test("four passes take some 3.6 of base's: 34 GFLOP for ViT-S, as its shape says", () => {
    const config = variantConfig("dinov3_vits16");
    const flops = viewFlops(config, { side: 224 });
    expect(flops).toBe(
      2 * forwardFlops(config, 196) + forwardFlops(config, 64) + forwardFlops(config, 256),
    );
    expect(flops / 1e9).toBeCloseTo(34.3, 0);
  });
});

function tokensOf(patches: Float32Array, n: number) {
  return { cls: new Float32Array(2), patches, rows: n, cols: n };
}
