/** Files of a labelled set into a folder: pictures, masks of numbers, depth maps and lists. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { writing } from "../files/disk-refusal.ts";
import type { Picture } from "../labels/labelled.ts";

/** PNG keeps every pixel; some tools look for .jpg by name. */
export const imageFormats = ["png", "jpg"] as const;
export type ImageFormat = (typeof imageFormats)[number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Everything lies in one folder, at paths relative to it. */
export class FolderWriter {
  constructor(
    private readonly folder: string,
    private readonly format: ImageFormat,
  ) {}

  /** @param path without extension. @returns the path with it */
  async picture(path: string, { pixels, width, height }: Picture): Promise<string> {
    const image = sharp(pixels, { raw: { width, height, channels: 3 } });
    const file = `${path}.${this.format}`;
    const encoded =
      this.format === "png"
        ? image.png({ compressionLevel: 6 })
        : image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" });
    await this.write(file, await encoded.toBuffer());
    return file;
  }

  /**
   * A greyscale PNG of 8 or 16 bits, by the type of the numbers.
   * @param values [height, width]
   * @param path without extension
   */
  async numbers(
    path: string,
    values: Uint8Array | Uint16Array,
    { width, height }: Size,
  ): Promise<string> {
    const file = `${path}.png`;
    const image = sharp(values, { raw: { width, height, channels: 1 } });
    const space = values instanceof Uint16Array ? "grey16" : "b-w";
    await this.write(file, await image.toColourspace(space).png().toBuffer());
    return file;
  }

  /** @throws EngineError "disk.full", "path.unwritable" */
  async write(path: string, content: Uint8Array | string): Promise<void> {
    const file = join(this.folder, path);
    await writing(
      file,
      async () => {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content);
      },
      { full: "Make room, or write fewer or smaller scenes; nothing half-written is left." },
    );
  }
}
