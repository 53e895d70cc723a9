/** Pieces of a tensor read and put together in row-major order, in memory for one tensor at a time. */
import { createInflateRaw } from "node:zlib";
import { createReadStream } from "node:fs";
import { EngineError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/tensor.ts";
import { ByteRange } from "./byte-range.ts";
import { dtypeBytes } from "./stored-dtypes.ts";
import { rowMajorStrides, spanBytes, type Piece, type StoredTensor } from "./stored-tensor.ts";

/** A piece whose values lie this much apart is a trick: the file would be read over and over. */
const maxScatter = 64;

/**
 * The bytes of a tensor, little-endian and row-major, in the dtype in which they are stored.
 * @throws EngineError "weights.format", "path.missing", "path.unreadable"
 */
export async function assemble(tensor: StoredTensor): Promise<Uint8Array<ArrayBuffer>> {
  const itemBytes = dtypeBytes[tensor.dtype]!;
  const whole = new Uint8Array(elementCount(tensor.shape) * itemBytes);
  for (const piece of await tensor.pieces()) {
    if (elementCount(piece.shape) === 0) continue;
    const bytes = await readPiece(tensor, piece, itemBytes);
    if (piece.isBigEndian === true)
      swap(bytes, tensor.dtype.startsWith("C") ? itemBytes / 2 : itemBytes);
    place(whole, tensor.shape, piece, bytes, itemBytes);
  }
  return whole;
}

/** The span of a piece, from its first value to the end of its last. */
async function readPiece(tensor: StoredTensor, piece: Piece, itemBytes: number): Promise<Buffer> {
  const span = spanBytes(piece, itemBytes);
  const values = elementCount(piece.shape) * itemBytes;
  const { bytes } = piece;
  if (span > maxScatter * values + 2 ** 20) {
    throw new EngineError(
      "weights.format",
      `${bytes.kind === "memory" ? "" : `${bytes.path}, `}${tensor.name}: ${values} bytes of values are scattered over ${span}`,
      { hint: "Save the tensor with .contiguous()." },
    );
  }
  if (bytes.kind === "memory") return Buffer.from(bytes.bytes.slice(0, span));
  if (bytes.kind === "deflated") return inflateSpan(bytes, span, tensor.name);
  const file = await ByteRange.open(bytes.path);
  try {
    return await file.read(bytes.byteOffset, span, tensor.name);
  } finally {
    await file.close();
  }
}

/** Part of a deflated entry, without holding what comes before and after it. */
async function inflateSpan(
  { path, byteOffset, storedBytes, sizeBytes, skipBytes }: Piece["bytes"] & { kind: "deflated" },
  span: number,
  name: string,
): Promise<Buffer> {
  const refuse = (problem: string) =>
    new EngineError("weights.format", `${path}, ${name}: ${problem}`, {
      hint: "The file is damaged: download or save it again.",
    });
  const whole = Buffer.alloc(span);
  let seen = 0;
  const inflate = createInflateRaw();
  const source = createReadStream(path, { start: byteOffset, end: byteOffset + storedBytes - 1 });
  source.on("error", (error) => inflate.destroy(error));
  try {
    for await (const chunk of source.pipe(inflate) as AsyncIterable<Buffer>) {
      const from = Math.max(0, skipBytes - seen);
      if (from < chunk.length) chunk.copy(whole, seen + from - skipBytes, from);
      seen += chunk.length;
      if (seen > sizeBytes)
        throw refuse(`it inflates to more than the ${sizeBytes} bytes it claims`);
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw refuse(`it does not inflate: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    source.destroy();
  }
  if (seen !== sizeBytes) throw refuse(`it claims ${sizeBytes} bytes and has ${seen}`);
  return whole;
}

function swap(bytes: Buffer, itemBytes: number): void {
  if (itemBytes === 2) bytes.swap16();
  else if (itemBytes === 4) bytes.swap32();
  else if (itemBytes === 8) bytes.swap64();
}

/** Copy the values of a piece to where they belong. */
function place(
  whole: Uint8Array,
  shape: readonly number[],
  { origin, shape: box, strides }: Piece,
  bytes: Uint8Array,
  itemBytes: number,
): void {
  const into = rowMajorStrides(shape);
  // Axes at the end that are dense on both sides are copied as one run.
  let run = 1;
  let axes = box.length;
  while (
    axes > 0 &&
    (box[axes - 1] === 1 || (strides[axes - 1] === run && into[axes - 1] === run))
  ) {
    axes--;
    run *= box[axes]!;
  }
  const start = origin.reduce((sum, at, axis) => sum + at * into[axis]!, 0);
  const copy = (axis: number, from: number, to: number): void => {
    if (axis === axes) {
      whole.set(bytes.subarray(from * itemBytes, (from + run) * itemBytes), to * itemBytes);
      return;
    }
    if (axis === axes - 1 && run === 1) {
      copyColumn(axis, from, to);
      return;
    }
    for (let i = 0; i < box[axis]!; i++) {
      copy(axis + 1, from + i * strides[axis]!, to + i * into[axis]!);
    }
  };
  /** Single values at a stride: a view for each would take longer than the values. */
  const copyColumn = (axis: number, from: number, to: number): void => {
    for (let i = 0; i < box[axis]!; i++) {
      const source = (from + i * strides[axis]!) * itemBytes;
      const target = (to + i * into[axis]!) * itemBytes;
      for (let k = 0; k < itemBytes; k++) whole[target + k] = bytes[source + k]!;
    }
  };
  copy(0, 0, start);
}
