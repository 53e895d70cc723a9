/** Checkpoints made to measure: the tensors of a fixture under other names, in other dtypes and containers. */
import { assemble } from "../../engine/checkpoints/assemble.ts";
import { op, pickle, tensor, torchZip, zip } from "./hostile-files.ts";
import { tensorsOf } from "./stored-values.ts";

export interface PlainTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

/** flat.pth, by the official names. */
export async function officialTensors(): Promise<Record<string, PlainTensor>> {
  const all: Record<string, PlainTensor> = {};
  for (const [name, stored] of Object.entries(await tensorsOf("flat.pth"))) {
    const { dtype, shape } = stored;
    all[name] = { dtype, shape, bytes: Buffer.from(await assemble(stored)) };
  }
  return all;
}

const storageTypes: Readonly<Record<string, string>> = {
  F32: "FloatStorage",
  BF16: "BFloat16Storage",
  F16: "HalfStorage",
  I64: "LongStorage",
};
const newDtypes: Readonly<Record<string, string>> = {
  F8_E4M3: "float8_e4m3fn",
  F8_E5M2: "float8_e5m2",
};

/** A flat state dict as torch.save writes it; dtypes that are newer than storages as PyTorch 2.1 does. */
export function stateDict(
  tensors: Readonly<Record<string, PlainTensor>>,
  options: { readonly isBigEndian?: boolean } = {},
): Buffer {
  const storages: Record<string, Buffer> = {};
  const pairs = Object.entries(tensors).map(
    ([name, { dtype, shape, bytes }], i): [string, Buffer] => {
      storages[String(i)] = bytes;
      const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
      const numel = shape.reduce((a, b) => a * b, 1);
      const common = { key: String(i), numel, shape, strides };
      const newer = newDtypes[dtype];
      return [
        name,
        newer === undefined
          ? tensor({ ...common, storageType: storageTypes[dtype]! })
          : tensor({
              ...common,
              storageType: "torch.storage.UntypedStorage",
              function: "_rebuild_tensor_v3",
              dtype: newer,
            }),
      ];
    },
  );
  const content = pickle(op.dict(...pairs));
  if (options.isBigEndian !== true) return torchZip(content, storages);
  return zip([
    { name: "archive/data.pkl", data: content },
    { name: "archive/byteorder", data: Buffer.from("big") },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
  ]);
}
