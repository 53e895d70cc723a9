import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { planInput } from "../../engine/image/plan-input.ts";
import { preprocess } from "../../engine/image/preprocess.ts";
import { dinov3Preprocessor, resampleNames } from "../../engine/image/preprocessor.ts";
import { resample, type Axis } from "../../engine/image/resample.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";

const [height, width] = [19, 27];
const fixture: Record<string, Float32Array> = {};
let pixels: Uint8Array;

beforeAll(async () => {
  const path = fileURLToPath(new URL("../fixtures/resize.safetensors", import.meta.url));
  const file = await readSafetensors(path);
  for (const [name, entry] of file.tensors) fixture[name] = await readTensor(file, entry);
  pixels = new Uint8Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < height * width; i++) {
      pixels[3 * i + c] = fixture["image"]![c * height * width + i]!;
    }
  }
});

const whole = (inSize: number, outSize: number): Axis => ({
  inSize,
  start: 0,
  length: inSize,
  outSize,
});
const largest = (a: Float32Array, b: Float32Array) => {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

const sizes = [
  [8, 12],
  [7, 5],
  [40, 45],
  [31, 9],
  [19, 27],
] as const;

describe.each(resampleNames)("%s", (kind) => {
  test.each(sizes)("to %i × %i agrees with PyTorch or Pillow", (h, w) => {
    const ours = resample(pixels, whole(height, h), whole(width, w), kind);
    // Grey levels. Both sides round weights and sums to float32: 255 * 2^-24 is 1.5e-5 for each of
    // a few roundings, and torch places its kernels in float32, which shifts them by as much again.
    expect(largest(ours, fixture[`${kind}.${h}x${w}`]!)).toBeLessThan(
      kind === "nearest" ? 1e-9 : 5e-4,
    );
  });

  test("a part is the same as that part of the whole", () => {
    const full = resample(pixels, whole(height, 38), whole(width, 9), kind);
    // Columns 2..6 of 9 and rows 10..30 of 38.
    const part = resample(
      pixels,
      { inSize: height, start: 5, length: 10, outSize: 20 },
      { inSize: width, start: 6, length: 12, outSize: 4 },
      kind,
    );
    const cut = new Float32Array(3 * 20 * 4);
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < 20; y++) {
        for (let x = 0; x < 4; x++)
          cut[(c * 20 + y) * 4 + x] = full[(c * 38 + y + 10) * 9 + x + 2]!;
      }
    }
    expect(largest(part, cut)).toBeLessThan(1e-4);
  });
});

test("the whole pipeline agrees with PyTorch in transformers' order of steps", () => {
  const pre = {
    ...dinov3Preprocessor,
    resample: "bicubic" as const,
    size: { shortestEdge: 24 },
    centerCrop: { height: 16, width: 16 },
  };
  const geometry = planInput({ width, height }, { kind: "model" }, pre, 16);
  const ours = preprocess({ width, height, pixels }, geometry, pre);
  // In deviations: 5e-4 grey levels are 1e-5.
  expect(largest(ours, fixture["pipeline"]!)).toBeLessThan(1e-5);
});

test("kept pixels are normalised and nothing else", () => {
  const geometry = planInput({ width, height }, { kind: "native" }, dinov3Preprocessor, 8);
  expect(geometry).toMatchObject({ input: { width: 24, height: 16 }, resample: "none" });
  const ours = preprocess({ width, height, pixels }, geometry, dinov3Preprocessor);
  const { mean, std } = dinov3Preprocessor;
  for (const [c, y, x] of [
    [0, 0, 0],
    [1, 7, 23],
    [2, 15, 11],
  ] as const) {
    const grey = pixels[3 * (y * width + x) + c]!;
    expect(ours[(c * 16 + y) * 24 + x]).toBeCloseTo((grey / 255 - mean[c]) / std[c], 5);
  }
});

test("a constant image stays constant, at every size and border", () => {
  const flat = new Uint8Array(3 * height * width).fill(200);
  for (const kind of resampleNames) {
    for (const [h, w] of [...sizes, [1, 1] as const, [97, 3] as const]) {
      const out = resample(flat, whole(height, h), whole(width, w), kind);
      expect(out.every((value) => Math.abs(value - 200) < 1e-4)).toBe(true);
    }
  }
});
