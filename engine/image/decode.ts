/**
 * The bytes of an image file to upright 8-bit sRGB pixels, or one refusal that says what is wrong
 * with the file.
 */
import sharp, { type Metadata } from "sharp";
import { EngineError } from "../protocol/errors.ts";

/** The ceiling of one photograph: its pixels take 300 MB. */
export const maxPixels = 100_000_000;
export const maxSide = 16_384;

/** Long side of a preview in pixels. */
const previewSide = 2048;

export interface DecodedImage {
  /** Upright, in pixels. */
  readonly width: number;
  readonly height: number;
  /** uint8 [height, width, 3], sRGB. May lie in shared memory. */
  readonly pixels: Uint8Array;
  /** "jpeg", "png", "webp", "tiff", "avif" or "gif". */
  readonly format: string;
  /** What was done to the pixels on the way in, one phrase each. */
  readonly notes: string[];
}

const readable = "JPEG, PNG, WebP, TIFF, AVIF or GIF";
const formats = new Set(["jpeg", "png", "webp", "tiff", "avif", "gif"]);

// Drawings and documents have no pixels of their own, and their loaders read other files.
sharp.block({ operation: ["VipsForeignLoadSvg", "VipsForeignLoadPdf"] });

/**
 * Decode an image file. Turned upright by its EXIF orientation, brought to sRGB by its embedded
 * profile, 8 bits a channel. Alpha is dropped without blending, as Pillow's convert("RGB") does.
 * Of several frames or pages the first is taken.
 *
 * @param name the file's name, for messages
 * @throws EngineError "image.format" when it is no image that can be read, "image.size" when it is
 *   over {@link maxPixels} or {@link maxSide} (told from its header), "image.truncated" when its
 *   data ends early or is damaged
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const sniffed = sniff(bytes);
  if (sniffed.kind === "refused") throw notAnImage(name, sniffed.what);
  // The size is checked here, against the header, so sharp's own limit would only hide the message.
  // libtiff only warns of tables that are cut off. Elsewhere warnings are about harmless oddities.
  const isTiff = sniffed.kind === "known" && sniffed.what === "TIFF";
  const failOn = isTiff ? "warning" : "truncated";
  const options = { failOn, limitInputPixels: false } as const;
  const header = await sharp(bytes, options)
    .metadata()
    .catch((error: unknown) => {
      if (sniffed.kind === "known") throw damaged(name, sniffed.what, error);
      throw notAnImage(name, `other data (first bytes ${hex(bytes)})`, error);
    });
  const format = header.format === "heif" ? formatOfHeif(header) : header.format;
  if (!formats.has(format)) throw notAnImage(name, format.toUpperCase());
  checkSize(header, name);

  const { data, info } = await sharp(bytes, options)
    .autoOrient()
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw damaged(name, format.toUpperCase(), error);
    });
  const { width, height, channels } = info;
  const pixels = channels === 3 ? data : toThreeChannels(data, channels);
  return { width, height, pixels, format, notes: describe(header) };
}

/** The picture for the screen: a WebP file, long side at most 2048 px, never enlarged. */
export async function previewImage({
  width,
  height,
  pixels,
}: Pick<DecodedImage, "width" | "height" | "pixels">): Promise<Uint8Array> {
  return (
    sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .resize({ width: previewSide, height: previewSide, fit: "inside", withoutEnlargement: true })
      // A third of the default effort's time for a file of the same size.
      .webp({ quality: 85, effort: 1 })
      .toBuffer()
  );
}

type Sniffed =
  { readonly kind: "known" | "refused"; readonly what: string } | { readonly kind: "unknown" };

/** What the first bytes promise. Only enough to tell a damaged image from something else. */
function sniff(bytes: Uint8Array): Sniffed {
  if (bytes.length === 0) return { kind: "refused", what: "an empty file (0 bytes)" };
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(64, bytes.length));
  const text = head.toString("latin1");
  if (text.startsWith("%PDF")) return { kind: "refused", what: "a PDF document" };
  if (/^(\xef\xbb\xbf)?\s*</.test(text)) return { kind: "refused", what: "SVG or other markup" };
  if (/^....ftyp(heic|heix|hevc|hevx)/s.test(text)) {
    return { kind: "refused", what: "HEIC, whose codec is not included" };
  }
  const known: [what: string, pattern: RegExp][] = [
    ["JPEG", /^\xff\xd8\xff/],
    ["PNG", /^\x89PNG\r\n\x1a\n/],
    ["WebP", /^RIFF....WEBP/s],
    ["TIFF", /^(II[*+]\0|MM\0[*+])/],
    ["AVIF", /^....ftyp(avif|avis|mif1)/s],
    ["GIF", /^GIF8[79]a/],
  ];
  const found = known.find(([, pattern]) => pattern.test(text));
  return found ? { kind: "known", what: found[0] } : { kind: "unknown" };
}

function checkSize({ width, height }: Metadata, name: string): void {
  if (width <= maxSide && height <= maxSide && width * height <= maxPixels) return;
  throw new EngineError(
    "image.size",
    `${name}: expected at most ${maxPixels / 1e6} megapixels and ${maxSide} px a side, received ${width} × ${height} (${Math.round((width * height) / 1e6)} megapixels)`,
    { hint: "Crop or scale it down before opening it." },
  );
}

function describe(header: Metadata): string[] {
  const notes: string[] = [];
  const { orientation = 1, space, icc, hasAlpha, depth, pages = 1, channels } = header;
  if (orientation > 1) notes.push("turned upright");
  if (space === "cmyk") notes.push("CMYK to sRGB");
  else if (icc && !isSrgbProfile(icc)) notes.push("embedded profile to sRGB");
  if (depth !== "uchar") notes.push(`${depth === "ushort" ? "16 bit" : depth} to 8 bit`);
  if (channels - (hasAlpha ? 1 : 0) === 1) notes.push("grey to RGB");
  if (hasAlpha) notes.push("alpha dropped");
  if (pages > 1) notes.push(`first of ${pages} frames`);
  return notes;
}

/** Whether a profile calls itself sRGB, in ASCII or UTF-16. */
function isSrgbProfile(icc: Buffer): boolean {
  return icc.toString("latin1").replaceAll("\0", "").includes("sRGB");
}

/** Grey to RGB; a picture of more channels than colours keeps the first three. */
function toThreeChannels(data: Uint8Array, channels: number): Uint8Array {
  const count = data.length / channels;
  const pixels = new Uint8Array(count * 3);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let i = 0; i < count; i++) {
    pixels[3 * i] = data[channels * i]!;
    pixels[3 * i + 1] = data[channels * i + green]!;
    pixels[3 * i + 2] = data[channels * i + blue]!;
  }
  return pixels;
}

function formatOfHeif({ compression }: Metadata): string {
  return compression === "av1" ? "avif" : `heif (${compression ?? "unknown"})`;
}

function notAnImage(name: string, received: string, cause?: unknown): EngineError {
  return new EngineError("image.format", `${name}: expected ${readable}, received ${received}`, {
    hint: "Save it as PNG or JPEG and open that.",
    cause,
  });
}

function damaged(name: string, what: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? firstLine(cause.message) : String(cause);
  return new EngineError(
    "image.truncated",
    `${name}: expected a whole ${what} file, received one that is cut short or damaged (${reason})`,
    { hint: "Copy or download it again.", cause },
  );
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 8)).toString("hex");
}
