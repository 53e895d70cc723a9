/** The objects in the arrays of a JSON file, one at a time: COCO's annotations are too large to parse. */
import { open } from "node:fs/promises";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { pathError } from "./label-folder.ts";

/** One object of an array that is a member of the file's outermost object. */
export interface JsonElement {
  /** Name of the array, and the object's place in it. */
  readonly key: string;
  readonly index: number;
  /** Where its bytes lie in the file. */
  readonly start: number;
  /** Only until the call returns. */
  readonly bytes: Uint8Array;
}

interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** In bytes. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly chunkBytes?: number | undefined;
}

/** An object of COCO has some kilobytes; outlines by hand stay far below this. */
const maxElementBytes = 64 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;

/**
 * Memory is taken for one element at a time. What an element holds is the caller's to parse; what
 * lies between elements is checked only as far as finding them takes.
 *
 * @param wanted names of arrays; others are passed over
 * @returns names of the members of the outermost object
 * @throws EngineError "path.missing", "path.unreadable", "config.invalid" for what is not such a
 *   file or ends early, "cancelled"
 */
export async function scanElements(
  file: string,
  wanted: readonly string[],
  onElement: (element: JsonElement) => void,
  { signal, onProgress, chunkBytes = 1024 * 1024 }: ScanOptions = {},
): Promise<Set<string>> {
  const handle = await open(file).catch((error: unknown) => {
    throw pathError(file, error);
  });
  try {
    const { size } = await handle.stat();
    const scanner = new Scanner(file, wanted, onElement);
    const chunk = Buffer.alloc(Math.max(1, Math.min(chunkBytes, size)));
    for (let offset = 0; ;) {
      throwIfAborted(signal, `Reading ${file}`);
      const { bytesRead } = await handle
        .read(chunk, 0, chunk.length, offset)
        .catch((error: unknown) => {
          throw pathError(file, error);
        });
      if (bytesRead === 0) break;
      scanner.take(chunk.subarray(0, bytesRead), offset);
      offset += bytesRead;
      onProgress?.(offset, Math.max(offset, size));
    }
    return scanner.finish();
  } finally {
    await handle.close();
  }
}

class Scanner {
  private readonly keys = new Set<string>();
  private depth = 0;
  private inString = false;
  private escaped = false;
  private isDone = false;
  /** The member whose value is being read; undefined where a name is due. */
  private key: string | undefined;
  private index = 0;
  /** What is being collected: an element, or a member's name. */
  private start = -1;
  private parts: Uint8Array[] = [];

  constructor(
    private readonly file: string,
    private readonly wanted: readonly string[],
    private readonly onElement: (element: JsonElement) => void,
  ) {}

  take(chunk: Uint8Array, offset: number): void {
    for (let i = 0; i < chunk.length; i++) {
      if (this.depth >= 3) i = this.skipInside(chunk, i);
      if (i < chunk.length) this.step(chunk, offset, i);
    }
    if (this.start < 0) return;
    // The chunk's memory is used again for the next one.
    this.parts.push(new Uint8Array(chunk.subarray(Math.max(0, this.start - offset))));
    if (offset + chunk.length - this.start > maxElementBytes) {
      throw this.invalid(`has over ${maxElementBytes / 2 ** 20} MiB in ${this.place()}`);
    }
  }

  /** To the byte that ends an element, or to the end of the chunk. Nearly every byte is passed here. */
  private skipInside(chunk: Uint8Array, from: number): number {
    let { depth, inString, escaped } = this;
    let i = from;
    for (; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) depth++;
      else if (byte === closeBrace || byte === closeBracket) {
        if (depth === 3) break;
        depth--;
      }
    }
    Object.assign(this, { depth, inString, escaped });
    return i;
  }

  private step(chunk: Uint8Array, offset: number, i: number): void {
    const byte = chunk[i]!;
    const at = offset + i;
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === backslash) this.escaped = true;
      else if (byte === quote) {
        this.inString = false;
        if (this.depth === 1 && this.start >= 0) this.endName(chunk, offset, i);
      }
    } else if (byte === quote) {
      this.inString = true;
      if (this.depth === 1 && this.key === undefined) this.start = at;
      this.checkBetween(byte, at);
    } else if (byte === openBrace || byte === openBracket) {
      if (this.depth === 0) this.begin(byte, at);
      if (this.depth === 2 && this.isWanted && byte === openBrace) this.start = at;
      else if (this.depth === 2) this.checkBetween(byte, at);
      this.depth++;
      if (this.depth === 2) this.index = 0;
    } else if (byte === closeBrace || byte === closeBracket) {
      this.depth--;
      if (this.depth < 0) throw this.invalid(`ends more than it began at byte ${at}`);
      if (this.depth === 2 && this.start >= 0) this.endElement(chunk, offset, i);
      if (this.depth === 0) this.isDone = true;
    } else this.checkBetween(byte, at);
  }

  finish(): Set<string> {
    if (this.isDone) return this.keys;
    throw this.invalid(this.depth === 0 ? "holds no object" : `ends within ${this.place()}`);
  }

  private get isWanted(): boolean {
    return this.key !== undefined && this.wanted.includes(this.key);
  }

  private begin(byte: number, at: number): void {
    if (byte === openBrace && !this.isDone) return;
    throw this.invalid(`has something else at byte ${at}`);
  }

  /** Outside of elements: what separates them, and members that nobody asked for. */
  private checkBetween(byte: number, at: number): void {
    const isSpace = byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    if (isSpace) return;
    if (this.depth === 1) {
      if (byte === comma) this.key = undefined;
      return;
    }
    // A byte order mark.
    if (this.depth === 0 && at < 3 && [0xef, 0xbb, 0xbf][at] === byte) return;
    if (this.depth === 0 || (this.isWanted && byte !== comma)) {
      throw this.invalid(`has something else at byte ${at} (${this.place()})`);
    }
  }

  private endName(chunk: Uint8Array, offset: number, end: number): void {
    const text = Buffer.from(this.collect(chunk, offset, end)).toString("utf8");
    this.key = text.slice(1, -1);
    this.keys.add(this.key);
  }

  private endElement(chunk: Uint8Array, offset: number, end: number): void {
    const { start, key = "", index } = this;
    const bytes = this.collect(chunk, offset, end);
    this.index++;
    this.onElement({ key, index, start, bytes });
  }

  private collect(chunk: Uint8Array, offset: number, end: number): Uint8Array {
    const last = chunk.subarray(Math.max(0, this.start - offset), end + 1);
    const bytes = this.parts.length === 0 ? last : Buffer.concat([...this.parts, last]);
    this.start = -1;
    this.parts = [];
    return bytes;
  }

  private place(): string {
    return this.key === undefined ? "its outermost object" : `${this.key}[${this.index}]`;
  }

  private invalid(problem: string): EngineError {
    return new EngineError(
      "config.invalid",
      `${this.file}: expected a JSON object with the lists ${this.wanted.join(", ")} of objects; the file ${problem}`,
      { hint: "Copy or download it again if it was cut short." },
    );
  }
}
