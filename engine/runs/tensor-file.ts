/** Named tensors in one safetensors file and back, bit for bit. */
import type { HostTensor } from "../executors/executor.ts";
import { isFloatDtype, toFloat32 } from "../executors/float-formats.ts";
import { EngineError } from "../protocol/errors.ts";
import { openToRead, readSafetensors, type TensorEntry } from "../weights/safetensors.ts";
import { writeSafetensors } from "../weights/write-safetensors.ts";

export type HostTensors = Readonly<Record<string, HostTensor>>;

/** @throws EngineError "path.unwritable"; nothing is left behind then */
export async function writeTensors(path: string, tensors: HostTensors): Promise<void> {
  await writeSafetensors(
    path,
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => ({
      name,
      dtype: dtype === "int32" ? "I32" : "F32",
      shape,
      data,
    })),
    { format: "pt" },
  );
}

/**
 * Every tensor of a file, or those that `wanted` picks; F16 and BF16 become float32.
 * @throws EngineError "path.missing", "path.unreadable", "weights.format"
 */
export async function readTensors(
  path: string,
  wanted: (name: string) => boolean = () => true,
): Promise<Record<string, HostTensor>> {
  const { tensors } = await readSafetensors(path);
  const { handle } = await openToRead(path);
  try {
    const read: [string, HostTensor][] = [];
    for (const entry of tensors.values()) {
      if (!wanted(entry.name)) continue;
      const bytes = new Uint8Array(entry.byteLength);
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(bytes.length - done, 2 ** 30);
        const { bytesRead } = await handle.read(bytes, done, length, entry.byteOffset + done);
        if (bytesRead === 0) {
          throw new EngineError(
            "weights.format",
            `${path}: the file ended while it was being read`,
          );
        }
        done += bytesRead;
      }
      read.push([entry.name, toHost(path, entry, bytes)]);
    }
    return Object.fromEntries(read);
  } finally {
    await handle.close();
  }
}

function toHost(
  path: string,
  { name, dtype, shape }: TensorEntry,
  bytes: Uint8Array<ArrayBuffer>,
): HostTensor {
  if (dtype === "I32") return { dtype: "int32", shape, data: new Int32Array(bytes.buffer) };
  if (isFloatDtype(dtype)) return { dtype: "float32", shape, data: toFloat32(bytes, dtype) };
  throw new EngineError(
    "weights.format",
    `${path}, ${name}: expected dtype F32, F16, BF16 or I32, received ${dtype}`,
  );
}
