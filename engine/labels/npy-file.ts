/** NumPy's .npy files of floating-point maps, versions 1 and 2 of the format. */
import { readFile, stat } from "node:fs/promises";
import { endianness } from "node:os";
import { maxPixels } from "../image/decode.ts";
import { EngineError } from "../protocol/errors.ts";
import { pathError } from "./label-folder.ts";

/** [height, width] */
export interface FloatMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

const magic = Buffer.from("\x93NUMPY", "latin1");
const bytesOf: Readonly<Record<string, number>> = { "<f4": 4, "<f8": 8 };

/**
 * @throws EngineError "path.missing", "path.unreadable", "image.format" for another type or another
 *   order of numbers, "image.size" when it is too large, "image.truncated" when header and file
 *   disagree
 */
export async function readNpy(file: string): Promise<FloatMap> {
  const bytes = await readWithin(file, 8 * maxPixels + 70_000);
  const { descr, fortran, shape, start } = readHeader(bytes, file);
  const itemBytes = bytesOf[descr];
  if (itemBytes === undefined) {
    throw invalid(file, `expected float32 or float64 ("<f4", "<f8"), received ${descr}`, {
      hint: 'Save it with numpy.save(path, depth.astype("<f4")).',
    });
  }
  if (fortran) {
    throw invalid(file, "expected rows one after the other, received Fortran order", {
      hint: "Save numpy.ascontiguousarray(depth).",
    });
  }
  const [height = 0, width = 0] = shape;
  if (shape.length !== 2 || height < 1 || width < 1) {
    throw invalid(file, `expected the shape (height, width), received (${shape.join(", ")})`);
  }
  const expected = start + height * width * itemBytes;
  if (bytes.length !== expected) {
    throw new EngineError(
      "image.truncated",
      `${file}: expected ${expected} bytes for ${height} × ${width} of ${descr}, the file has ${bytes.length}`,
      { hint: "Save or copy it again." },
    );
  }
  return { width, height, values: readFloats(bytes.subarray(start), itemBytes) };
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin. */
  readonly start: number;
}

function readHeader(bytes: Buffer, file: string): Header {
  if (!bytes.subarray(0, 6).equals(magic)) {
    throw invalid(file, "expected a .npy file, received other data");
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2) {
    throw invalid(file, `expected version 1 or 2 of the format, received ${version ?? "none"}`);
  }
  const textStart = version === 1 ? 10 : 12;
  if (bytes.length < textStart) throw cutShort(file);
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = textStart + length;
  if (start > bytes.length) throw cutShort(file);
  const text = bytes.toString("latin1", textStart, start);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw invalid(
      file,
      `expected a header with one type, an order and a shape, received ${text.trim().slice(0, 120)}`,
    );
  }
  const sides = shape.split(",").map((side) => side.trim());
  return {
    descr,
    fortran: fortran === "True",
    shape: sides.filter((side) => side !== "").map(Number),
    start,
  };
}

function readFloats(data: Buffer, itemBytes: number): Float32Array {
  const values = new Float32Array(data.length / itemBytes);
  if (itemBytes === 4 && endianness() === "LE") {
    new Uint8Array(values.buffer).set(data);
    return values;
  }
  for (let i = 0; i < values.length; i++) {
    values[i] = itemBytes === 4 ? data.readFloatLE(4 * i) : data.readDoubleLE(8 * i);
  }
  return values;
}

async function readWithin(file: string, limit: number): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > limit) {
      throw new EngineError(
        "image.size",
        `${file}: expected a map of at most ${maxPixels / 1e6} megapixels, the file has ${size} bytes`,
      );
    }
    return await readFile(file);
  } catch (error) {
    throw error instanceof EngineError ? error : pathError(file, error);
  }
}

function invalid(file: string, problem: string, options: { hint?: string } = {}): EngineError {
  return new EngineError("image.format", `${file}: ${problem}`, options);
}

function cutShort(file: string): EngineError {
  return new EngineError(
    "image.truncated",
    `${file}: expected a whole .npy file, its header is cut`,
  );
}
