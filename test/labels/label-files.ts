/** Folders of real images and real label files, made in a temporary place for one test. */
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import CRC32 from "crc-32";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import { EngineError } from "../../engine/protocol/errors.ts";

const samples = fileURLToPath(new URL("../../assets/samples/", import.meta.url));
const photographs = ["astronaut.jpg", "chelsea.jpg", "coffee.jpg", "rocket.jpg"];

export type Contents = string | Uint8Array | Promise<Uint8Array>;

/** Writes files by relative path; the folder is gone when the test ends. */
export async function makeFolder(files: Readonly<Record<string, Contents>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gramscope-labels-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await addFiles(folder, files);
  return folder;
}

export async function addFiles(
  folder: string,
  files: Readonly<Record<string, Contents>>,
): Promise<void> {
  for (const [path, contents] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await contents);
  }
}

/** A part of a sample photograph; another one for another number. */
export function photograph(
  number: number,
  width = 24,
  height = 16,
  { orientation, format = "jpeg" }: { orientation?: number; format?: "jpeg" | "png" } = {},
): Promise<Uint8Array> {
  const file = join(samples, photographs[number % photographs.length]!);
  const small = sharp(file).resize({ width, height, fit: "cover" });
  const turned = orientation === undefined ? small : small.withMetadata({ orientation });
  return turned.toFormat(format).toBuffer();
}

/** An indexed PNG of 8 bits or fewer, in which all indices have one and the same colour. */
export function indexedPng(values: ArrayLike<number>, width: number, bits = 8): Buffer {
  return png(values, width, bits, 3);
}

/** A greyscale PNG of 8 or 16 bits. */
export function greyPng(values: ArrayLike<number>, width: number, bits = 8): Buffer {
  return png(values, width, bits, 0);
}

function png(values: ArrayLike<number>, width: number, bits: number, colourType: number): Buffer {
  const height = values.length / width;
  const rowBytes = Math.ceil((width * bits) / 8);
  const rows = Buffer.alloc(height * (rowBytes + 1));
  for (let i = 0; i < values.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const start = y * (rowBytes + 1) + 1;
    if (bits === 16) rows.writeUInt16BE(values[i]!, start + 2 * x);
    else {
      const bit = x * bits;
      rows[start + (bit >> 3)]! |= values[i]! << (8 - bits - (bit & 7));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = colourType;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...(colourType === 3 ? [chunk("PLTE", Buffer.alloc(3 * 2 ** bits, 77))] : []),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export function chunk(type: string, content: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + content.length);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, "latin1");
  bytes.set(content, 8);
  bytes.writeInt32BE(CRC32.buf(bytes.subarray(4, 8 + content.length)), 8 + content.length);
  return bytes;
}

/** A mask of one value. */
export function flat(value: number, width = 24, height = 16): number[] {
  return new Array<number>(width * height).fill(value);
}

/** A mask whose left half is one value and whose right half another. */
export function halves(left: number, right: number, width = 24, height = 16): number[] {
  return Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? left : right));
}

/** What a refusal says; anything else that is thrown, or nothing, fails the test. */
export async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await work.then(
    () => new Error("expected a refusal, the work was done"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EngineError)) throw error;
  return { code: error.code, message: `${error.message}\n${error.hint ?? ""}` };
}
