/** A place in a pickle that moves on by what is read, and never past the end. */

import { UnexpectedArguments } from "./pickled.ts";

/** Thrown where more bytes are asked for than are left; a longer window may have them. */
export class EndOfPickle extends Error {
  constructor(
    /** Bytes that the pickle must have at least. */
    readonly needed: number,
  ) {
    super("the pickle is cut short");
  }
}

export class PickleCursor {
  private readonly view: DataView;
  private readonly utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** A length; one beyond 2^53 is beyond any pickle. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  /** Big-endian, as pickle has its floats. */
  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** @throws UnexpectedArguments where the bytes are not UTF-8 */
  text(length: number): string {
    const bytes = this.take(length);
    try {
      return this.utf8.decode(bytes);
    } catch {
      throw new UnexpectedArguments("a text is not UTF-8");
    }
  }

  latin1(length: number): string {
    const bytes = this.take(length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  }

  /** Up to the next newline, without it; protocol 0 escapes what is beyond Latin-1. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new EndOfPickle(this.bytes.length + 1);
    const text = this.latin1(end - this.position);
    this.position = end + 1;
    return text;
  }

  private advance(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) throw new EndOfPickle(start + length);
    this.position = start + length;
    return start;
  }
}
