/**
 * The bad files of which the program must say what is wrong: one list for the command line and for
 * the engine behind the page.
 */
import { appendFile, open, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { ErrorCode } from "../../engine/protocol/errors.ts";
import { readSafetensors } from "../../engine/weights/safetensors.ts";
import {
  copyModel,
  editHeader,
  editJson,
  fixtures,
  removeFolder,
  type Header,
} from "../weights/broken-models.ts";

export interface BadInput {
  /** What is wrong with it. */
  readonly what: string;
  readonly code: ErrorCode;
  /** What the message must say: expected, received, where. */
  readonly words: readonly RegExp[];
}

export interface BadModel extends BadInput {
  /** Spoil a copy of test/fixtures/vit/mlp. @returns the path to open; absent, the folder */
  spoil(folder: string): Promise<string | undefined>;
}

export interface BadImage extends BadInput {
  readonly name: string;
  bytes(photograph: Uint8Array): Uint8Array;
  /** Refused only with this size. */
  readonly size?: "native";
}

const weights = "model.safetensors";
const inHeader = (edit: (header: Header) => void) => async (folder: string) => {
  await editHeader(join(folder, weights), edit);
  return undefined;
};

/** Overwrite one float32 of a tensor. */
const poison = (tensor: string, value: number) => async (folder: string) => {
  const path = join(folder, weights);
  const { byteOffset } = (await readSafetensors(path)).tensors.get(tensor)!;
  const handle = await open(path, "r+");
  await handle.write(Float32Array.of(value), 0, 4, byteOffset + 4 * 7);
  await handle.close();
  return undefined;
};

export const badModels: readonly BadModel[] = [
  {
    what: "weights that are cut short",
    code: "weights.format",
    words: [/model\.safetensors/, /cut short|ends|beyond/],
    spoil: async (folder) => {
      await truncate(join(folder, weights), 300_000);
      return undefined;
    },
  },
  {
    what: "weights whose header is cut short",
    code: "weights.format",
    words: [/model\.safetensors/, /cut short/, /has 100/],
    spoil: async (folder) => {
      await truncate(join(folder, weights), 100);
      return undefined;
    },
  },
  {
    what: "tensors that overlap",
    code: "weights.format",
    words: [/model\.safetensors/, /overlap/],
    spoil: inHeader((header) => {
      const [start, end] = header["layer.0.norm1.bias"]!.data_offsets as [number, number];
      header["norm.bias"]!.data_offsets = [start, end];
    }),
  },
  {
    what: "a header that claims to be larger than any file",
    code: "weights.format",
    words: [/model\.safetensors/, /expected a safetensors file/],
    spoil: async (folder) => {
      const path = join(folder, weights);
      const bytes = await readFile(path);
      bytes.writeBigUInt64LE(2n ** 62n, 0);
      await writeFile(path, bytes);
      return undefined;
    },
  },
  {
    what: "a tensor that claims more bytes than the file has",
    code: "weights.format",
    words: [/model\.safetensors/, /norm\.weight/],
    spoil: inHeader((header) => {
      header["norm.weight"] = { dtype: "F32", shape: [2 ** 40], data_offsets: [0, 2 ** 42] };
    }),
  },
  {
    what: "weights that are no safetensors",
    code: "weights.format",
    words: [/model\.safetensors/, /expected a safetensors file/, /ZIP|PyTorch/i],
    spoil: async (folder) => {
      await writeFile(join(folder, weights), Buffer.from("PK\x03\x04 a PyTorch archive, perhaps"));
      return undefined;
    },
  },
  {
    what: "empty weights",
    code: "weights.format",
    words: [/model\.safetensors/, /0 bytes/],
    spoil: async (folder) => {
      await truncate(join(folder, weights), 0);
      return undefined;
    },
  },
  {
    what: "a weight that is NaN",
    code: "weights.values",
    words: [/layer\.1\.norm2\.bias \[64\]/, /expected finite values/, /value 7 is NaN/],
    spoil: poison("layer.1.norm2.bias", NaN),
  },
  {
    what: "a weight that is infinite",
    code: "weights.values",
    words: [/layer\.0\.mlp\.up_proj\.weight/, /expected finite values/, /value 7 is -Infinity/],
    spoil: poison("layer.0.mlp.up_proj.weight", -Infinity),
  },
  {
    what: "a tensor that is missing",
    code: "weights.missing",
    words: [/layer\.1\.attention\.q_proj\.weight/, /\[64, 64\]/],
    spoil: inHeader((header) => {
      delete header["layer.1.attention.q_proj.weight"];
    }),
  },
  {
    what: "a tensor too many",
    code: "weights.extra",
    words: [/layer\.0\.attention\.secret\.weight/, /\[2, 3\]/],
    spoil: async (folder) => {
      const path = join(folder, weights);
      await editHeader(path, (header) => {
        const { __metadata__: _, ...tensors } = header;
        const ends = Object.values(tensors).map((entry) => entry.data_offsets[1]!);
        const end = Math.max(...ends);
        const data_offsets = [end, end + 24];
        header["layer.0.attention.secret.weight"] = { dtype: "F32", shape: [2, 3], data_offsets };
      });
      await appendFile(path, new Uint8Array(24));
      return undefined;
    },
  },
  {
    what: "a tensor of the wrong shape",
    code: "weights.shape",
    words: [/layer\.2\.mlp\.up_proj\.weight/, /expected \[96, 64\]/, /\[64, 96\]/],
    spoil: inHeader((header) => {
      header["layer.2.mlp.up_proj.weight"]!.shape = [64, 96];
    }),
  },
  {
    what: "a configuration that contradicts the weights",
    code: "config.contradicts",
    words: [/num_hidden_layers|layers|blocks/, /4/, /3/],
    spoil: async (folder) => {
      await editJson(join(folder, "config.json"), { num_hidden_layers: 4 });
      return undefined;
    },
  },
  {
    what: "a model type that is not known",
    code: "model.unknown",
    words: [/config\.json/, /"resnet"/, /dinov3_vit/],
    spoil: async (folder) => {
      await editJson(join(folder, "config.json"), { model_type: "resnet" });
      return undefined;
    },
  },
  {
    what: "a configuration that is not JSON",
    code: "config.invalid",
    words: [/config\.json/, /expected JSON/],
    spoil: async (folder) => {
      await writeFile(join(folder, "config.json"), "{");
      return undefined;
    },
  },
  {
    what: "a path that does not exist",
    code: "path.missing",
    words: [/no-such-model/],
    spoil: (folder) => Promise.resolve(join(folder, "no-such-model")),
  },
  {
    what: "a folder that holds no model",
    code: "path.missing",
    words: [/config\.json and model\.safetensors/, /make_vit|vit|holds/],
    spoil: () => Promise.resolve(join(fixtures, "..")),
  },
];

/** Spoil a copy of a model, hand its path over, and clear it away. */
export async function withBadModel<T>(
  bad: BadModel,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await copyModel("mlp");
  try {
    return await use((await bad.spoil(folder)) ?? folder);
  } finally {
    await removeFolder(folder);
  }
}

export const badImages: readonly BadImage[] = [
  {
    what: "an image that is cut short",
    name: "half.jpg",
    code: "image.truncated",
    words: [/half\.jpg/, /expected a whole JPEG file/],
    bytes: (photograph) => photograph.subarray(0, Math.floor(photograph.length / 2)),
  },
  {
    what: "an image of 0 bytes",
    name: "empty.png",
    code: "image.format",
    words: [/empty\.png/, /expected JPEG, PNG/, /0 bytes/],
    bytes: () => new Uint8Array(0),
  },
  {
    what: "an image of 20,000 x 20,000 pixels",
    name: "vast.png",
    code: "image.size",
    words: [/vast\.png/, /expected at most 100 megapixels/, /20000 × 20000/],
    bytes: () => pngOf(20_000, 20_000),
  },
  {
    what: "a file that is no image",
    name: "letter.jpg",
    code: "image.format",
    words: [/letter\.jpg/, /expected JPEG, PNG/, /received/],
    bytes: () => new TextEncoder().encode("Dear reader, this is not a photograph."),
  },
  {
    what: "an image smaller than a patch",
    name: "tiny.png",
    code: "image.size",
    size: "native",
    words: [/15 × 15 px/, /at least one patch of 16 × 16 px/],
    bytes: () => tinyPng,
  },
];

/** The signature, an IHDR chunk, and an IDAT chunk that ends early. */
function pngOf(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write("IHDR", 4, "latin1");
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  header.set([8, 2, 0, 0, 0], 16);
  header.writeUInt32BE(crc32(header.subarray(4, 21)), 21);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, header, Buffer.from("\0\0\x10\0IDAT\x78\x9c", "latin1")]);
}

/** 15 x 15 pixels of grey. */
const tinyPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAA8AAAAPCAIAAAC0tAIdAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAE0lEQVQoz2NoIAUwjKoeVT3AqgHyzFGQ4dMJSwAAAABJRU5ErkJggg==",
  "base64",
);
