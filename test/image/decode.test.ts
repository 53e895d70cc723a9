import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeImage, maxPixels, previewImage } from "../../engine/image/decode.ts";
import { toWireError } from "../../engine/protocol/errors.ts";

/** Four flat quarters: red, green over blue, grey. Flat, so that lossy formats keep them. */
const [width, height] = [48, 32];
const quarters = [
  [220, 30, 40],
  [40, 200, 60],
  [30, 60, 210],
  [128, 128, 128],
] as const;
const rgb = Buffer.alloc(width * height * 3);
for (let y = 0; y < height; y++) {
  for (let x = 0; x < width; x++) {
    rgb.set(quarters[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!, 3 * (y * width + x));
  }
}
const picture = () => sharp(rgb, { raw: { width, height, channels: 3 } });

/** The colours in the middle of the four quarters, in reading order. */
function quartersOf(image: { width: number; height: number; pixels: Uint8Array }): number[][] {
  return [0.25, 0.75].flatMap((v) =>
    [0.25, 0.75].map((u) => {
      const at = 3 * (Math.floor(v * image.height) * image.width + Math.floor(u * image.width));
      return [...image.pixels.subarray(at, at + 3)];
    }),
  );
}

function expectColours(
  received: number[][],
  expected: readonly (readonly number[])[],
  off: number,
) {
  received.forEach((colour, i) =>
    colour.forEach((value, c) => {
      expect(
        Math.abs(value - expected[i]![c]!),
        `quarter ${i}: ${colour.join(" ")}`,
      ).toBeLessThanOrEqual(off);
    }),
  );
}

describe("decoding", () => {
  test.each<
    [
      claim: string,
      make: () => Promise<Buffer>,
      format: string,
      notes: string[],
      colours: readonly (readonly number[])[],
      off: number,
    ]
  >([
    ["PNG, exactly", () => picture().png().toBuffer(), "png", [], quarters, 0],
    ["JPEG", () => picture().jpeg({ quality: 95 }).toBuffer(), "jpeg", [], quarters, 3],
    ["WebP", () => picture().webp({ lossless: true }).toBuffer(), "webp", [], quarters, 0],
    ["TIFF", () => picture().tiff({ compression: "lzw" }).toBuffer(), "tiff", [], quarters, 0],
    ["AVIF", () => picture().avif({ quality: 90 }).toBuffer(), "avif", [], quarters, 4],
    [
      "PNG with a palette",
      () => picture().png({ palette: true }).toBuffer(),
      "png",
      [],
      quarters,
      0,
    ],
    [
      "16-bit PNG",
      () => picture().toColourspace("rgb16").png().toBuffer(),
      "png",
      ["16 bit to 8 bit"],
      quarters,
      1,
    ],
    [
      "transparent PNG: colours under the alpha are kept, as convert('RGB') keeps them",
      () => picture().ensureAlpha(0).png().toBuffer(),
      "png",
      ["alpha dropped"],
      quarters,
      0,
    ],
  ])("%s", async (_, make, format, notes, colours, off) => {
    const image = await decodeImage(await make(), "file");
    expect(image).toMatchObject({ width, height, format, notes });
    expect(image.pixels.length).toBe(3 * width * height);
    expectColours(quartersOf(image), colours, off);
  });

  test.each(["jpeg", "png"] as const)("a grey %s has three equal channels", async (format) => {
    const grey = Buffer.from(Array.from({ length: 64 }, (_, i) => 4 * i));
    const raw = { width: 8, height: 8, channels: 1 } as const;
    const bytes = await sharp(grey, { raw }).toColourspace("b-w").toFormat(format).toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    const { pixels, notes } = await decodeImage(bytes, "grey");
    expect(notes).toEqual(["grey to RGB"]);
    for (let i = 0; i < 64; i++) {
      const [r, g, b] = pixels.subarray(3 * i);
      expect([g, b]).toEqual([r, r]);
      // JPEG rounds; PNG does not.
      expect(Math.abs(r! - grey[i]!)).toBeLessThanOrEqual(format === "png" ? 0 : 2);
    }
  });

  test("16-bit grey with alpha", async () => {
    const raw = { width, height, channels: 3 } as const;
    const bytes = await sharp(Buffer.alloc(rgb.length, 90), { raw })
      .ensureAlpha(0.5)
      .toColourspace("grey16")
      .png()
      .toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ space: "grey16", channels: 2 });
    const { pixels, notes } = await decodeImage(bytes, "grey16.png");
    expect(notes).toEqual(["16 bit to 8 bit", "grey to RGB", "alpha dropped"]);
    expect(pixels.every((value) => Math.abs(value - 90) <= 1)).toBe(true);
  });

  test.each([false, true])("CMYK JPEG, embedded profile %s", async (embedded) => {
    // Colours that ink can print: within 20 of the original after two conversions.
    for (const [r, g, b] of [
      [200, 180, 150],
      [90, 110, 120],
    ] as const) {
      const swatch = sharp({
        create: { width: 16, height: 16, channels: 3, background: { r, g, b } },
      });
      const cmyk = swatch.toColourspace("cmyk");
      const bytes = await (embedded ? cmyk.withIccProfile("cmyk") : cmyk)
        .jpeg({ quality: 95 })
        .toBuffer();
      expect(await sharp(bytes).metadata()).toMatchObject({ space: "cmyk", channels: 4 });
      const image = await decodeImage(bytes, "print.jpg");
      expect(image.notes).toEqual(["CMYK to sRGB"]);
      expectColours([[...image.pixels.subarray(0, 3)]], [[r, g, b]], 20);
    }
  });

  test.each<[orientation: number, order: number[]]>([
    [1, [0, 1, 2, 3]],
    [2, [1, 0, 3, 2]],
    [3, [3, 2, 1, 0]],
    [4, [2, 3, 0, 1]],
    [5, [0, 2, 1, 3]],
    [6, [2, 0, 3, 1]],
    [7, [3, 1, 2, 0]],
    [8, [1, 3, 0, 2]],
  ])("EXIF orientation %i is turned upright", async (orientation, order) => {
    const bytes = await picture().withMetadata({ orientation }).png().toBuffer();
    const image = await decodeImage(bytes, "turned.png");
    const turned = orientation >= 5;
    expect([image.width, image.height]).toEqual(turned ? [height, width] : [width, height]);
    expect(image.notes).toEqual(orientation === 1 ? [] : ["turned upright"]);
    expectColours(
      quartersOf(image),
      order.map((i) => quarters[i]!),
      0,
    );
  });

  test("an embedded profile is honoured: Display P3 numbers become sRGB's", async () => {
    const bytes = await picture().withIccProfile("p3").png().toBuffer();
    const raw = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    // The file's own numbers differ from ours, and reading it brings ours back.
    expect(Math.abs(raw[0]! - 220)).toBeGreaterThan(5);
    const image = await decodeImage(bytes, "p3.png");
    expectColours(quartersOf(image), quarters, 2);
    expect(image.notes).toEqual(["embedded profile to sRGB"]);
  });

  test("of an animation the first frame is taken, and it is said", async () => {
    const two = Buffer.concat([rgb, Buffer.alloc(rgb.length)]);
    const raw = { width, height: 2 * height, channels: 3, pageHeight: height } as const;
    const bytes = await sharp(two, { raw }).webp({ lossless: true, loop: 1 }).toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const image = await decodeImage(bytes, "moving.webp");
    expect(image).toMatchObject({ width, height });
    expect(image.notes).toContain("first of 2 frames");
    expectColours(quartersOf(image), quarters, 0);
  });
});

describe("refusals", () => {
  /** Noise does not compress, so every part of the file matters. */
  let noise: Sharp;
  beforeAll(() => {
    noise = sharp({
      create: {
        width: 90,
        height: 90,
        channels: 3,
        background: "grey",
        noise: { type: "gaussian", mean: 128, sigma: 50 },
      },
    });
  });

  test.each(["jpeg", "png", "webp", "tiff", "avif", "gif"] as const)(
    "a %s file that is cut anywhere is refused, not shown half",
    async (format) => {
      const bytes = await noise.clone().toFormat(format).toBuffer();
      await decodeImage(bytes, "whole");
      for (const length of [32, 0.3 * bytes.length, 0.7 * bytes.length, bytes.length - 50]) {
        const cut = bytes.subarray(0, Math.floor(length));
        await expect(decodeImage(cut, "holiday"), `${length}`).rejects.toMatchObject({
          name: "EngineError",
          code: "image.truncated",
          message: expect.stringMatching(
            /^holiday: expected a whole \w+ file, received one that is cut short/,
          ) as string,
          hint: "Copy or download it again.",
        });
      }
    },
  );

  const text = (value: string) => Buffer.from(value);
  test.each<[claim: string, bytes: Uint8Array, received: string]>([
    ["an empty file", new Uint8Array(), "an empty file (0 bytes)"],
    ["text", text("hello, this is no image"), "other data (first bytes 68656c6c6f2c2074)"],
    [
      "SVG",
      text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      "SVG or other markup",
    ],
    [
      "SVG behind a byte order mark",
      text("\ufeff<?xml version='1.0'?><svg/>"),
      "SVG or other markup",
    ],
    ["PDF", text("%PDF-1.7\n"), "a PDF document"],
    ["HEIC", text("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "HEIC"],
  ])("%s is refused as no image", async (_, bytes, received) => {
    await expect(decodeImage(bytes, "x.png")).rejects.toMatchObject({
      code: "image.format",
      message: expect.stringContaining(
        `x.png: expected JPEG, PNG, WebP, TIFF, AVIF or GIF, received ${received}`,
      ) as string,
    });
  });

  test("20,000 × 20,000 is refused from its header, before a pixel is decoded", async () => {
    // A PNG that has a header and nothing else: decoding it would be refused as truncated.
    const header = pngHeader(20_000, 20_000);
    const started = performance.now();
    await expect(decodeImage(header, "vast.png")).rejects.toMatchObject({
      code: "image.size",
      message:
        "vast.png: expected at most 100 megapixels and 16384 px a side, received 20000 × 20000 (400 megapixels)",
    });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("both limits hold on their own, and neither is off by one", async () => {
    const code = async (w: number, h: number) =>
      decodeImage(pngHeader(w, h), "x").catch((error: unknown) => toWireError(error).code);
    expect(await code(10_001, 10_000)).toBe("image.size");
    expect(await code(16_385, 16)).toBe("image.size");
    expect(await code(16, 16_385)).toBe("image.size");
    // Within the limits it is the missing data that is refused.
    expect(await code(10_000, maxPixels / 10_000)).toBe("image.truncated");
    expect(await code(16_384, 16)).toBe("image.truncated");
  });
});

test("a preview is a WebP of the same picture, long side at most 2048 px", async () => {
  const small = await decodeImage(await picture().png().toBuffer(), "small.png");
  const smallPreview = await decodeImage(await previewImage(small), "preview");
  expect(smallPreview).toMatchObject({ width, height, format: "webp" });
  expectColours(quartersOf(smallPreview), quarters, 12);

  const pixels = new Uint8Array(3 * 4096 * 100).fill(7);
  const wide = await previewImage({ width: 4096, height: 100, pixels });
  expect(await sharp(wide).metadata()).toMatchObject({ width: 2048, height: 50, format: "webp" });
});

/** The signature, an IHDR chunk, and an IDAT chunk that ends early. */
function pngHeader(w: number, h: number): Buffer {
  const ihdr = Buffer.from([
    0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0,
  ]);
  ihdr.writeUInt32BE(w, 8);
  ihdr.writeUInt32BE(h, 12);
  ihdr.writeUInt32BE(crc32(ihdr.subarray(4, 21)), 21);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, ihdr, Buffer.from("\0\0\x10\0IDAT\x78\x9c", "latin1")]);
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
