/**
 * The safetensors format: headers read strictly and by ranges, tensors one at a time
 * (https://huggingface.co/docs/safetensors; 8 bytes of length, a JSON header, the bytes).
 */
import type { FileHandle } from "node:fs/promises";
import { z } from "zod";
import { openToRead, pathError } from "../checkpoints/byte-range.ts";
import type { ParamSource } from "../executors/executor.ts";
import { isFloatDtype, toFloat32 } from "../executors/float-formats.ts";
import { EngineError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/tensor.ts";

// Where every reader of files finds them.
export { openToRead, pathError };

/** Bits per element of every dtype that the format knows. */
const dtypeBits: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
};

/** The format's own limit: a larger header is an attack or another format. */
const maxHeaderBytes = 100_000_000;

/** One tensor where it lies. `byteOffset` counts from the start of the file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsFile {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly sizeBytes: number;
  /** In the order of the file's bytes. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()).max(16),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * Read and check a header. No tensor byte is read.
 * @throws EngineError "path.missing", "path.unreadable", or "weights.format" when the file is not
 *   safetensors, is cut short, or its ranges do not hold together
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const { handle, real, sizeBytes } = await openToRead(path);
  try {
    const refuse = (problem: string, hint = "Download or export the file again.") =>
      new EngineError("weights.format", `${path}: ${problem}`, { hint });

    if (sizeBytes < 8) {
      throw refuse(
        `expected a safetensors file, which starts with 8 bytes of length; the file has ${sizeBytes} bytes`,
      );
    }
    const prefix = await readRange(handle, path, 0, Math.min(16, sizeBytes));
    const headerBytes = Number(prefix.readBigUInt64LE(0));
    if (headerBytes > maxHeaderBytes || prefix[8] !== 0x7b /* { */) {
      throw refuse(
        `expected a safetensors file, received ${describeMagic(prefix)}`,
        "Only safetensors is read; save the model with transformers' save_pretrained(safe_serialization=True).",
      );
    }
    if (8 + headerBytes > sizeBytes) {
      throw refuse(
        `the file is cut short: its header alone takes ${8 + headerBytes} bytes, the file has ${sizeBytes}`,
      );
    }
    const text = decodeUtf8(await readRange(handle, path, 8, headerBytes));
    const header = text === undefined ? undefined : parseObject(text);
    if (text === undefined || !header) throw refuse("its safetensors header is not JSON");
    const twice = firstDuplicateKey(text, header);
    if (twice !== undefined) throw refuse(`the tensor "${twice}" is listed twice in its header`);

    const metadata = metadataSchema.safeParse(header["__metadata__"] ?? {});
    if (!metadata.success) throw refuse("__metadata__ must hold text values only");
    const entries = Object.entries(header)
      .filter(([name]) => name !== "__metadata__")
      .map(([name, value]) => parseEntry(name, value, 8 + headerBytes, sizeBytes, refuse))
      .sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
    for (let i = 1; i < entries.length; i++) {
      const [before, entry] = [entries[i - 1]!, entries[i]!];
      if (before.byteOffset + before.byteLength > entry.byteOffset) {
        throw refuse(`the tensors "${before.name}" and "${entry.name}" overlap in the file`);
      }
    }
    const tensors = new Map(entries.map((entry) => [entry.name, entry]));
    return { path: real, sizeBytes, tensors, metadata: metadata.data };
  } finally {
    await handle.close();
  }
}

/**
 * Read one tensor whole; F32, F16 and BF16 become float32.
 * @returns values in row-major order
 * @throws EngineError "weights.format" for another dtype or a file that changed
 */
export async function readTensor(
  file: { readonly path: string },
  entry: Omit<TensorEntry, "name"> & { readonly name?: string },
): Promise<Float32Array> {
  const { dtype, byteOffset, byteLength } = entry;
  if (!isFloatDtype(dtype)) {
    throw new EngineError(
      "weights.format",
      `${file.path}, ${entry.name ?? "tensor"}: expected dtype F32, F16 or BF16, received ${dtype}`,
    );
  }
  const { handle } = await openToRead(file.path);
  try {
    return toFloat32(await readRange(handle, file.path, byteOffset, byteLength), dtype);
  } finally {
    await handle.close();
  }
}

/** A parameter's values, wherever they are. @throws EngineError as readTensor */
export async function readParam(source: ParamSource): Promise<Float32Array> {
  return source.kind === "file" ? readTensor(source, source) : source.data;
}

type Refuse = (problem: string, hint?: string) => EngineError;

function parseEntry(
  name: string,
  value: unknown,
  dataStart: number,
  sizeBytes: number,
  refuse: Refuse,
): TensorEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    throw refuse(
      `the tensor "${name}" needs dtype, shape and data_offsets of whole numbers in its header`,
    );
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const [begin, end] = data_offsets;
  const bits = Object.hasOwn(dtypeBits, dtype) ? dtypeBits[dtype] : undefined;
  if (bits === undefined) throw refuse(`the tensor "${name}" has the unknown dtype "${dtype}"`);
  const expected = (elementCount(shape) * bits) / 8;
  if (end - begin !== expected || !Number.isSafeInteger(expected)) {
    throw refuse(
      `the tensor "${name}" ${dtype} [${shape.join(", ")}] takes ${expected} bytes, its range has ${end - begin}`,
    );
  }
  if (dataStart + end > sizeBytes) {
    throw refuse(
      `the file is cut short: the tensor "${name}" ends at byte ${dataStart + end}, the file has ${sizeBytes}`,
    );
  }
  return { name, dtype, shape, byteOffset: dataStart + begin, byteLength: expected };
}

/** Read exactly this range or throw; a file that shrank meanwhile is a refusal. */
async function readRange(
  handle: FileHandle,
  path: string,
  byteOffset: number,
  byteLength: number,
): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(byteLength)); // Of its own, so that it is aligned.
  let done = 0;
  while (done < byteLength) {
    const { bytesRead } = await handle
      .read(buffer, done, Math.min(byteLength - done, 2 ** 30), byteOffset + done)
      .catch((error: unknown) => {
        throw pathError(path, error);
      });
    if (bytesRead === 0) {
      throw new EngineError("weights.format", `${path}: the file ended while it was being read`);
    }
    done += bytesRead;
  }
  return buffer;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** JSON.parse keeps the last of two equal keys without a word, so the keys are counted in the text. */
function firstDuplicateKey(text: string, header: Record<string, unknown>): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let lastString = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === "\\") i++;
      if (depth === 1) lastString = text.slice(start, i + 1);
    } else if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") depth--;
    else if (c === ":" && depth === 1) {
      const key = JSON.parse(lastString) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  if (seen.size !== Object.keys(header).length) throw new Error("internal: header keys miscounted");
  return undefined;
}

/** What the first bytes look like, for the message. */
function describeMagic(bytes: Buffer): string {
  if (bytes.subarray(0, 4).equals(Buffer.from("PK\x03\x04"))) return "a PyTorch checkpoint or ZIP";
  if (bytes[0] === 0x80) return "a Python pickle";
  if (bytes.toString("latin1", 0, 8).startsWith("version ")) return "a Git LFS pointer";
  if (bytes[0] === 0x08) return "an ONNX model";
  return `other data (first bytes ${bytes.subarray(0, 8).toString("hex")})`;
}
