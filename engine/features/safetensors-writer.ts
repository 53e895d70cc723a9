/**
 * Tensors `IMAGE/cls`, `IMAGE/patches` and so on in one safetensors file. Its header comes first and is
 * known last: room for the longest that it can become is left, and filled with spaces as the format
 * allows.
 */
import { EngineError } from "../protocol/errors.ts";
import type { FeatureWriter, WriterOptions } from "./feature-writer.ts";
import { GrowingFile } from "./growing-file.ts";
import { separateKinds, type ImageFeatures } from "./image-features.ts";

/** Readers of the format refuse longer headers. */
const mostHeaderBytes = 100_000_000;

/** What is said of a tensor besides its name: dtype, two sides and two offsets of 15 digits at most. */
const entryBytes = JSON.stringify({
  dtype: "F16",
  shape: [2 ** 32, 2 ** 32],
  data_offsets: [999_999_999_999_999, 999_999_999_999_999],
}).length;

const metadataBytes = 16_384;

/** @throws EngineError "option.invalid" for more images than a header can name */
export async function safetensorsWriter(options: WriterOptions): Promise<FeatureWriter> {
  const { path, precision, names } = options;
  const room = roomFor(options);
  if (room > mostHeaderBytes) {
    throw new EngineError(
      "option.invalid",
      `${path}: ${names.length} images are more than the header of one safetensors file can name`,
      { hint: "Write .npy, .npz or .parquet, or folder by folder." },
    );
  }
  const file = await GrowingFile.create(path);
  file.skip(8 + room);
  const entries: [string, unknown][] = [];
  const dtype = precision === "fp16" ? "F16" : "F32";
  return {
    async append(image: ImageFeatures) {
      for (const { name, shape, values } of image.arrays) {
        const start = file.sizeBytes - 8 - room;
        await file.append(values);
        const data_offsets = [start, file.sizeBytes - 8 - room];
        entries.push([`${image.name}/${name}`, { dtype, shape, data_offsets }]);
      }
    },
    async finish(about) {
      // Not an object literal, so that an image may be called "__proto__".
      const json = JSON.stringify(Object.fromEntries([["__metadata__", about], ...entries]));
      const header = Buffer.alloc(8 + room, " ");
      header.writeBigUInt64LE(BigInt(room));
      if (header.write(json, 8) < Buffer.byteLength(json)) {
        throw new Error("internal: the header is longer than was thought possible");
      }
      await file.writeAt(0, header);
      await file.close();
      await file.publish();
    },
    discard: () => file.discard(),
  };
}

/** @returns bytes, a multiple of 8 so that the values are aligned */
function roomFor({ names, tokens }: WriterOptions): number {
  const kinds = tokens === "all" ? separateKinds : [tokens];
  let bytes = metadataBytes;
  for (const name of names) {
    for (const kind of kinds) {
      bytes += Buffer.byteLength(JSON.stringify(`${name}/${kind}`)) + entryBytes + 2;
    }
  }
  return Math.ceil(bytes / 8) * 8;
}
