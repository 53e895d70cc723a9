/** Pictures: the colours that a decoder reads back, and the recipe that travels with them. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { labelMap, maskMap, matrixMap, rgbMap, scalarMap } from "../../engine/probes/maps.ts";
import { mapToPng, readPngTexts, recipeKeyword } from "../../engine/probes/png.ts";
import { renderMap } from "../../engine/probes/render.ts";
import { featureMap } from "../support/feature-maps.ts";

const { geometry } = featureMap(1, 2, [0, 0]);
const { grid } = geometry;
const recipe = [
  { label: "Model", text: "ViT-S/16" },
  { label: "Image", text: "été ✓.jpg" },
];
const scalar = scalarMap("cosine", grid, Float32Array.of(0, 1), [0, 1], "cosine");

async function decode(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return {
    ...info,
    at: (x: number, y: number) =>
      Array.from(data.subarray(3 * (y * info.width + x)).subarray(0, 3)),
  };
}

// The ends of viridis as matplotlib publishes them, #440154 and #fde725.
const dark = [0x44, 0x01, 0x54];
const bright = [0xfd, 0xe7, 0x25];

describe("mapToPng", () => {
  it("enlarges each cell to its patch, exactly", async () => {
    const picture = await decode(await mapToPng(scalar, geometry, { recipe }));
    expect(picture).toMatchObject({ width: 32, height: 16, channels: 3 });
    for (const y of [0, 7, 15]) {
      expect([0, 15, 16, 31].map((x) => picture.at(x, y))).toEqual([dark, dark, bright, bright]);
    }
  });

  it("carries its recipe as text", async () => {
    const texts = readPngTexts(await mapToPng(scalar, geometry, { recipe }));
    expect(JSON.parse(texts[recipeKeyword]!)).toEqual(recipe);
    expect(texts["Description"]).toBe("Model: ViT-S/16\nImage: été ✓.jpg");
  });

  it("lies over the region that the grid covers, and nowhere else", async () => {
    const image = { width: 10, height: 4 };
    const around = { ...geometry, image, region: { x: 2, y: 1, width: 6, height: 2 } };
    const photograph = { ...image, pixels: new Uint8Array(10 * 4 * 3).fill(100) };
    const over = await decode(await mapToPng(scalar, around, { recipe, photograph, opacity: 0.5 }));
    const half = (colour: number[]) => colour.map((value) => Math.round((100 + value) / 2));
    expect([1, 2, 4, 5, 7, 8].map((x) => over.at(x, 1))).toEqual([
      [100, 100, 100],
      half(dark),
      half(dark),
      half(bright),
      half(bright),
      [100, 100, 100],
    ]);
    expect(over.at(4, 0)).toEqual([100, 100, 100]);
    expect(over.at(4, 3)).toEqual([100, 100, 100]);
  });

  it("refuses a matrix over a photograph and enlarges it by itself", async () => {
    const matrix = matrixMap("Gram", 2, Float32Array.of(1, 0, 0, 1), [0, 1], "cosine");
    const photograph = { width: 32, height: 16, pixels: new Uint8Array(32 * 16 * 3) };
    await expect(mapToPng(matrix, geometry, { recipe, photograph })).rejects.toMatchObject({
      code: "option.invalid",
    });
    const picture = await decode(await mapToPng(matrix, geometry, { recipe, cellPixels: 3 }));
    expect(picture).toMatchObject({ width: 6, height: 6 });
    expect([picture.at(2, 2), picture.at(3, 2)]).toEqual([bright, dark]);
  });
});

describe("renderMap", () => {
  const pixels = (...map: Parameters<typeof renderMap>) => Array.from(renderMap(...map).pixels);

  it("draws what is missing as missing", () => {
    const absent = scalarMap("x", grid, Float32Array.of(NaN, 9), [0, 1], "");
    expect(pixels(absent)).toEqual([128, 128, 128, ...bright]);
    const out = rgbMap("pca", grid, Float32Array.of(NaN, NaN, NaN, 0, 0.5, 2));
    expect(pixels(out)).toEqual([0, 0, 0, 0, 128, 255]);
    expect(pixels(labelMap("k", grid, Int32Array.of(-1, 0), 2))).toEqual([
      0, 0, 0, 0x3f, 0x90, 0xda,
    ]);
    expect(pixels(maskMap("m", grid, Uint8Array.of(0, 1)))).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it("shows any sign and order of the components without a new fit", () => {
    const map = rgbMap("pca", grid, Float32Array.of(0, 0.2, 1, NaN, NaN, NaN));
    expect(pixels(map, { variant: { signs: 1, order: 5 } })).toEqual([255, 51, 255, 0, 0, 0]);
  });

  it("takes the middle colour of a diverging map for the middle of its range", () => {
    const middle = scalarMap("x", grid, Float32Array.of(2, 2), [-1, 5], "");
    const [r, g, b] = pixels(middle, { colormap: "diverging" }) as [number, number, number];
    expect(Math.min(r, g, b)).toBeGreaterThan(230);
  });
});
