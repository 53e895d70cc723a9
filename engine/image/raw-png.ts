/** The numbers that a PNG stores, palette indices included: what masks and depth maps are made of. */
import CRC32 from "crc-32";
import sharp from "sharp";
import { maxPixels, maxSide } from "./decode.ts";
import { readImageFile } from "./read-image-file.ts";
import { EngineError } from "../protocol/errors.ts";

/** [height, width]: palette indices, or grey levels from 0 to 2^bitDepth - 1. */
export interface RawPng {
  readonly width: number;
  readonly height: number;
  readonly kind: "indexed" | "grey";
  readonly bitDepth: number;
  readonly values: Uint8Array | Uint16Array;
}

const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

/** PNG specification, 11.2.1. */
const colourTypes = { grey: 0, rgb: 2, indexed: 3, greyAlpha: 4, rgba: 6 } as const;

/**
 * @throws EngineError "path.missing", "path.unreadable", "image.format" for what is no PNG or holds
 *   colours, "image.size" over the limits of any picture, "image.truncated" for a damaged one
 */
export async function readRawPng(file: string): Promise<RawPng> {
  return decodeRawPng(await readImageFile(file), file);
}

/**
 * Decoders turn indices into the colours of the palette, and two indices may share a colour. The
 * data of an indexed PNG is laid out as that of a greyscale one, so it is decoded as such: without
 * the palette, and without anything else that bends the numbers (gamma, profiles, transparency).
 *
 * @param name the file's name, for messages
 */
export async function decodeRawPng(bytes: Uint8Array, name: string): Promise<RawPng> {
  const chunks = readChunks(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), name);
  const header = chunks.header;
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const [bitDepth, colourType] = [header[8]!, header[9]!];
  if (width > maxSide || height > maxSide || width * height > maxPixels) {
    throw new EngineError(
      "image.size",
      `${name}: expected at most ${maxPixels / 1e6} megapixels and ${maxSide} px a side, received ${width} × ${height}`,
    );
  }
  const isIndexed = colourType === colourTypes.indexed;
  if (isIndexed && bitDepth === 16) throw damaged(name, "an indexed PNG has no 16-bit form");
  const isColour = colourType === colourTypes.rgb || colourType === colourTypes.rgba;
  if (isColour && bitDepth === 16) throw isColoured(name);
  const plain = Buffer.from(header);
  if (isIndexed) plain[9] = colourTypes.grey;
  const { data, channels } = await decode(
    Buffer.concat([signature, writeChunk("IHDR", plain), ...chunks.data, writeChunk("IEND")]),
    isColour ? "srgb" : bitDepth === 16 ? "grey16" : "b-w",
    name,
  );
  const values = bitDepth === 16 ? toUint16(data) : data;
  const count = width * height;
  if (values.length !== count * channels) throw damaged(name, "its data has another size");
  return {
    width,
    height,
    kind: isIndexed ? "indexed" : "grey",
    bitDepth,
    values: toLevels(firstChannel(values, channels, isColour, name), bitDepth),
  };
}

/** The header and the data chunks; their checksums are the decoder's to check. */
function readChunks(bytes: Buffer, name: string): { header: Buffer; data: Buffer[] } {
  if (!bytes.subarray(0, 8).equals(signature)) {
    throw new EngineError(
      "image.format",
      `${name}: expected a PNG, indexed or greyscale, received ${bytes.length === 0 ? "an empty file" : `other data (first bytes ${bytes.subarray(0, 8).toString("hex")})`}`,
      { hint: "Save masks and depth maps as PNG: JPEG changes the numbers that they are made of." },
    );
  }
  const data: Buffer[] = [];
  let header: Buffer | undefined;
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length) throw damaged(name, `chunk ${type} ends after the file`);
    if (type === "IHDR" && length === 13) header ??= bytes.subarray(at + 8, at + 21);
    if (type === "IDAT") data.push(bytes.subarray(at, end));
    if (type === "IEND") break;
    at = end;
  }
  if (!header || data.length === 0) throw damaged(name, "it has no header or no data");
  return { header, data };
}

function writeChunk(type: string, content: Uint8Array = new Uint8Array(0)): Buffer {
  const chunk = Buffer.alloc(12 + content.length);
  chunk.writeUInt32BE(content.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(content, 8);
  chunk.writeInt32BE(CRC32.buf(chunk.subarray(4, 8 + content.length)), 8 + content.length);
  return chunk;
}

async function decode(
  png: Buffer,
  space: "b-w" | "grey16" | "srgb",
  name: string,
): Promise<{ data: Buffer; channels: number }> {
  const { data, info } = await sharp(png, { failOn: "truncated", limitInputPixels: false })
    .toColourspace(space)
    .raw({ depth: space === "grey16" ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      throw damaged(name, text.trim().split("\n")[0] ?? "", error);
    });
  return { data, channels: info.channels };
}

function toUint16(data: Buffer): Uint16Array {
  const aligned = data.byteOffset % 2 === 0 ? data : Buffer.from(new Uint8Array(data).buffer);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

/** Alpha is dropped. Grey that was saved in three channels is grey. */
function firstChannel<Values extends Uint8Array | Uint16Array>(
  values: Values,
  channels: number,
  isColour: boolean,
  name: string,
): Values {
  if (channels === 1) return values;
  // In place: what is read never lies before what is written.
  const first = values.subarray(0, values.length / channels) as Values;
  for (let i = 0; i < first.length; i++) {
    const at = i * channels;
    first[i] = values[at]!;
    if (isColour && (values[at + 1] !== values[at] || values[at + 2] !== values[at])) {
      throw isColoured(name);
    }
  }
  return first;
}

/** Decoders stretch the levels of 1, 2 and 4 bits over 0 to 255. */
function toLevels(values: Uint8Array | Uint16Array, bitDepth: number): Uint8Array | Uint16Array {
  if (bitDepth >= 8) return values;
  const step = 255 / (2 ** bitDepth - 1);
  return values.map((value) => value / step);
}

function isColoured(name: string): EngineError {
  return new EngineError(
    "image.format",
    `${name}: expected an indexed or greyscale PNG, received colours`,
    { hint: "Save the numbers themselves, not the colours that stand for them." },
  );
}

function damaged(name: string, why: string, cause?: unknown): EngineError {
  return new EngineError(
    "image.truncated",
    `${name}: expected a whole PNG file, received one that is cut short or damaged (${why})`,
    { hint: "Copy or download it again.", cause },
  );
}
