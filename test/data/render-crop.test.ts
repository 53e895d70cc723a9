/** Pixels of crops: where they come from, how they are resized, and what Gram crops share. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import type { CropSizes } from "../../engine/data/batch.ts";
import type { Colour, CropPlan, ImagePlan } from "../../engine/data/crop-plan.ts";
import { renderImage } from "../../engine/data/render-crop.ts";
import { decodeAt, type WorkingImage } from "../../engine/data/working-image.ts";
import { decodeImage } from "../../engine/image/decode.ts";
import { resample } from "../../engine/image/resample.ts";
import { expectClose } from "../support/allclose.ts";

const samples = path.join(import.meta.dirname, "../../assets/samples");
const everything = { shortSide: 100_000, meanSide: 100_000 };
const plain = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

const noColour: Colour = { jitter: null, grey: false, blurSigma: null, solarise: false };
const dark: Colour = {
  ...noColour,
  jitter: {
    brightness: 0.5,
    contrast: 1,
    saturation: 1,
    hue: 0,
    order: ["brightness", "contrast", "saturation", "hue"],
  },
};
const crop = (x: number, y: number, w: number, h: number, changes: Partial<CropPlan> = {}) => ({
  box: { x, y, w, h },
  flipped: false,
  colour: noColour,
  ...changes,
});
const planOf = (globals: [CropPlan, CropPlan], changes: Partial<ImagePlan> = {}): ImagePlan => ({
  globals,
  locals: [],
  jitterIsShared: false,
  gramUndistorted: true,
  ...changes,
});

let image: WorkingImage;
beforeAll(async () => {
  image = await decodeAt(await readFile(path.join(samples, "coffee.jpg")), "coffee", everything);
});

/** Our own antialiased bicubic, which is checked against PyTorch, of the box alone, in 0..1. */
function reference({ box: { x, y, w, h } }: CropPlan, side: number, from = image): Float32Array {
  const part = new Uint8Array(3 * w * h);
  for (let row = 0; row < h; row++) {
    const start = 3 * ((y + row) * from.width + x);
    part.set(from.pixels.subarray(start, start + 3 * w), 3 * row * w);
  }
  const rows = { inSize: h, start: 0, length: h, outSize: side };
  const columns = { inSize: w, start: 0, length: w, outSize: side };
  const out = resample(part, rows, columns, "bicubic", [1 / 255, 1 / 255, 1 / 255]);
  return out.map((value) => Math.min(1, Math.max(0, value)));
}

function mirror(planes: Float32Array, side: number): Float32Array {
  return planes.map((_, i) => planes[i - (i % side) + (side - 1 - (i % side))]!);
}

/** Root of the mean square, in 0..1. */
function distance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);
}

const half = (values: Float32Array, which: 0 | 1) =>
  values.subarray((which * values.length) / 2, ((which + 1) * values.length) / 2);

const noGram: CropSizes = { global: 96, local: 32, gram: 0 };

describe("a crop without colours is the box, resized by an antialiased cubic", () => {
  // 8-bit rounding alone is 0.0011; libvips halves large pictures by averaging first, and its
  // weights are of 12 bits. A crop that is off by one pixel is 0.03 and more away.
  const tolerance = 0.012;
  for (const [what, plan] of [
    ["shrunk", crop(100, 50, 300, 290)],
    ["its own size", crop(201, 99, 96, 96)],
    ["enlarged, to the border", crop(540, 345, 60, 55)],
    ["squeezed", crop(0, 0, 200, 150)],
  ] as const) {
    test(what, async () => {
      const flipped = { ...plan, flipped: true };
      const out = await renderImage(planOf([plan, flipped]), image, noGram, plain);
      const expected = reference(plan, 96);
      expect(distance(half(out.global, 0), expected)).toBeLessThan(tolerance);
      expect(distance(half(out.global, 1), mirror(expected, 96))).toBeLessThan(tolerance);
      const { x, y, w, h } = plan.box;
      const beside = reference(crop(Math.max(0, x - 6), Math.max(0, y - 6), w - 6, h - 6), 96);
      expect(distance(half(out.global, 0), beside)).toBeGreaterThan(2 * tolerance);
    });
  }
});

test("values are normalised, (v - mean) / std in each channel", async () => {
  const norm = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.5] } as const;
  const crops = planOf([crop(0, 0, 96, 96), crop(0, 0, 96, 96, { colour: dark })]);
  const [raw, out] = await Promise.all([
    renderImage(crops, image, noGram, plain),
    renderImage(crops, image, noGram, norm),
  ]);
  const expected = raw.global.map((value, i) => {
    const c = Math.floor(i / (96 * 96)) % 3;
    return (value - norm.mean[c]!) / norm.std[c]!;
  });
  // Values to 5, in float32: a few times 2^-23 of that.
  expectClose(out.global, expected, { atol: 2e-6 });
  // Brightness 0.5 halves every value.
  expectClose(
    half(raw.global, 1),
    half(raw.global, 0).map((v) => v / 2),
    { atol: 1e-6 },
  );
});

describe("Gram crops", () => {
  const globals: [CropPlan, CropPlan] = [
    crop(40, 30, 300, 280, { colour: dark }),
    crop(10, 60, 400, 330, { flipped: true, colour: dark }),
  ];
  const sizes: CropSizes = { global: 64, local: 32, gram: 128 };

  test("undistorted: the geometry of the global crop without its colours", async () => {
    const out = await renderImage(planOf(globals), image, sizes, plain);
    const [first, second] = [reference(globals[0], 128), reference(globals[1], 128)];
    expect(distance(half(out.gram, 0), first)).toBeLessThan(0.012);
    expect(distance(half(out.gram, 1), mirror(second, 128))).toBeLessThan(0.012);
    // The global crop goes through 128 pixels on its way to 64, and is dark.
    const small = reference(globals[0], 64).map((value) => value / 2);
    expect(distance(half(out.global, 0), small)).toBeLessThan(0.012);
  });

  test("distorted: both are the one distorted crop", async () => {
    const plan = planOf(globals, { gramUndistorted: false });
    const out = await renderImage(plan, image, sizes, plain);
    const large = reference(globals[0], 128).map((value) => value / 2);
    const small = reference(globals[0], 64).map((value) => value / 2);
    expect(distance(half(out.gram, 0), large)).toBeLessThan(0.012);
    expect(distance(half(out.global, 0), small)).toBeLessThan(0.012);
  });
});

test("a local crop out of a global one has its very pixels, before its own colours", async () => {
  const globals: [CropPlan, CropPlan] = [
    crop(40, 30, 300, 280),
    crop(10, 60, 400, 330, { flipped: true }),
  ];
  const locals = ([0, 1] as const).map((global) => ({
    ...globals[global],
    window: { global, left: 32, top: 16 },
  }));
  const out = await renderImage(planOf(globals, { locals }), image, noGram, plain);
  for (const which of [0, 1] as const) {
    const [global, local] = [half(out.global, which), half(out.local, which)];
    for (const [c, y, x] of [
      [0, 0, 0],
      [1, 31, 31],
      [2, 7, 20],
    ] as const) {
      const there = global[c * 96 * 96 + (16 + y) * 96 + 32 + x];
      expect(local[c * 32 * 32 + y * 32 + x]).toBe(there);
    }
  }
});

test("a shared jitter's contrast is about the mean of the photograph, not of each crop", async () => {
  // Left black, right white: the mean is 1/2, to a pixel's column.
  const pixels = new Uint8Array(3 * 64 * 64).map((_, i) => (Math.floor(i / 3) % 64 < 32 ? 0 : 255));
  const size = { width: 64, height: 64 };
  const halves: WorkingImage = { ...size, pixels, photograph: size };
  const colour = { ...dark, jitter: { ...dark.jitter!, brightness: 1, contrast: 0.6 } };
  const globals: [CropPlan, CropPlan] = [
    crop(0, 0, 30, 30, { colour }),
    crop(33, 0, 30, 30, { colour }),
  ];
  const levels = async (jitterIsShared: boolean) => {
    const out = await renderImage(planOf(globals, { jitterIsShared }), halves, noGram, plain);
    return [half(out.global, 0)[5000]!, half(out.global, 1)[5000]!];
  };
  // 0.4 of a mean of 0.49995 (grey's weights sum to 0.9999), and 0.6 of the crop.
  expectClose(await levels(true), [0.2, 0.8], { atol: 1e-4 });
  expectClose(await levels(false), [0, 1], { atol: 1e-4 });
});

describe("reading at working size", () => {
  test("is the photograph, resized; turned upright; with its own size on the side", async () => {
    // retina.jpg, 1411 × 1411, made 1411 × 900 and lying on its side.
    const upright = await sharp(path.join(samples, "retina.jpg"))
      .resize(1400, 900, { fit: "cover" })
      .removeAlpha()
      .raw()
      .toBuffer();
    const raw = { width: 1400, height: 900, channels: 3 } as const;
    const file = await sharp(upright, { raw })
      .rotate(270)
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const wanted = { shortSide: 64, meanSide: 300 };
    const working = await decodeAt(file, "a.jpg", wanted);
    expect(working.photograph).toEqual({ width: 1400, height: 900 });
    expect(Math.sqrt(working.width * working.height)).toBeGreaterThanOrEqual(300);
    expect(Math.sqrt(working.width * working.height)).toBeLessThan(302);
    const size = { width: working.width, height: working.height };
    const expected = await sharp(upright, { raw })
      .resize({ ...size, fit: "fill", kernel: "cubic" })
      .raw()
      .toBuffer();
    const levels = (bytes: Uint8Array) => Float32Array.from(bytes, (value) => value / 255);
    // The JPEG decoder's own shrinking averages blocks, where the cubic looks further: a level or two.
    expect(distance(levels(working.pixels), levels(expected))).toBeLessThan(0.01);
  });

  test.each(["brick.png", "chelsea.jpg"])("%s is never enlarged", async (name) => {
    const bytes = await readFile(path.join(samples, name));
    const working = await decodeAt(bytes, name, everything);
    const whole = await decodeImage(bytes, name);
    expect(working).toMatchObject({ width: whole.width, height: whole.height });
    expect(Buffer.from(working.pixels).equals(Buffer.from(whole.pixels))).toBe(true);
  });

  test("alpha is dropped without blending, and grey becomes three channels", async () => {
    const clear = { r: 200, g: 100, b: 50, alpha: 0 };
    const blank = { create: { width: 200, height: 200, channels: 4, background: clear } } as const;
    for (const file of [
      await sharp(blank).png().toBuffer(),
      await sharp(blank).webp({ lossless: true, exact: true }).toBuffer(),
    ]) {
      const working = await decodeAt(file, "clear", { shortSide: 50, meanSide: 50 });
      expect(working.pixels.length).toBe(3 * 50 * 50);
      expect([...working.pixels.subarray(0, 3)]).toEqual([200, 100, 50]);
    }
    const grey = await sharp(path.join(samples, "brick.png"))
      .toColourspace("b-w")
      .jpeg()
      .toBuffer();
    const working = await decodeAt(grey, "grey", { shortSide: 50, meanSide: 50 });
    expect(working.pixels.length).toBe(3 * 50 * 50);
    expect(new Set(working.pixels.subarray(0, 3)).size).toBe(1);
  });
});
