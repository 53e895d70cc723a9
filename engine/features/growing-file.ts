/** A file that grows under a hidden name beside its own, and gets its own when it is whole. */
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { writing as writingFile } from "../files/disk-refusal.ts";
import { temporaryName } from "../files/durable.ts";

export class GrowingFile {
  private size = 0;

  private constructor(
    readonly path: string,
    readonly temporary: string,
    private readonly handle: FileHandle,
  ) {}

  /** @throws EngineError "path.unwritable" */
  static async create(path: string): Promise<GrowingFile> {
    const temporary = temporaryName(path);
    const handle = await writing(path, () => open(temporary, "wx"));
    return new GrowingFile(path, temporary, handle);
  }

  get sizeBytes(): number {
    return this.size;
  }

  /** @throws EngineError "disk.full", "path.unwritable" */
  async append(data: ArrayBufferView): Promise<void> {
    await this.writeAt(this.size, data);
    this.size += data.byteLength;
  }

  /** Over what is there, or where nothing is yet. */
  async writeAt(position: number, data: ArrayBufferView): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await writing(this.path, async () => {
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(bytes.length - done, 2 ** 30);
        done += (await this.handle.write(bytes, done, length, position + done)).bytesWritten;
      }
    });
  }

  /** Leave so many bytes free for what is known at the end. */
  skip(bytes: number): void {
    this.size += bytes;
  }

  /** On the disk, still under its hidden name. */
  async close(): Promise<void> {
    await writing(this.path, () => this.handle.sync());
    await this.handle.close();
  }

  /** After close: under its own name, in place of what was there. */
  async publish(): Promise<void> {
    await writing(this.path, () => rename(this.temporary, this.path));
  }

  /** Nothing of it is left. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {}); // It may be closed.
    await rm(this.temporary, { force: true }).catch(() => {});
  }
}

/** {@link writing}, with what to do about features that do not fit. */
export function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  return writingFile(path, work, {
    full: "Make room, or write fewer tokens, or halves with --precision fp16.",
  });
}
