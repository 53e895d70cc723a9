/**
 * A checkpoint of torch.distributed.checkpoint: a folder with a pickled .metadata and files
 * (__0_0.distcp) in which every piece of every tensor is a torch.save of its own.
 */
import { basename, join } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { checkpointNames, own } from "./allowed-names.ts";
import { ByteRange } from "./byte-range.ts";
import {
  PickledDict,
  PickledList,
  PickledName,
  PickledRecord,
  PickledTuple,
  UnexpectedArguments,
  wholeNumber,
  wholeNumbers,
  type AllowedName,
  type NameLookup,
  type Pickled,
} from "./pickled.ts";
import {
  checkTiling,
  maxPieces,
  storedTensor,
  type Piece,
  type StoredTensor,
} from "./stored-tensor.ts";
import { readSavedTensor } from "./torch-save.ts";
import { TorchDtype } from "./torch-objects.ts";
import { damaged, maxPickleBytes, unpickleWhole } from "./unpickle.ts";

export interface DistributedCheckpoint {
  readonly tensors: readonly StoredTensor[];
  /** Names of what was pickled beside the tensors: numbers, groups of an optimiser. */
  readonly others: readonly string[];
  /** The folder's files that hold them, absolute. */
  readonly paths: readonly string[];
}

/** The classes of .metadata, in PyTorch 1.13 and since; all of them dataclasses. */
const modules = [
  "torch.distributed.checkpoint.metadata",
  "torch.distributed.checkpoint.filesystem",
  "torch.distributed._shard.checkpoint.metadata",
  "torch.distributed._shard.checkpoint.filesystem",
  "torch.distributed._shard.sharded_tensor.metadata",
];
const classes = [
  "Metadata",
  "MetadataIndex",
  "StorageMeta",
  "TensorStorageMetadata",
  "BytesStorageMetadata",
  "ChunkStorageMetadata",
  "TensorProperties",
  "MEM_FORMAT_ENCODING",
  "_MEM_FORMAT_ENCODING",
  "_StorageInfo",
];
const metadataClasses: Readonly<Record<string, AllowedName>> = Object.fromEntries(
  modules.flatMap((module) =>
    classes.map((name) => {
      const path = `${module}.${name}`;
      return [path, { call: (args: readonly Pickled[]) => new PickledRecord(path, args) }];
    }),
  ),
);

/** Python 3.11 writes a member of an enumeration as getattr(class, name). */
const memberOf: AllowedName = {
  call: ([type, name]) => {
    const isFormat = type instanceof PickledName && /\._?MEM_FORMAT_ENCODING$/.test(type.path);
    if (isFormat && typeof name === "string") return name;
    throw new UnexpectedArguments("it asks for something else than a memory format");
  },
};

const metadataNames: NameLookup = (path) =>
  path === "builtins.getattr" ? memberOf : (own(metadataClasses, path) ?? checkpointNames(path));

/** Where a piece lies: a stretch of a file in the folder. */
interface StoredPiece {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * What the metadata says. The files are opened when a tensor's pieces are asked for.
 * @param folder absolute
 * @throws EngineError "path.missing", "path.unreadable", "weights.format"
 */
export async function readDistributed(folder: string): Promise<DistributedCheckpoint> {
  const path = join(folder, ".metadata");
  const file = await ByteRange.open(path);
  let metadata: Pickled;
  try {
    if (file.size > maxPickleBytes) throw damaged(path, `it has ${file.size} bytes`);
    const bytes = await file.read(0, file.size, "the metadata");
    metadata = unpickleWhole(bytes, { where: path, names: metadataNames });
  } finally {
    await file.close();
  }
  try {
    return describe(metadata, folder);
  } catch (error) {
    if (!(error instanceof UnexpectedArguments)) throw error;
    throw damaged(path, error.message);
  }
}

function describe(metadata: Pickled, folder: string): DistributedCheckpoint {
  const items = fieldOf(metadata, "state_dict_metadata");
  const stored = fieldOf(metadata, "storage_data");
  if (!(items instanceof PickledDict) || !(stored instanceof PickledDict)) {
    throw new UnexpectedArguments("it lists no tensors, or not where they are");
  }
  const places = placesOf(stored);
  const tensors: StoredTensor[] = [];
  const others: string[] = [];
  const names = new Set<string>();
  for (const [name, item] of items.entries()) {
    if (typeof name !== "string" || names.has(name)) {
      throw new UnexpectedArguments("a name in it is no text, or there twice");
    }
    names.add(name);
    const properties = fieldOf(item, "properties");
    if (properties === undefined) others.push(name);
    else tensors.push(tensorOf(name, item, properties, places, folder));
  }
  const files = new Set([...places.values()].map(({ file }) => file));
  return { tensors, others, paths: [...files].sort().map((name) => join(folder, name)) };
}

function tensorOf(
  name: string,
  item: Pickled,
  properties: Pickled,
  places: ReadonlyMap<string, StoredPiece>,
  folder: string,
): StoredTensor {
  const dtype = dtypeOf(properties);
  const shape = wholeNumbers(fieldOf(item, "size"), `the size of ${name}`);
  const where = `${join(folder, ".metadata")}, ${name}`;
  return storedTensor({ name, dtype, shape }, async () => {
    const boxes = boxesOf(item, where);
    checkTiling(shape, boxes, where);
    const found: Piece[] = [];
    for (const box of boxes) {
      const place = places.get(keyOf(name, box.origin));
      if (!place)
        throw damaged(where, `it does not say where its piece at (${box.origin.join(", ")}) is`);
      found.push(await openPiece(folder, place, { name, dtype, ...box }));
    }
    return found;
  });
}

/** Looked at when they are needed: a few bytes of metadata could name a million. */
function boxesOf(item: Pickled, where: string): Pick<Piece, "origin" | "shape">[] {
  const chunks = fieldOf(item, "chunks");
  const items = chunks instanceof PickledList ? (chunks.items ?? []) : [];
  if (items.length > maxPieces) throw damaged(where, `it has ${items.length} pieces`);
  try {
    return items.map((chunk) => ({
      origin: wholeNumbers(fieldOf(chunk, "offsets"), "the offsets of a piece"),
      shape: wholeNumbers(fieldOf(chunk, "sizes"), "the sizes of a piece"),
    }));
  } catch (error) {
    if (!(error instanceof UnexpectedArguments)) throw error;
    throw damaged(where, error.message);
  }
}

/** One piece's own torch.save, whose tensor must be what the metadata says. */
async function openPiece(
  folder: string,
  { file, offset, length }: StoredPiece,
  expected: { name: string; dtype: string; origin: readonly number[]; shape: readonly number[] },
): Promise<Piece> {
  const path = join(folder, file);
  const whole = await ByteRange.open(path);
  try {
    const range = whole.slice(offset, length, expected.name);
    await range.readAhead(1024); // The pickle is at its start, the directory at its end.
    const saved = await readSavedTensor(range, `${path}, ${expected.name}`);
    const { dtype, shape, piece } = saved;
    if (dtype !== expected.dtype || shape.join() !== expected.shape.join()) {
      throw new EngineError(
        "weights.format",
        `${path}, ${expected.name}: expected ${expected.dtype} [${expected.shape.join(", ")}], file has ${dtype} [${shape.join(", ")}]`,
        { hint: "The files of the folder are of different checkpoints." },
      );
    }
    return { ...piece, origin: expected.origin };
  } finally {
    await whole.close();
  }
}

/** Where every piece is, by its tensor and its offset in it. */
function placesOf(stored: PickledDict): Map<string, StoredPiece> {
  const places = new Map<string, StoredPiece>();
  for (const [index, info] of stored.entries()) {
    const name = fieldOf(index, "fqn");
    const origin = fieldOf(index, "offset");
    const file = fieldOf(info, "relative_path");
    if (typeof name !== "string" || typeof file !== "string" || !isPlainFile(file)) {
      throw new UnexpectedArguments("it names a file outside the folder, or none");
    }
    const transforms = fieldOf(info, "transform_descriptors");
    if (transforms !== undefined && transforms !== null) {
      throw new UnexpectedArguments("its files are compressed, which is not read");
    }
    if (origin === undefined || origin === null) continue; // Not a tensor.
    places.set(keyOf(name, wholeNumbers(origin, "an offset")), {
      file,
      offset: wholeNumber(fieldOf(info, "offset"), "a place in a file"),
      length: wholeNumber(fieldOf(info, "length"), "a length in a file"),
    });
  }
  return places;
}

function keyOf(name: string, origin: readonly number[]): string {
  return `${name}\n${origin.join()}`;
}

/** A name beside .metadata. */
function isPlainFile(name: string): boolean {
  return name === basename(name) && /^[\w.+-]+$/.test(name) && !/^\.+$/.test(name);
}

/** (dtype, layout, requires_grad, memory_format, pin_memory), or the same by names. */
function dtypeOf(properties: Pickled): string {
  const state = properties instanceof PickledRecord ? properties.state : null;
  const dtype = state instanceof PickledTuple ? state.items[0] : fieldOf(properties, "dtype");
  if (dtype instanceof TorchDtype) return dtype.dtype;
  throw new UnexpectedArguments("a tensor in it has no dtype");
}

function fieldOf(record: Pickled, name: string): Pickled | undefined {
  return record instanceof PickledRecord ? record.field(name) : undefined;
}
