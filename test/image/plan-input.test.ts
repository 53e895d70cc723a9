import { describe, expect, test } from "vitest";
import { planInput } from "../../engine/image/plan-input.ts";
import { dinov3Preprocessor, type Preprocessor } from "../../engine/image/preprocessor.ts";
import { maxInputSide, parseInputSize } from "../../engine/protocol/view.ts";

const crop: Preprocessor = {
  ...dinov3Preprocessor,
  size: { shortestEdge: 256 },
  centerCrop: { height: 224, width: 224 },
};
const own: Preprocessor = { ...dinov3Preprocessor, doResize: false };
const odd: Preprocessor = { ...dinov3Preprocessor, size: { height: 518, width: 518 } };

type Box = [width: number, height: number];
const plan = (image: Box, size: string, pre: Preprocessor = dinov3Preprocessor, patch = 16) =>
  planInput({ width: image[0], height: image[1] }, parseInputSize(size), pre, patch);

describe("planInput", () => {
  test.each<
    [claim: string, image: Box, size: string, pre: Preprocessor, input: Box, region: number[]]
  >([
    [
      "model: a square, the aspect given up",
      [640, 480],
      "model",
      dinov3Preprocessor,
      [224, 224],
      [0, 0, 640, 480],
    ],
    // 341 × 256, cut at 58 (half of 117 rounded to even) and 16.
    [
      "model: short side, then centre",
      [640, 480],
      "model",
      crop,
      [224, 224],
      [(58 * 640) / 341, 30, (224 * 640) / 341, 420],
    ],
    [
      "model: an upright photograph alike",
      [480, 640],
      "model",
      crop,
      [224, 224],
      [30, (58 * 640) / 341, 420, (224 * 640) / 341],
    ],
    ["model: own pixels", [640, 481], "model", own, [640, 480], [0, 0, 640, 480]],
    // 518 is 32 patches and 6 pixels over.
    ["model: no multiple of the patch", [1036, 518], "model", odd, [512, 512], [0, 0, 1024, 512]],
    [
      "native: right and bottom are left out",
      [639, 481],
      "native",
      dinov3Preprocessor,
      [624, 480],
      [0, 0, 624, 480],
    ],
    [
      "short: both sides to the nearest patch",
      [640, 480],
      "500",
      dinov3Preprocessor,
      [672, 496],
      [0, 0, 640, 480],
    ],
    ["short: upright", [480, 640], "512", dinov3Preprocessor, [512, 688], [0, 0, 480, 640]],
    ["short: at least one patch", [40, 20], "3", dinov3Preprocessor, [16, 16], [0, 0, 40, 20]],
    [
      "exact: rounded, width first",
      [640, 480],
      "775x500",
      dinov3Preprocessor,
      [768, 496],
      [0, 0, 640, 480],
    ],
    ["exact: enlarging", [10, 10], "32x64", dinov3Preprocessor, [32, 64], [0, 0, 10, 10]],
  ])("%s", (_, image, size, pre, input, region) => {
    const geometry = plan(image, size, pre);
    expect([geometry.input.width, geometry.input.height]).toEqual(input);
    expect(geometry.grid).toEqual({ cols: input[0] / 16, rows: input[1] / 16 });
    expect(geometry.image).toEqual({ width: image[0], height: image[1] });
    const { x, y, width, height } = geometry.region;
    [x, y, width, height].forEach((value, i) => expect(value).toBeCloseTo(region[i]!, 9));
  });

  test("says whether pixels were kept", () => {
    expect(plan([639, 481], "native").resample).toBe("none");
    expect(plan([640, 480], "640x480").resample).toBe("none");
    expect(plan([224, 224], "model").resample).toBe("none");
    expect(plan([640, 480], "model").resample).toBe("bilinear");
    expect(
      plan([640, 480], "native", { ...own, centerCrop: { width: 64, height: 64 } }).input,
    ).toEqual({ width: 640, height: 480 });
  });

  test("less than a patch is refused, with the way out", () => {
    for (const image of [
      [15, 300],
      [300, 15],
      [1, 1],
    ] as Box[]) {
      expect(() => plan(image, "native")).toThrow(
        expect.objectContaining({
          code: "image.size",
          message: `The model's input would be ${image[0]} × ${image[1]} px: expected at least one patch of 16 × 16 px (photograph ${image[0]} × ${image[1]} px)`,
        }),
      );
    }
    const tinyCrop = { ...crop, centerCrop: { width: 8, height: 224 } };
    expect(() => plan([640, 480], "model", tinyCrop)).toThrow(/would be 8 × 224 px/);
  });

  test("a side over the limit is refused, the limit itself is not", () => {
    const limit = maxInputSide;
    expect(plan([limit + 15, 32], "native").input.width).toBe(limit);
    expect(() => plan([limit + 16, 32], "native")).toThrow(
      expect.objectContaining({ code: "image.size" }),
    );
    expect(() => plan([10_000, 1000], "512")).toThrow(/would be 5120 × 512 px/);
    // 4096 is 292.57 patches of 14 px; 293 would be over.
    expect(plan([100, 100], `${limit}x${limit}`, dinov3Preprocessor, 14).grid).toEqual({
      rows: 292,
      cols: 292,
    });
  });
});
