/** J and F against brute force in NumPy and masks worked out by hand. */
import { describe, expect, it } from "vitest";
import { contourAccuracy, contourOf, regionSimilarity } from "../../engine/evaluation/contours.ts";
import { upsample } from "../../engine/evaluation/upsample.ts";
import { fixture } from "./labelled-probes-fixture.ts";

const bits = (text: string) => Uint8Array.from(text, Number);

describe("J and F", () => {
  it("agree with distances between all pairs of contour pixels", () => {
    const { width, height, cases } = fixture.contours;
    for (const { a, b, void: ignored, j, f } of cases) {
      const masks = [bits(a), bits(b)] as const;
      expect(regionSimilarity(...masks, bits(ignored))).toBeCloseTo(j, 12);
      for (const [tolerance, expected] of Object.entries(f)) {
        const found = contourAccuracy(...masks, width, height, bits(ignored), Number(tolerance));
        expect(found).toBeCloseTo(expected, 12);
      }
    }
  });

  it("follow the definition on masks by hand", () => {
    // prettier-ignore
    const square = Uint8Array.of(
      0, 0, 0, 0, 0,
      0, 1, 1, 0, 0,
      0, 1, 1, 0, 0,
      0, 0, 0, 0, 0,
    );
    // The contour lies half a pixel towards the origin.
    // prettier-ignore
    expect(Array.from(contourOf(square, 5, 4))).toEqual([
      1, 1, 1, 0, 0,
      1, 0, 1, 0, 0,
      1, 1, 1, 0, 0,
      0, 0, 0, 0, 0,
    ]);
    const shifted = Uint8Array.from(square, (_, i) => (i % 5 === 0 ? 0 : square[i - 1]!));
    expect(regionSimilarity(square, shifted)).toBeCloseTo(2 / 6, 15);
    // One pixel away everywhere: all met within one pixel, of which 0.008 of any diagonal is a part.
    expect(contourAccuracy(square, shifted, 5, 4)).toBe(1);
    // prettier-ignore
    const taller = Uint8Array.of(
      0, 0, 0, 0, 0,
      0, 1, 1, 0, 0,
      0, 1, 1, 0, 0,
      0, 1, 1, 0, 0,
    );
    // Its contour goes on in the last row, at 0 and 2: 7 pixels in common, of 8 and of 9.
    expect(contourAccuracy(square, taller, 5, 4, undefined, 0)).toBeCloseTo(14 / 17, 15);
  });

  it("count an object that is nowhere and found nowhere as right, and one of the two as wrong", () => {
    const none = new Uint8Array(20);
    const some = Uint8Array.from({ length: 20 }, (_, i) => (i === 7 ? 255 : 0));
    expect(regionSimilarity(none, none)).toBe(1);
    expect(contourAccuracy(none, none, 5, 4)).toBe(1);
    expect(regionSimilarity(none, some)).toBe(0);
    expect(contourAccuracy(none, some, 5, 4)).toBe(0);
  });
});

describe("patch values in pixels", () => {
  const { values, bilinear, nearest } = fixture.upsampling;
  it.each([
    ["bilinear", bilinear],
    ["nearest", nearest],
  ] as const)("are those of PyTorch's interpolate: %s", (kind, expected) => {
    const grid = { values, rows: 3, cols: 5, channels: 2 };
    const found = upsample(grid, { width: 11, height: 8 }, kind);
    expect(found.length).toBe(expected.length);
    // float32 values of order 1
    found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });
});
