/** A file, or a stretch of one, that is read by ranges and never whole. */
import { constants } from "node:fs";
import { open, realpath, stat, type FileHandle } from "node:fs/promises";
import { EngineError } from "../protocol/errors.ts";

/** One read of the system takes no more. */
const maxRead = 2 ** 30;

/** Bytes from `start` to `start + size` of an open file. Offsets below count from `start`. */
export class ByteRange {
  /** The first and the last bytes, where they were read ahead. */
  private ahead: readonly { readonly offset: number; readonly bytes: Buffer }[] = [];

  private constructor(
    private readonly file: { readonly handle: FileHandle; isClosed: boolean },
    /** Absolute, without symbolic links. */
    readonly path: string,
    readonly start: number,
    readonly size: number,
  ) {}

  /**
   * The whole of a file. The caller closes it.
   * @throws EngineError "path.missing" or "path.unreadable"
   */
  static async open(path: string): Promise<ByteRange> {
    const { handle, real, sizeBytes } = await openToRead(path);
    return new ByteRange({ handle, isClosed: false }, real, 0, sizeBytes);
  }

  /**
   * A stretch of this one, on the same handle.
   * @throws EngineError "weights.format" where it does not lie inside
   */
  slice(offset: number, size: number, what: string): ByteRange {
    this.check(offset, size, what);
    return new ByteRange(this.file, this.path, this.start + offset, size);
  }

  /** Read the first and the last bytes at once, where much that is small will be asked for. */
  async readAhead(bytes: number): Promise<void> {
    const first = Math.min(bytes, this.size);
    const last = Math.max(first, this.size - bytes);
    this.ahead = [
      { offset: 0, bytes: await this.read(0, first, "its start") },
      { offset: last, bytes: await this.read(last, this.size - last, "its end") },
    ];
  }

  /**
   * Exactly these bytes, in a buffer of their own.
   * @throws EngineError "weights.format" where they do not lie inside, or the file shrank
   */
  async read(offset: number, length: number, what: string): Promise<Buffer> {
    this.check(offset, length, what);
    const buffer = Buffer.from(new ArrayBuffer(length)); // Of its own, so that it is aligned.
    const known = this.ahead.find(
      (part) => part.offset <= offset && offset + length <= part.offset + part.bytes.length,
    );
    if (known) known.bytes.copy(buffer, 0, offset - known.offset);
    else await this.fill(buffer, offset);
    return buffer;
  }

  /**
   * The same stretch, through a handle of its own where this one was closed since.
   * @throws EngineError "path.missing", "path.unreadable", "weights.format" where the file shrank
   */
  async reopened<T>(work: (range: ByteRange) => Promise<T>): Promise<T> {
    if (!this.file.isClosed) return work(this);
    const whole = await ByteRange.open(this.path);
    try {
      return await work(whole.slice(this.start, this.size, "what was there before"));
    } finally {
      await whole.close();
    }
  }

  async close(): Promise<void> {
    this.file.isClosed = true;
    await this.file.handle.close();
  }

  private async fill(buffer: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < buffer.length;) {
      const length = Math.min(buffer.length - done, maxRead);
      const { bytesRead } = await this.file.handle
        .read(buffer, done, length, this.start + offset + done)
        .catch((error: unknown) => {
          throw pathError(this.path, error);
        });
      if (bytesRead === 0) {
        throw new EngineError(
          "weights.format",
          `${this.path}: the file ended while it was being read`,
        );
      }
      done += bytesRead;
    }
  }

  private check(offset: number, length: number, what: string): void {
    const isInside =
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= this.size;
    if (isInside) return;
    const [first, last] = [this.start + offset, this.start + offset + length];
    const found = this.start === 0 ? "the file has" : "its part of the file ends at";
    throw new EngineError(
      "weights.format",
      `${this.path}: expected ${what} at bytes ${first} to ${last}, ${found} ${this.start + this.size}`,
      { hint: "The file is cut short or damaged: download or copy it again." },
    );
  }
}

/**
 * Open a plain file for reading; the caller closes the handle.
 * @returns `real`: the absolute path without symbolic links, as ONNX Runtime wants it
 * @throws EngineError "path.missing" or "path.unreadable"
 */
export async function openToRead(
  path: string,
): Promise<{ handle: FileHandle; real: string; sizeBytes: number }> {
  try {
    const real = await realpath(path);
    const info = await stat(real);
    if (!info.isFile()) {
      throw new EngineError("path.unreadable", `${path}: expected a file, found something else`);
    }
    return { handle: await open(real, constants.O_RDONLY), real, sizeBytes: info.size };
  } catch (error) {
    throw error instanceof EngineError ? error : pathError(path, error);
  }
}

/** A file system refusal in the user's words. */
export function pathError(path: string, error: unknown): EngineError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new EngineError("path.missing", `${path}: nothing is there`, {
      hint: "Check the spelling; a relative path counts from the folder the program was started in.",
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new EngineError("path.unreadable", `${path}: cannot be read: ${reason}`, {
    hint: "Check the permissions of the file and of the folders above it.",
    cause: error,
  });
}
