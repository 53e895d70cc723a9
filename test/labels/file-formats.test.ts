import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { readNpy } from "../../engine/labels/npy-file.ts";
import { decodeRawPng } from "../../engine/image/raw-png.ts";
import { chunk, greyPng, indexedPng, makeFolder, photograph, refusal } from "./label-files.ts";

interface Fixture {
  readonly pngs: {
    readonly name: string;
    readonly kind: string;
    readonly bitDepth: number;
    readonly png: string;
    readonly width: number;
    readonly height: number;
    readonly values: number[];
  }[];
  readonly depth: number[];
  readonly npys: Record<"readable" | "refused", { readonly name: string; readonly npy: string }[]>;
}

const path = fileURLToPath(new URL("../fixtures/labels/labels.json", import.meta.url));
const { pngs, depth, npys } = JSON.parse(readFileSync(path, "utf8")) as Fixture;
const bytesOf = (text: string) => Buffer.from(text, "base64");

describe("a PNG gives the numbers it stores", () => {
  test.each(pngs)("as Pillow wrote them: $name", async ({ png, values, ...rest }) => {
    const { kind, bitDepth, width, height } = rest;
    const raw = await decodeRawPng(bytesOf(png), "mask.png");
    expect(raw).toMatchObject({ kind, bitDepth, width, height });
    expect([...raw.values]).toEqual(values);
  });

  test("every level of 16 bits", async () => {
    const values = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const { values: received } = await decodeRawPng(greyPng(values, 256, 16), "depth.png");
    expect(received.every((value, i) => value === i) && received.length).toBe(65_536);
  });

  test("interlaced, with gamma and a profile, which would bend them", async () => {
    const values = Uint8Array.from({ length: 40 * 30 }, (_, i) => (i * 7) % 251);
    const grey = { width: 40, height: 30, channels: 1 } as const;
    const bytes = await sharp(values, { raw: grey })
      .toColourspace("b-w")
      .withIccProfile("p3")
      .png({ progressive: true })
      .toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ isProgressive: true, hasProfile: true });
    const gamma = chunk("gAMA", Buffer.from([0, 0, 0x40, 0]));
    const withGamma = Buffer.concat([bytes.subarray(0, 33), gamma, bytes.subarray(33)]);
    expect([...(await decodeRawPng(withGamma, "mask.png")).values]).toEqual([...values]);
  });

  test("grey that was saved as RGB, or with alpha", async () => {
    const values = Buffer.from([0, 1, 2, 250, 17, 255]);
    const grey = sharp(values, { raw: { width: 3, height: 2, channels: 1 } });
    for (const image of [
      grey.clone().toColourspace("srgb"),
      grey.clone().toColourspace("srgb").ensureAlpha(0.3),
      grey.clone().toColourspace("b-w").ensureAlpha(0.3),
    ]) {
      const { kind, values: received } = await decodeRawPng(await image.png().toBuffer(), "a.png");
      expect([kind, ...received]).toEqual(["grey", ...values]);
    }
  });
});

describe("a PNG is refused, by name", () => {
  const whole = indexedPng([0, 1, 2, 3, 4, 5, 6, 7], 4);
  const patched = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return bytes;
  };
  const dataAt = whole.indexOf("IDAT") + 4;
  test.each<[claim: string, bytes: Buffer | Promise<Uint8Array>, code: string, says: RegExp]>([
    ["a photograph", photograph(0), "image.format", /expected a PNG.*ffd8ff.*\n.*JPEG changes/],
    ["nothing", Buffer.alloc(0), "image.format", /an empty file/],
    ["colours", photograph(0, 24, 16, { format: "png" }), "image.format", /received colours/],
    ["cut", whole.subarray(0, dataAt + 4), "image.truncated", /IDAT ends after the file/],
    ["cut before its data", whole.subarray(0, 33), "image.truncated", /no header or no data/],
    ["damaged", patched((b) => (b[dataAt + 5]! ^= 255)), "image.truncated", /cut short or damaged/],
    [
      "a header that promises more rows than there are",
      patched((b) => b.writeUInt32BE(200, 20)),
      "image.truncated",
      /cut short or damaged/,
    ],
    [
      "a header that promises too many",
      patched((b) => b.writeUInt32BE(2_000_000_000, 16)),
      "image.size",
      /at most 100 megapixels and 16384 px a side, received 2000000000 × 2/,
    ],
  ])("%s", async (_, bytes, code, says) => {
    const received = await refusal(decodeRawPng(await bytes, "masks/a.png"));
    expect(received.code).toBe(code);
    expect(received.message).toMatch(says);
    expect(received.message).toMatch(/^masks\/a\.png: /);
  });
});

describe("a .npy file", () => {
  const one = bytesOf(npys.readable[0]!.npy);
  const read = async (bytes: Buffer) =>
    readNpy(join(await makeFolder({ "d.npy": bytes }), "d.npy"));

  test.each(npys.readable)("gives its numbers: $name", async ({ npy }) => {
    const { width, height, values } = await read(bytesOf(npy));
    expect([height, width]).toEqual([4, 6]);
    expect([...values]).toEqual(depth.map(Math.fround));
  });

  test.each([
    ["big endian", /"<f4", "<f8".*received >f4/],
    ["Fortran order", /Fortran order\n.*ascontiguousarray/],
    ["objects", /received \|O/],
    ["integers", /received <i4/],
    ["three axes", /\(height, width\), received \(1, 4, 6\)/],
  ])("is refused by name: %s", async (name, says) => {
    const { npy } = npys.refused.find((file) => file.name === name)!;
    const received = await refusal(read(bytesOf(npy)));
    expect(received.code).toBe("image.format");
    expect(received.message).toMatch(says);
    expect(received.message).toContain("d.npy: ");
  });

  test.each<[claim: string, change: (bytes: Buffer) => Buffer, code: string, says: RegExp]>([
    ["cut", (b) => b.subarray(0, b.length - 1), "image.truncated", /expected 224 bytes.*has 223/],
    ["longer", (b) => Buffer.concat([b, Buffer.alloc(4)]), "image.truncated", /has 228/],
    ["without a header", (b) => b.subarray(0, 60), "image.truncated", /its header is cut/],
    ["of another version", (b) => (b.writeUInt8(9, 6), b), "image.format", /received 9/],
    ["something else", () => Buffer.from("depth"), "image.format", /received other data/],
    [
      "whose header promises more",
      (b) => Buffer.from(b.toString("latin1").replace("(4, 6)", "(9999, 9999)"), "latin1"),
      "image.truncated",
      /9999 × 9999/,
    ],
  ])("is refused: %s", async (_, change, code, says) => {
    const received = await refusal(read(change(Buffer.from(one))));
    expect(received.code).toBe(code);
    expect(received.message).toMatch(says);
  });
});
