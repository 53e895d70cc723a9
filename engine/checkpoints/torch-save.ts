/** Anything that torch.save writes, of either age, as stored tensors and the values beside them. */
import { EngineError } from "../protocol/errors.ts";
import type { ByteRange } from "./byte-range.ts";
import { flatten } from "./flatten.ts";
import { type NumpyArray, numpyDtype } from "./numpy-objects.ts";
import { dtypeBytes } from "./stored-dtypes.ts";
import {
  rowMajorStrides,
  storedTensor,
  type Piece,
  type PieceBytes,
  type StoredTensor,
} from "./stored-tensor.ts";
import { readTorchLegacy } from "./torch-legacy.ts";
import { TorchTensor } from "./torch-objects.ts";
import { readTorchZip, type TorchSave } from "./torch-zip.ts";

export interface SavedObjects {
  readonly isZip: boolean;
  readonly tensors: readonly StoredTensor[];
  readonly values: Readonly<Record<string, string>>;
}

/** @throws EngineError "weights.format" */
export async function readTorchSave(range: ByteRange): Promise<SavedObjects> {
  const { save, isZip } = await readEither(range);
  const { tensors, values } = flatten(save.root, range.path, save.pickleBytes);
  for (const { tensor } of tensors) {
    if (tensor instanceof TorchTensor) save.check(tensor.storage);
  }
  return {
    isZip,
    tensors: tensors.map(({ name, tensor }) => toStored(name, tensor, save, range)),
    values,
  };
}

/** A torch.save of one tensor and nothing else. */
export async function readSavedTensor(
  range: ByteRange,
  where: string,
): Promise<{ dtype: string; shape: readonly number[]; piece: Piece }> {
  const { save } = await readEither(range);
  const tensor = save.root;
  if (!(tensor instanceof TorchTensor)) {
    throw new EngineError(
      "weights.format",
      `${where}: expected one tensor, received another object`,
      {
        hint: "The checkpoint is damaged: copy all of its files again.",
      },
    );
  }
  const { dtype, shape } = tensor;
  return { dtype, shape, piece: await torchPiece(tensor, save) };
}

async function readEither(range: ByteRange): Promise<{ save: TorchSave; isZip: boolean }> {
  const start = await range.read(0, Math.min(4, range.size), "its first bytes");
  const isZip = start.toString("latin1") === "PK\x03\x04";
  return { save: isZip ? await readTorchZip(range) : await readTorchLegacy(range), isZip };
}

function toStored(
  name: string,
  tensor: TorchTensor | NumpyArray,
  save: TorchSave,
  { path }: ByteRange,
): StoredTensor {
  if (tensor instanceof TorchTensor) {
    const { dtype, shape } = tensor;
    return storedTensor({ name, dtype, shape }, async () => [await torchPiece(tensor, save)]);
  }
  const { shape, isFortran } = tensor;
  const dtype = numpyDtype(tensor.dtype.code);
  if (dtype === undefined) throw new EngineError("weights.format", `${path}, ${name}: no numbers`);
  const strides = isFortran
    ? rowMajorStrides([...shape].reverse()).reverse()
    : rowMajorStrides(shape);
  const piece = (): Piece => ({
    bytes: { kind: "memory", bytes: tensor.bytes },
    origin: shape.map(() => 0),
    shape,
    strides,
    isBigEndian: tensor.dtype.isBigEndian,
  });
  return storedTensor({ name, dtype, shape }, async () => [piece()]);
}

async function torchPiece(tensor: TorchTensor, save: TorchSave): Promise<Piece> {
  const { storage, dtype, shape, strides } = tensor;
  const bytes = storage.offsetBytes + tensor.offset * dtypeBytes[dtype]!;
  return {
    bytes: furtherOn(await save.place(storage), bytes),
    origin: shape.map(() => 0),
    shape,
    strides,
    isBigEndian: save.isBigEndian,
  };
}

/** The same bytes without the first ones. */
function furtherOn(place: PieceBytes, bytes: number): PieceBytes {
  if (place.kind === "file") return { ...place, byteOffset: place.byteOffset + bytes };
  if (place.kind === "deflated") return { ...place, skipBytes: place.skipBytes + bytes };
  return { ...place, bytes: place.bytes.subarray(bytes) };
}
