import { describe, expect, test } from "vitest";
import { type ColormapName, colormapTable, tableIndex } from "../../engine/protocol/colormap.ts";
import { labelColour } from "../../engine/protocol/distinct-colours.ts";
import { patchAt, patchRectangle, type Geometry } from "../../engine/protocol/geometry.ts";
import {
  aloneIn,
  applyPcaVariant,
  componentOrders,
  mixedOrders,
  plainVariant,
} from "../../engine/protocol/pca-variant.ts";
import { probeCall } from "../../engine/protocol/probes.ts";
import { formatInputSize, parseInputSize, type InputSize } from "../../engine/protocol/view.ts";

describe("an input size", () => {
  test.each<[text: string, size: InputSize]>([
    ["model", { kind: "model" }],
    ["native", { kind: "native" }],
    ["1", { kind: "short", side: 1 }],
    ["4096", { kind: "short", side: 4096 }],
    ["768x512", { kind: "exact", width: 768, height: 512 }],
  ])("%s is read and written alike", (text, size) => {
    expect(parseInputSize(text)).toEqual(size);
    expect(formatInputSize(size)).toBe(text);
  });

  test.each([
    "",
    "0",
    "-1",
    "4097",
    "12.5",
    "1e3",
    "0x512",
    "512x",
    "x512",
    "512x4097",
    "512X512",
    " 512",
    "NaN",
    "Native",
  ])("%o is refused with what is expected", (text) => {
    expect(() => parseInputSize(text)).toThrow(
      expect.objectContaining({
        code: "option.invalid",
        message: expect.stringMatching(/^size: expected native, model, .* received "/) as string,
      }),
    );
  });
});

describe("the variants of a PCA picture", () => {
  const rgb = Float32Array.from([0.1, 0.2, 0.4, 0.9, 0.75, 0.55]);
  const all = mixedOrders.flatMap((_, order) =>
    Array.from({ length: 8 }, (_, signs) => ({ signs, order })),
  );

  test("are 48, all different, and the first is the picture itself", () => {
    const pictures = all.map((variant) => [...applyPcaVariant(rgb, variant)].join());
    expect(new Set(pictures).size).toBe(48);
    expect(applyPcaVariant(rgb, plainVariant)).toEqual(rgb);
  });

  test("a flipped sign is undone by flipping it again, exactly where the numbers allow", () => {
    // Halves are exact: 1 - (1 - x) is x.
    const exact = Float32Array.from([0, 0.25, 0.5, 0.75, 1, 0.125]);
    for (let signs = 0; signs < 8; signs++) {
      const variant = { signs, order: 0 };
      expect(applyPcaVariant(applyPcaVariant(exact, variant), variant)).toEqual(exact);
    }
  });

  test("the signs go with the component, not with the channel that it is shown as", () => {
    // Component 2 as red, flipped; 0 and 1 as they are.
    const [red, green, blue] = applyPcaVariant(Float32Array.of(0, 0.25, 0.75), {
      signs: 4,
      order: 4,
    });
    expect([red, green, blue]).toEqual([0.25, 0, 0.25]);
  });

  test("a component alone is grey, and its sign alone turns it round", () => {
    const one = Float32Array.of(0, 0.25, 0.75);
    const alone = componentOrders.flatMap((_, order) => aloneIn(order) ?? []);
    expect(alone).toEqual([0, 1, 2]);
    expect([...applyPcaVariant(one, { signs: 0, order: 8 })]).toEqual([0.75, 0.75, 0.75]);
    expect([...applyPcaVariant(one, { signs: 3, order: 8 })]).toEqual([0.75, 0.75, 0.75]);
    expect([...applyPcaVariant(one, { signs: 4, order: 8 })]).toEqual([0.25, 0.25, 0.25]);
  });

  test("a patch that was left out stays left out", () => {
    const variants = all.map((variant) => applyPcaVariant(new Float32Array(3).fill(NaN), variant));
    expect(variants.every((values) => values.every(Number.isNaN))).toBe(true);
  });
});

describe("a colour map", () => {
  const at = (name: ColormapName, index: number) => [
    ...colormapTable(name).subarray(3 * index, 3 * index + 3),
  ];
  const brightness = ([r = 0, g = 0, b = 0]: number[]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

  test("runs between the published end colours", () => {
    // viridis and magma: matplotlib's tables; cividis: Nuñez et al. 2018; greys: black to white.
    expect([at("viridis", 0), at("viridis", 255)]).toEqual([
      [68, 1, 84],
      [253, 231, 37],
    ]);
    expect([at("magma", 0), at("magma", 255)]).toEqual([
      [0, 0, 4],
      [252, 253, 191],
    ]);
    expect([at("greys", 0), at("greys", 255)]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
    ]);
    const [blue, red] = [at("diverging", 0), at("diverging", 255)];
    expect([blue[2]! > blue[0]!, red[0]! > red[2]!]).toEqual([true, true]);
  });

  test.each(["viridis", "cividis", "magma", "greys"] as const)(
    "%s gets brighter all the way",
    (name) => {
      for (let i = 8; i < 256; i += 8) {
        expect(brightness(at(name, i)), `${name} ${i}`).toBeGreaterThan(
          brightness(at(name, i - 8)),
        );
      }
    },
  );

  test("the index rises with the value, from 0 at the low end to 255 at the high end", () => {
    const range = [-2, 6] as const;
    expect([-1e9, -2, 2, 6, 1e9, Infinity].map((value) => tableIndex(value, range))).toEqual([
      0, 0, 128, 255, 255, 255,
    ]);
    let last = 0;
    for (let value = -3; value < 7; value += 0.01) {
      const index = tableIndex(value, range);
      expect(index).toBeGreaterThanOrEqual(last);
      last = index;
    }
    // All values alike: no division by nothing.
    expect(tableIndex(5, [5, 5])).toBe(0);
  });

  test("labels repeat after twenty colours; no label is black", () => {
    const colours = Array.from({ length: 20 }, (_, label) => labelColour(label).join());
    expect(new Set(colours).size).toBe(20);
    expect(labelColour(23)).toEqual(labelColour(3));
    expect(colours).not.toContain("0,0,0");
    expect(labelColour(-1)).toEqual([0, 0, 0]);
  });
});

describe("geometry", () => {
  // A cut photograph whose patches are no whole pixels.
  const geometry: Geometry = {
    patch: 16,
    grid: { rows: 14, cols: 9 },
    input: { width: 144, height: 224 },
    image: { width: 451, height: 300 },
    region: { x: 100.5, y: 3.25, width: 193.3, height: 290.1 },
    resample: "bilinear",
  };
  const positions = Array.from({ length: 14 * 9 }, (_, i) => ({
    row: Math.floor(i / 9),
    col: i % 9,
  }));

  test("the patch under a patch's rectangle is that patch", () => {
    for (const position of positions) {
      const { x, y, width, height } = patchRectangle(geometry, position);
      for (const [u, v] of [
        [0.5, 0.5],
        [0.001, 0.001],
        [0.999, 0.999],
      ] as const) {
        expect(patchAt(geometry, { x: x + u * width, y: y + v * height })).toEqual(position);
      }
    }
  });

  test("the rectangles tile the region", () => {
    const { region } = geometry;
    const area = positions
      .map((position) => patchRectangle(geometry, position))
      .reduce((sum, { width, height }) => sum + width * height, 0);
    expect(area).toBeCloseTo(region.width * region.height, 6);
    const last = patchRectangle(geometry, { row: 13, col: 8 });
    expect(last.x + last.width).toBeCloseTo(region.x + region.width, 9);
    expect(last.y + last.height).toBeCloseTo(region.y + region.height, 9);
  });

  test.each([
    ["left", { x: 100.4, y: 100 }],
    ["right", { x: 293.9, y: 100 }],
    ["above", { x: 200, y: 3.2 }],
    ["below", { x: 200, y: 293.4 }],
    ["nowhere", { x: NaN, y: 100 }],
  ])("a point %s of the region has no patch", (_, point) => {
    expect(patchAt(geometry, point)).toBeUndefined();
  });
});

test("a probe's defaults are filled in, and a number out of range is refused", () => {
  expect(probeCall.parse({ probe: "kmeans", options: {} })).toEqual({
    probe: "kmeans",
    options: { k: 6, seed: 0 },
  });
  expect(probeCall.safeParse({ probe: "kmeans", options: { k: 1 } }).success).toBe(false);
  expect(probeCall.safeParse({ probe: "cosine", options: { queries: [] } }).success).toBe(false);
  expect(probeCall.safeParse({ probe: "magic", options: {} }).success).toBe(false);
});
