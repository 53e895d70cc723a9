/** A checkpoint of any kind that is read, by what its first bytes say: what it holds and where. */
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { ByteRange, pathError } from "./byte-range.ts";
import { readNpy, readNpz, type NpyArray } from "./numpy-files.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { readDistributed } from "./torch-distributed.ts";
import { readTorchSave } from "./torch-save.ts";
import { isTorchZip } from "./torch-zip.ts";
import { readZipDirectory } from "./zip-directory.ts";

export const checkpointFormats = [
  "PyTorch",
  "PyTorch, before 1.6",
  "PyTorch, distributed",
  "NumPy",
  "NumPy, archive",
] as const;
export type CheckpointFormat = (typeof checkpointFormats)[number];

export interface Checkpoint {
  readonly format: CheckpointFormat;
  /** Of its files together. */
  readonly sizeBytes: number;
  /** Names are unique. */
  readonly tensors: readonly StoredTensor[];
  /** What lies beside the tensors, written out for people: "epoch" -> "12". */
  readonly values: Readonly<Record<string, string>>;
}

/** Endings that such files have. What is in them decides; the ending only says that it is worth a look. */
export const checkpointEndings = [
  ".pth",
  ".pt",
  ".bin",
  ".ckpt",
  ".tar",
  ".pkl",
  ".npz",
  ".npy",
] as const;

/**
 * @param path a file, or the folder of a distributed checkpoint
 * @throws EngineError "path.missing", "path.unreadable"; "weights.format" for another format, for what
 *   is cut short, and for everything that only an attacker would write
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  if (await isDistributed(path)) return openDistributed(path);
  const file = await ByteRange.open(path);
  try {
    const start = await file.read(0, Math.min(file.size, 512), "its first bytes");
    if (start.toString("latin1", 0, 4) === "PK\x03\x04") return await openArchive(file);
    if (start.toString("latin1", 0, 6) === "\x93NUMPY") {
      const name = basename(path).replace(/\.npy$/, "");
      return { format: "NumPy", sizeBytes: file.size, ...arrays([await readNpy(file, name)]) };
    }
    if (start[0] === 0x80) {
      const { tensors, values } = await readTorchSave(file);
      return { format: "PyTorch, before 1.6", sizeBytes: file.size, tensors, values };
    }
    throw new EngineError(
      "weights.format",
      `${path}: expected a checkpoint of PyTorch or NumPy, received ${describeStart(start)}`,
      { hint: "Save model.state_dict() with torch.save, or the model as safetensors." },
    );
  } finally {
    await file.close();
  }
}

/** Whether a folder is a checkpoint of torch.distributed.checkpoint. */
export async function isDistributed(path: string): Promise<boolean> {
  return (await stat(join(path, ".metadata")).catch(() => undefined))?.isFile() === true;
}

async function openArchive(file: ByteRange): Promise<Checkpoint> {
  const entries = await readZipDirectory(file);
  if (isTorchZip(entries)) {
    const { tensors, values } = await readTorchSave(file);
    return { format: "PyTorch", sizeBytes: file.size, tensors, values };
  }
  if (entries.length > 0 && entries.every(({ name }) => name.endsWith(".npy"))) {
    return {
      format: "NumPy, archive",
      sizeBytes: file.size,
      ...arrays(await readNpz(file, entries)),
    };
  }
  const names = entries.slice(0, 3).map(({ name }) => name);
  throw new EngineError(
    "weights.format",
    `${file.path}: expected what torch.save or numpy.savez writes, received an archive with ${names.join(", ") || "nothing in it"}`,
    { hint: "Unpack it, and open the weights that are in it." },
  );
}

async function openDistributed(path: string): Promise<Checkpoint> {
  const { tensors, others, paths } = await readDistributed(path);
  let sizeBytes = 0;
  for (const file of paths) {
    const info = await stat(file).catch((error: unknown) => {
      throw pathError(file, error);
    });
    sizeBytes += info.size;
  }
  const values = others.length > 0 ? { "also holds": others.slice(0, 20).join(", ") } : {};
  return { format: "PyTorch, distributed", sizeBytes, tensors, values };
}

/** Arrays that hold no numbers are told beside the others. */
function arrays(found: readonly NpyArray[]): Pick<Checkpoint, "tensors" | "values"> {
  return {
    tensors: found.flatMap((array) => (array.kind === "tensor" ? [array.tensor] : [])),
    values: Object.fromEntries(
      found.flatMap((array) =>
        array.kind === "skipped" ? [[array.name, `left out: ${array.reason}`]] : [],
      ),
    ),
  };
}

/** What the first bytes look like, for the message. */
function describeStart(bytes: Buffer): string {
  if (bytes.length === 0) return "an empty file";
  if (bytes.toString("latin1", 0, 8).startsWith("version ")) return "a Git LFS pointer";
  if (bytes.toString("latin1", 257, 262) === "ustar") {
    return "a tar archive, which PyTorch wrote before 0.1.10";
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "a gzip file";
  if (bytes[8] === 0x7b) return "safetensors under another name";
  if (/^\s*<(!doctype|html)/i.test(bytes.toString("latin1", 0, 64))) return "a web page";
  return `other data (first bytes ${bytes.subarray(0, 8).toString("hex")})`;
}
