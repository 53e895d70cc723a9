/** One pass over all weights of a model that refuses NaN and infinity before they reach a picture. */
import type { FileHandle } from "node:fs/promises";
import type { ParamSource } from "../executors/executor.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import type { Progress } from "../protocol/messages.ts";
import { firstNotFinite, storedBytes, toFloat32 } from "../executors/float-formats.ts";
import { upstreamName } from "./names.ts";
import { openToRead } from "./safetensors.ts";

/** A multiple of every element size, and small enough to be scanned in about a millisecond. */
const chunkBytes = 2 ** 21;

/** Part of one parameter, small enough for one buffer. */
interface Piece {
  readonly name: string;
  readonly source: ParamSource;
  /** From the start of the parameter, in bytes. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Read every parameter in chunks and look at its exponents.
 * @throws EngineError "weights.values" with the tensor and the first index in row-major order;
 *   "cancelled"; "weights.format" when a file ends early
 */
export async function checkFinite(
  model: { readonly params: Readonly<Record<string, ParamSource>> },
  signal?: AbortSignal,
  onProgress?: (progress: Progress) => void,
): Promise<void> {
  const label = "Checking the weights";
  const pieces = Object.entries(model.params).flatMap(([name, source]) => cut(name, source));
  const totalBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const handles = new Map<string, FileHandle>();
  const buffers = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)] as const;
  const started = performance.now();
  let doneBytes = 0;
  // One piece is read while the one before it is scanned.
  let next = read(pieces[0], buffers[0], handles);
  try {
    for (const [i, piece] of pieces.entries()) {
      throwIfAborted(signal, label);
      const bytes = await next;
      next = read(pieces[i + 1], buffers[i % 2 === 0 ? 1 : 0], handles);
      next.catch(() => {}); // Thrown where it is awaited.
      refuseNotFinite(piece, bytes);
      doneBytes += piece.length;
      const fraction = doneBytes / totalBytes;
      const remainingMs = ((performance.now() - started) * (1 - fraction)) / fraction;
      onProgress?.({ fraction, label, remainingMs });
    }
  } finally {
    await next.catch(() => {}); // It may be about to open a file.
    for (const handle of handles.values()) await handle.close();
  }
}

function cut(name: string, source: ParamSource): Piece[] {
  const byteLength = source.kind === "file" ? source.byteLength : source.data.byteLength;
  const pieces: Piece[] = [];
  for (let offset = 0; offset < byteLength; offset += chunkBytes) {
    pieces.push({ name, source, offset, length: Math.min(chunkBytes, byteLength - offset) });
  }
  return pieces;
}

async function read(
  piece: Piece | undefined,
  buffer: Uint8Array,
  handles: Map<string, FileHandle>,
): Promise<Uint8Array> {
  if (!piece) return new Uint8Array();
  const { name, source, offset, length } = piece;
  if (source.kind === "values") {
    const { data } = source;
    return new Uint8Array(data.buffer, data.byteOffset + offset, length);
  }
  const handle = handles.get(source.path) ?? (await openToRead(source.path)).handle;
  handles.set(source.path, handle);
  const { bytesRead } = await handle.read(buffer, 0, length, source.byteOffset + offset);
  if (bytesRead < length) {
    throw new EngineError(
      "weights.format",
      `${source.path}: the file ended while ${upstreamName(name)} was being read`,
    );
  }
  return buffer.subarray(0, length);
}

function refuseNotFinite({ name, source, offset }: Piece, bytes: Uint8Array): void {
  const [dtype, where] =
    source.kind === "file" ? [source.dtype, source.path] : (["F32", "memory"] as const);
  const inPiece = firstNotFinite(bytes, dtype);
  if (inPiece < 0) return;
  const size = storedBytes[dtype];
  const value = toFloat32(bytes.slice(inPiece * size, (inPiece + 1) * size), dtype)[0]!;
  throw new EngineError(
    "weights.values",
    `${where}: ${upstreamName(name)} [${source.shape.join(", ")}]: expected finite values, value ${offset / size + inPiece} is ${value}`,
    { hint: "The training run that wrote this file has diverged, or the file is damaged." },
  );
}
