/** One .npy array [images, ...] with the images' names in a .json beside it. */
import type { FeatureWriter, WriterOptions } from "./feature-writer.ts";
import { SameShapes } from "./feature-writer.ts";
import { GrowingFile } from "./growing-file.ts";
import type { ImageFeatures } from "./image-features.ts";
import { NpyArray } from "./npy-array.ts";

/** Where the names of `features.npy` lie: `features.npy.json`. */
export function namesPath(path: string): string {
  return `${path}.json`;
}

export async function npyWriter({ path, precision }: WriterOptions): Promise<FeatureWriter> {
  const array = await NpyArray.create(path, precision);
  const shapes = new SameShapes();
  const names: string[] = [];
  let sidecar: GrowingFile | undefined;
  return {
    async append(image: ImageFeatures) {
      shapes.check(image);
      await array.append(image.arrays[0]!);
      names.push(image.name);
    },
    async finish(about) {
      await array.close();
      sidecar = await GrowingFile.create(namesPath(path));
      await sidecar.append(Buffer.from(`${JSON.stringify({ ...about, names }, undefined, 1)}\n`));
      await sidecar.close();
      // The names first: an array without them would be taken for whole.
      await sidecar.publish();
      await array.file.publish();
    },
    async discard() {
      await array.file.discard();
      await sidecar?.discard();
    },
  };
}
