/**
 * What torch.save wrote before PyTorch 1.6, and still does on request: five pickles one after the
 * other (a magic number, the protocol, the machine, the object, the keys), then the storages.
 */
import { EngineError } from "../protocol/errors.ts";
import { checkpointNames } from "./allowed-names.ts";
import type { ByteRange } from "./byte-range.ts";
import { EndOfPickle } from "./pickle-cursor.ts";
import { PickledDict, PickledList, UnexpectedArguments, type Pickled } from "./pickled.ts";
import { dtypeBytes } from "./stored-dtypes.ts";
import { torchStorage, type TorchStorage } from "./torch-objects.ts";
import type { TorchSave } from "./torch-zip.ts";
import { damaged, maxPickleBytes, unpickle } from "./unpickle.ts";

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;
/** How much is read at first; doubled until the pickle fits. */
const firstWindow = 2 ** 20;

/**
 * One of PyTorch's own, or a pickle alone, which may hold NumPy arrays.
 * @throws EngineError "weights.format"
 */
export async function readTorchLegacy(file: ByteRange): Promise<TorchSave> {
  const roots = new Map<string, TorchStorage>();
  const stream = new PickleStream(file, (id) => {
    const storage = torchStorage(id);
    const known = roots.get(storage.key);
    if (known && (known.rootBytes !== storage.rootBytes || known.dtype !== storage.dtype)) {
      throw new UnexpectedArguments("one storage has two sizes");
    }
    roots.set(storage.key, storage);
    return storage;
  });
  const first = await stream.next();
  if (first !== magicNumber) {
    const nowhere = () => {
      throw damaged(file.path, "its tensors have no storages beside it");
    };
    return {
      root: first,
      pickleBytes: stream.position,
      isBigEndian: false,
      check: nowhere,
      place: nowhere,
    };
  }
  if ((await stream.next()) !== protocolVersion) {
    throw damaged(file.path, "it is of a version of torch.save that nobody wrote");
  }
  const machine = await stream.next();
  const isBigEndian = machine instanceof PickledDict && machine.get("little_endian") === false;
  const root = await stream.next();
  const pickleBytes = stream.position;
  const keys = await stream.next();
  const offsets = await findStorages(file, stream.position, keys, roots, isBigEndian);
  const offsetOf = (storage: TorchStorage): number => {
    const byteOffset = offsets.get(storage.key);
    if (byteOffset !== undefined) return byteOffset;
    throw damaged(file.path, `the storage ${storage.key} is not in its list`);
  };
  return {
    root,
    pickleBytes,
    isBigEndian,
    check: (storage) => void offsetOf(storage),
    place: async (storage) => ({
      kind: "file",
      path: file.path,
      byteOffset: file.start + offsetOf(storage),
    }),
  };
}

/** Pickles one after the other, each read as far as it goes. */
class PickleStream {
  position = 0;

  constructor(
    private readonly file: ByteRange,
    private readonly persistent: (id: Pickled) => Pickled,
  ) {}

  async next(): Promise<Pickled> {
    const { file, persistent } = this;
    const left = Math.min(file.size - this.position, maxPickleBytes);
    for (let window = Math.min(left, firstWindow); ; window = Math.min(left, 2 * window)) {
      const bytes = await file.read(this.position, window, "a pickle");
      try {
        const { value, end } = unpickle(bytes, {
          where: file.path,
          names: checkpointNames,
          persistent,
        });
        this.position += end;
        return value;
      } catch (error) {
        if (!(error instanceof EndOfPickle)) throw error;
        if (window === left || error.needed > left) {
          throw damaged(
            file.path,
            "it ends in the middle of the pickle, or the pickle is too long",
          );
        }
      }
    }
  }
}

/** Where each storage begins: they follow one another, each after the number of its elements. */
async function findStorages(
  file: ByteRange,
  start: number,
  keys: Pickled,
  roots: ReadonlyMap<string, TorchStorage>,
  isBigEndian: boolean,
): Promise<Map<string, number>> {
  const list = keys instanceof PickledList ? (keys.items ?? []) : undefined;
  if (!list) throw damaged(file.path, "the list of its storages is none");
  const offsets = new Map<string, number>();
  let at = start;
  for (const key of list) {
    const storage = typeof key === "string" ? roots.get(key) : undefined;
    if (!storage || offsets.has(storage.key)) {
      throw damaged(file.path, "its list of storages names one that no tensor has, or one twice");
    }
    const header = await file.read(at, 8, "the size of a storage");
    const count = isBigEndian ? header.readBigInt64BE() : header.readBigInt64LE();
    const itemBytes = storage.dtype === undefined ? 1 : dtypeBytes[storage.dtype]!;
    if (count * BigInt(itemBytes) !== BigInt(storage.rootBytes)) {
      throw damaged(
        file.path,
        `a storage claims ${count} elements, its tensors expect ${storage.rootBytes / itemBytes}`,
      );
    }
    offsets.set(storage.key, at + 8);
    at += 8 + storage.rootBytes;
    if (at > file.size) {
      throw new EngineError(
        "weights.format",
        `${file.path}: the file is cut short: a storage ends at byte ${at}, the file has ${file.size}`,
        { hint: "Download or copy the file again." },
      );
    }
  }
  return offsets;
}
