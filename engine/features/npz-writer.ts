/** Arrays [images, ...] in one .npz: `cls`, `patches` and so on, and the images' `names`. */
import { createReadStream } from "node:fs";
import { ZipFile } from "yazl";
import type { FeatureWriter, WriterOptions } from "./feature-writer.ts";
import { SameShapes } from "./feature-writer.ts";
import { GrowingFile } from "./growing-file.ts";
import type { ImageFeatures } from "./image-features.ts";
import { NpyArray, npyNames } from "./npy-array.ts";

/** Stored, as numpy.savez does; the same features give the same bytes. */
const entry = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true } as const;

export async function npzWriter({ path, precision }: WriterOptions): Promise<FeatureWriter> {
  // Where it cannot be written is told before anything is computed.
  const file = await GrowingFile.create(path);
  const arrays = new Map<string, NpyArray>();
  const shapes = new SameShapes();
  const names: string[] = [];
  const discardArrays = async () => {
    for (const array of arrays.values()) await array.file.discard();
  };
  return {
    async append(image: ImageFeatures) {
      shapes.check(image);
      for (const tokens of image.arrays) {
        const array =
          arrays.get(tokens.name) ??
          (await NpyArray.create(`${path}.${tokens.name}.npy`, precision));
        arrays.set(tokens.name, array);
        await array.append(tokens);
      }
      names.push(image.name);
    },
    async finish(about) {
      for (const array of arrays.values()) await array.close();
      const zip = new ZipFile();
      const output = zip.outputStream as NodeJS.ReadableStream & { destroy(error: Error): void };
      zip.on("error", (error: Error) => output.destroy(error));
      for (const [name, array] of arrays) {
        const stored = { ...entry, size: array.file.sizeBytes };
        zip.addReadStream(createReadStream(array.file.temporary), `${name}.npy`, stored);
      }
      zip.addBuffer(npyNames(names), "names.npy", entry);
      zip.addBuffer(npyNames([JSON.stringify(about)]), "about.npy", entry);
      zip.end();
      for await (const chunk of output) await file.append(chunk as Buffer);
      await file.close();
      await discardArrays();
      await file.publish();
    },
    async discard() {
      await discardArrays();
      await file.discard();
    },
  };
}
