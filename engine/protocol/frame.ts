/**
 * One message to and from one binary frame: a JSON head, then the bytes of its tensors, each at a
 * multiple of 8 so that typed arrays can view them in place.
 *
 *   uint32 LE   length of the head in bytes
 *   head        {"message": ..., "tensors": [[offset, length], ...]}, UTF-8
 *   tail        starts at the next multiple of 8; offsets count from here
 */
import { EngineError } from "./errors.ts";

/** Frames over this are refused before they are decoded: 1 GiB. */
export const maxFrameBytes = 2 ** 30;

const marker = "$bytes";

/** Far deeper than any message of ours; deeper ones would exhaust the stack. */
const maxDepth = 64;

/** @param message plain data; every Uint8Array in it travels in the tail */
export function encodeFrame(message: unknown): Uint8Array {
  const chunks: Uint8Array[] = [];
  const ranges: [number, number][] = [];
  let tailBytes = 0;
  const json = JSON.stringify({
    message: replaceBytes(message, (bytes) => {
      chunks.push(bytes);
      ranges.push([tailBytes, bytes.byteLength]);
      tailBytes = alignTo8(tailBytes + bytes.byteLength);
      return { [marker]: chunks.length - 1 };
    }),
    tensors: ranges,
  });
  const head = new TextEncoder().encode(json);
  const tailStart = alignTo8(4 + head.byteLength);
  const frame = new Uint8Array(tailStart + tailBytes);
  new DataView(frame.buffer).setUint32(0, head.byteLength, true);
  frame.set(head, 4);
  chunks.forEach((chunk, index) => frame.set(chunk, tailStart + ranges[index]![0]));
  return frame;
}

/**
 * @returns the message; its byte arrays are views of the frame
 * @throws EngineError "protocol.invalid" when the frame does not hold together
 */
export function decodeFrame(frame: Uint8Array): unknown {
  // The tail is aligned within its buffer only if the frame itself starts aligned. A plain array,
  // too: the slice() of Node's Buffer makes no copy, and whoever takes a tensor relies on one.
  const bytes =
    frame.byteOffset % 8 === 0
      ? new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength)
      : Uint8Array.from(frame);
  if (bytes.byteLength < 4) throw broken(`a frame of ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headLength = view.getUint32(0, true);
  if (4 + headLength > bytes.byteLength) {
    throw broken(`a head of ${headLength} bytes in a frame of ${bytes.byteLength}`);
  }
  let head: { message?: unknown; tensors?: unknown } | null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.subarray(4, 4 + headLength),
    );
    head = JSON.parse(text) as typeof head;
  } catch {
    throw broken("a head that is not JSON");
  }
  if (head === null || typeof head !== "object" || !isRanges(head.tensors)) {
    throw broken("a head without its list of tensors");
  }
  const ranges = head.tensors;
  const tail = bytes.subarray(Math.min(alignTo8(4 + headLength), bytes.byteLength));
  return restoreBytes(head.message, (index) => {
    const range = ranges[index];
    if (!range || range[0] + range[1] > tail.byteLength) {
      throw broken(`tensor ${index} outside the frame`);
    }
    return tail.subarray(range[0], range[0] + range[1]);
  });
}

function replaceBytes(value: unknown, take: (bytes: Uint8Array) => unknown): unknown {
  if (value instanceof Uint8Array) return take(value);
  if (Array.isArray(value)) return value.map((item) => replaceBytes(item, take));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, replaceBytes(item, take)]),
    );
  }
  return value;
}

function restoreBytes(value: unknown, give: (index: number) => Uint8Array, depth = 0): unknown {
  if (depth > maxDepth) throw broken(`a head nested more than ${maxDepth} deep`);
  if (Array.isArray(value)) return value.map((item) => restoreBytes(item, give, depth + 1));
  if (value !== null && typeof value === "object") {
    const index = (value as Record<string, unknown>)[marker];
    if (typeof index === "number") return give(index);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, restoreBytes(item, give, depth + 1)]),
    );
  }
  return value;
}

function isRanges(value: unknown): value is [number, number][] {
  return (
    Array.isArray(value) &&
    value.every(
      (range) =>
        Array.isArray(range) &&
        range.length === 2 &&
        range.every((n) => Number.isSafeInteger(n) && (n as number) >= 0),
    )
  );
}

function alignTo8(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

function broken(what: string): EngineError {
  return new EngineError(
    "protocol.invalid",
    `message: expected a Gramscope frame, received ${what}`,
  );
}
