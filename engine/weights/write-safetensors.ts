/**
 * Writing safetensors: tensor by tensor to a temporary name beside the target, then renamed, so a
 * reader never sees half a file.
 */
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { diskRefusal } from "../files/disk-refusal.ts";
import { temporaryName } from "../files/durable.ts";
import { elementCount } from "../protocol/tensor.ts";

const bytesPerElement = { F32: 4, F16: 2, BF16: 2, I32: 4, U8: 1 } as const;
export type WritableDtype = keyof typeof bytesPerElement;

/** F16 and BF16 travel as bit patterns in a Uint16Array. */
export type WritableData = Float32Array | Uint16Array | Int32Array | Uint8Array;

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: WritableDtype;
  readonly shape: readonly number[];
  /** The values, or a function that has them ready when their turn comes and may then forget them. */
  readonly data: WritableData | (() => WritableData | Promise<WritableData>);
}

/**
 * Write tensors to a file. Wider dtypes come first so that every tensor starts aligned.
 * @throws EngineError "path.unwritable", "disk.full"; nothing is left behind then
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = [...tensors].sort((a, b) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype]);
  const header = encodeHeader(ordered, metadata);
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, "wx");
    try {
      await writeAll(handle, header);
      for (const tensor of ordered) await writeAll(handle, await tensorBytes(tensor));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // The first error is the one to report.
    throw diskRefusal(path, error);
  }
}

function encodeHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  // entries and fromEntries, so that a tensor may be called "__proto__".
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata]);
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = offset + elementCount(shape) * bytesPerElement[dtype];
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const names = new Set(entries.map(([name]) => name));
  if (names.size !== entries.length) throw new Error("internal: two tensors of the same name");
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = Buffer.alloc(8 + padded, " ");
  header.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(header, 8);
  return header;
}

async function tensorBytes({ name, dtype, shape, data }: TensorToWrite): Promise<Uint8Array> {
  const values = typeof data === "function" ? await data() : data;
  const expected = elementCount(shape) * bytesPerElement[dtype];
  if (values.BYTES_PER_ELEMENT !== bytesPerElement[dtype] || values.byteLength !== expected) {
    throw new Error(
      `internal: ${name} ${dtype} [${shape.join(", ")}] needs ${expected} bytes, was given ${values.byteLength} of a ${values.constructor.name}`,
    );
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(bytes.length - done, 2 ** 30);
    done += (await handle.write(bytes, done, length)).bytesWritten;
  }
}
