/**
 * A map as a PNG file that carries its recipe as text, where Pillow, ImageMagick and exiftool find
 * it (PNG, third edition, 11.3.3.4: iTXt; sharp writes no text chunks, so they are put in here).
 */
import { crc32 } from "node:zlib";
import sharp from "sharp";
import type { Geometry } from "../protocol/geometry.ts";
import type { ProbeMap } from "../protocol/probes.ts";
import type { Recipe } from "./recipe.ts";
import { enlarge, overlay, renderMap, type Look, type Picture } from "./render.ts";

/** Keyword of the text that holds the recipe as JSON: a list of { label, text }. */
export const recipeKeyword = "gramscope:recipe";

export interface PngOptions extends Look {
  readonly recipe: Recipe;
  /**
   * Side of a cell in pixels; absent, the patch, or what brings a matrix to about 1024 pixels.
   * Without effect over a photograph.
   */
  readonly cellPixels?: number;
  /** Lay the map over this, which has the size of `geometry.image`. */
  readonly photograph?: Picture;
  /** Of the map over the photograph, 0..1; absent, 0.6. */
  readonly opacity?: number;
}

/** @throws EngineError "option.invalid" for a matrix over a photograph */
export async function mapToPng(
  map: ProbeMap,
  geometry: Geometry,
  options: PngOptions,
): Promise<Uint8Array> {
  const { recipe, photograph, opacity = 0.6, cellPixels = defaultCell(map, geometry) } = options;
  const { width, height, pixels } = photograph
    ? overlay(map, geometry, photograph, opacity, options)
    : enlarge(renderMap(map, options), cellPixels);
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
  const readable = recipe.map(({ label, text }) => `${label}: ${text}`).join("\n");
  return withText(png, [
    ["Software", "Gramscope"],
    ["Title", map.name],
    ["Description", readable],
    [recipeKeyword, JSON.stringify(recipe)],
  ]);
}

function defaultCell(map: ProbeMap, geometry: Geometry): number {
  if (map.kind !== "matrix") return geometry.patch;
  return Math.max(1, Math.floor(1024 / (map.values.shape[0] ?? 1)));
}

const signatureBytes = 8;

/** Text chunks go right behind the header, so that a reader need not decode the pixels. */
export function withText(
  png: Uint8Array,
  texts: readonly (readonly [string, string])[],
): Uint8Array {
  const head = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const headerEnd = signatureBytes + 12 + head.getUint32(signatureBytes);
  const chunks = texts.map(([keyword, text]) => textChunk(keyword, text));
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

/** Length, type, data, checksum of type and data. The text is UTF-8 and not compressed. */
function textChunk(keyword: string, text: string): Uint8Array {
  const data = Buffer.from(`iTXt${keyword}\0\0\0\0\0${text}`, "utf8");
  const chunk = Buffer.alloc(data.length + 8);
  chunk.writeUInt32BE(data.length - 4, 0);
  data.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(data), data.length + 4);
  return chunk;
}

/** The texts of a PNG file by keyword. */
export function readPngTexts(png: Uint8Array): Record<string, string> {
  const file = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const texts: Record<string, string> = {};
  for (let at = signatureBytes; at + 12 <= file.length;) {
    const length = file.readUInt32BE(at);
    if (file.toString("latin1", at + 4, at + 8) === "iTXt") {
      const [keyword = "", , , , , ...rest] = file
        .toString("utf8", at + 8, at + 8 + length)
        .split("\0");
      texts[keyword] = rest.join("\0");
    }
    at += 12 + length;
  }
  return texts;
}
