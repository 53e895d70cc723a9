/** NumPy's .npy, version 1.0, of an array that grows by its first axis. */
import type { FeaturePrecision, TokenArray } from "./image-features.ts";
import { GrowingFile } from "./growing-file.ts";

/** Its end is a multiple of 64, so that the values can be mapped; room for four long axes. */
export const npyHeaderBytes = 128;

export const npyDtypes: Readonly<Record<FeaturePrecision, string>> = { fp32: "<f4", fp16: "<f2" };

/**
 * @param descr "<f4", "<f2", "<U12" and the like
 * @returns {@link npyHeaderBytes} bytes
 */
export function npyHeader(descr: string, shape: readonly number[]): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sides}), }`;
  const length = npyHeaderBytes - 10;
  if (text.length >= length) throw new Error(`internal: no room for ${text}`);
  const header = Buffer.alloc(npyHeaderBytes, " ");
  header.write("\x93NUMPY\x01\x00", 0, "latin1");
  header.writeUInt16LE(length, 8);
  header.write(text, 10, "latin1");
  header.write("\n", npyHeaderBytes - 1, "latin1");
  return header;
}

/** Names as NumPy's fixed-width Unicode: UTF-32, little-endian. */
export function npyNames(names: readonly string[]): Buffer {
  const points = names.map((name) => Array.from(name, (letter) => letter.codePointAt(0)!));
  const width = Math.max(1, ...points.map(({ length }) => length));
  const values = Buffer.alloc(4 * width * names.length);
  points.forEach((letters, i) =>
    letters.forEach((point, k) => values.writeUInt32LE(point, 4 * (i * width + k))),
  );
  return Buffer.concat([npyHeader(`<U${width}`, [names.length]), values]);
}

export class NpyArray {
  private count = 0;
  private inner: readonly number[] = [];

  private constructor(
    readonly file: GrowingFile,
    private readonly precision: FeaturePrecision,
  ) {}

  static async create(path: string, precision: FeaturePrecision): Promise<NpyArray> {
    const file = await GrowingFile.create(path);
    file.skip(npyHeaderBytes);
    return new NpyArray(file, precision);
  }

  async append({ shape, values }: TokenArray): Promise<void> {
    this.inner = shape;
    await this.file.append(values);
    this.count++;
  }

  /** The header last, when the number of images is known. */
  async close(): Promise<void> {
    const header = npyHeader(npyDtypes[this.precision], [this.count, ...this.inner]);
    await this.file.writeAt(0, header);
    await this.file.close();
  }
}
