/** NumPy's own files: one array (.npy, versions 1 to 3 of the format) or a ZIP archive of them (.npz). */
import { constants, inflateRawSync } from "node:zlib";
import { EngineError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/tensor.ts";
import type { ByteRange } from "./byte-range.ts";
import { numpyDtype } from "./numpy-objects.ts";
import { dtypeBytes } from "./stored-dtypes.ts";
import { rowMajorStrides, type Piece, type StoredTensor } from "./stored-tensor.ts";
import { findEntryData, type ZipEntry } from "./zip-directory.ts";

interface NpyHeader {
  readonly dtype: string;
  readonly isBigEndian: boolean;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Where the values begin, in bytes. */
  readonly dataOffset: number;
}

/** An array that holds no numbers, by its name and with the reason. */
export type NpyArray =
  | { readonly kind: "tensor"; readonly tensor: StoredTensor }
  | { readonly kind: "skipped"; readonly name: string; readonly reason: string };

const magic = Buffer.from("\x93NUMPY", "latin1");
/** Headers are padded to 64 bytes and hold three fields; structured dtypes need more and are not read. */
const maxHeaderBytes = 2 ** 16;
/** Weights hardly deflate at all; more than this is a bomb. */
const maxInflation = 20;

/**
 * @param name what the array is to be called
 * @throws EngineError "weights.format"
 */
export async function readNpy(file: ByteRange, name: string): Promise<NpyArray> {
  const head = await file.read(0, Math.min(file.size, maxHeaderBytes), "the header of an array");
  const header = parseHeader(head, file.path);
  if (typeof header === "string") return { kind: "skipped", name, reason: header };
  checkSize(header, file.size, file.path, name);
  const { dtype, shape } = header;
  const bytes = {
    kind: "file",
    path: file.path,
    byteOffset: file.start + header.dataOffset,
  } as const;
  return {
    kind: "tensor",
    tensor: { name, dtype, shape, pieces: async () => [piece(header, bytes)] },
  };
}

/**
 * Every array of an archive, by its name without ".npy".
 * @throws EngineError "weights.format"
 */
export async function readNpz(
  archive: ByteRange,
  entries: readonly ZipEntry[],
): Promise<NpyArray[]> {
  const { path } = archive;
  const claimed = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (claimed > 2 ** 26 + maxInflation * archive.size) {
    throw new EngineError(
      "weights.format",
      `${path}: ${archive.size} bytes claim to inflate to ${claimed}, which weights do not`,
      { hint: "Save the arrays with numpy.savez, which does not compress them." },
    );
  }
  const arrays: NpyArray[] = [];
  for (const entry of entries) {
    const name = entry.name.replace(/\.npy$/, "");
    const start = await findEntryData(archive, entry);
    const header = parseHeader(await readHead(archive, entry, start), `${path}, ${entry.name}`);
    if (typeof header === "string") {
      arrays.push({ kind: "skipped", name, reason: header });
      continue;
    }
    checkSize(header, entry.sizeBytes, path, entry.name);
    const byteOffset = archive.start + start;
    const { storedBytes, sizeBytes } = entry;
    const bytes: Piece["bytes"] = entry.isCompressed
      ? { kind: "deflated", path, byteOffset, storedBytes, sizeBytes, skipBytes: header.dataOffset }
      : { kind: "file", path, byteOffset: byteOffset + header.dataOffset };
    const { dtype, shape } = header;
    const pieces = async () => [piece(header, bytes)];
    arrays.push({ kind: "tensor", tensor: { name, dtype, shape, pieces } });
  }
  return arrays;
}

/** The first bytes of an entry, of which a deflated one gives as many as its first few hold. */
async function readHead(archive: ByteRange, entry: ZipEntry, start: number): Promise<Buffer> {
  const length = Math.min(entry.storedBytes, entry.isCompressed ? 4096 : maxHeaderBytes);
  const stored = await archive.read(start, length, `"${entry.name}"`);
  if (!entry.isCompressed) return stored;
  try {
    return inflateRawSync(stored, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      "weights.format",
      `${archive.path}, ${entry.name}: it does not inflate: ${reason}`,
    );
  }
}

/** @returns the reason where the array is sound and holds no numbers */
function parseHeader(bytes: Buffer, where: string): NpyHeader | string {
  const refuse = (problem: string) =>
    new EngineError("weights.format", `${where}: expected an array of NumPy's; ${problem}`, {
      hint: "Save it again with numpy.save or numpy.savez.",
    });
  if (!bytes.subarray(0, 6).equals(magic)) throw refuse("it does not begin as one");
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw refuse(`version ${version} of the format is not known`);
  const textStart = version === 1 ? 10 : 12;
  if (bytes.length < textStart) throw refuse("its header is cut short");
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const dataOffset = textStart + length;
  if (dataOffset > bytes.length) throw refuse(`its header claims ${length} bytes`);
  const text = bytes.toString("latin1", textStart, dataOffset);
  const type = /'descr'\s*:\s*'([<>|=]?)(\w+)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const sides = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (order === undefined || sides === undefined) throw refuse("its header lacks order or shape");
  const dtype = numpyDtype(type?.[2] ?? "");
  if (dtype === undefined) return `its dtype is ${type ? type[1]! + type[2]! : "a structure"}`;
  const shape = sides
    .split(",")
    .map((side) => side.trim())
    .filter((side) => side !== "")
    .map(Number);
  if (shape.length > 32 || !Number.isSafeInteger(elementCount(shape) * 16)) {
    throw refuse(`its shape is (${sides.slice(0, 100)})`);
  }
  const strides =
    order === "True" ? rowMajorStrides([...shape].reverse()).reverse() : rowMajorStrides(shape);
  return { dtype, isBigEndian: type?.[1] === ">", shape, strides, dataOffset };
}

function checkSize(header: NpyHeader, sizeBytes: number, path: string, name: string): void {
  const expected = header.dataOffset + elementCount(header.shape) * dtypeBytes[header.dtype]!;
  if (expected === sizeBytes) return;
  throw new EngineError(
    "weights.format",
    `${path}, ${name}: expected ${expected} bytes for [${header.shape.join(", ")}] of ${header.dtype}, received ${sizeBytes}`,
    { hint: "The file is cut short or damaged: save or copy it again." },
  );
}

function piece({ shape, strides, isBigEndian }: NpyHeader, bytes: Piece["bytes"]): Piece {
  return { bytes, origin: shape.map(() => 0), shape, strides, isBigEndian };
}
