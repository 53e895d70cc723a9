/** Pickles and archives put together byte by byte, so that they can say what no pickler and no archiver says. */
import { crc32 as crcOf } from "node:zlib";

const crc32 = (bytes: Buffer) => (typeof crcOf === "function" ? crcOf(bytes) : 0);

/** Parts of a pickle. */
export const op = {
  proto: (version = 2) => Buffer.from([0x80, version]),
  stop: Buffer.from("."),
  mark: Buffer.from("("),
  none: Buffer.from("N"),
  reduce: Buffer.from("R"),
  build: Buffer.from("b"),
  append: Buffer.from("a"),
  setItem: Buffer.from("s"),
  setItems: Buffer.from("u"),
  emptyDict: Buffer.from("}"),
  emptyList: Buffer.from("]"),
  emptyTuple: Buffer.from(")"),
  tupleOfMark: Buffer.from("t"),
  persistentId: Buffer.from("Q"),
  false: Buffer.from([0x89]),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  put: (index: number) => Buffer.concat([Buffer.from("r"), uint32(index)]),
  get: (index: number) => Buffer.concat([Buffer.from("j"), uint32(index)]),
  text: (text: string) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from("X"), uint32(bytes.length), bytes]);
  },
  int: (value: number) => {
    if (value !== (value | 0)) return long(BigInt(value));
    const bytes = Buffer.alloc(5, "J");
    bytes.writeInt32LE(value, 1);
    return bytes;
  },
  tuple: (...items: Buffer[]) => Buffer.concat([op.mark, ...items, op.tupleOfMark]),
  call: (module: string, name: string, ...args: Buffer[]) =>
    Buffer.concat([op.global(module, name), op.tuple(...args), op.reduce]),
  dict: (...pairs: [string, Buffer][]) =>
    Buffer.concat([
      op.emptyDict,
      op.mark,
      ...pairs.flatMap(([key, value]) => [op.text(key), value]),
      op.setItems,
    ]),
};

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt8(0x8a);
  bytes.writeUInt8(8, 1);
  bytes.writeBigInt64LE(value, 2);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function pickle(...parts: Buffer[]): Buffer {
  return Buffer.concat([op.proto(), ...parts, op.stop]);
}

export interface TensorParts {
  readonly storageType?: string;
  readonly key?: string;
  readonly numel?: number;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
  readonly function?: string;
  /** A name under torch, as the seventh argument. */
  readonly dtype?: string;
}

/** A call of _rebuild_tensor_v2 over a storage; 2 x 3 values unless told otherwise. */
export function tensor(parts: TensorParts = {}): Buffer {
  const { storageType = "FloatStorage", key = "0", numel = 6, offset = 0 } = parts;
  const { shape = [2, 3], strides = [3, 1] } = parts;
  const [module, name] = storageType.includes(".")
    ? [storageType.replace(/\.\w+$/, ""), storageType.replace(/^.*\./, "")]
    : ["torch", storageType];
  const storage = Buffer.concat([
    op.tuple(
      op.text("storage"),
      op.global(module, name),
      op.text(key),
      op.text("cpu"),
      op.int(numel),
    ),
    op.persistentId,
  ]);
  return op.call(
    "torch._utils",
    parts.function ?? "_rebuild_tensor_v2",
    storage,
    op.int(offset),
    op.tuple(...shape.map(op.int)),
    op.tuple(...strides.map(op.int)),
    op.false,
    op.call("collections", "OrderedDict"),
    ...(parts.dtype === undefined ? [] : [op.global("torch", parts.dtype)]),
  );
}

export interface ZipPart {
  readonly name: string;
  readonly data: Buffer;
  /** What the directory claims instead of the truth. */
  readonly claims?: {
    readonly size?: number;
    readonly stored?: number;
    readonly offset?: number;
    readonly flags?: number;
  };
  /** 0 stored, 8 deflated; `data` is as it lies in the archive. */
  readonly method?: number;
  /** Of a deflated part, before it was deflated. */
  readonly size?: number;
  /** In its own header, where that says another name. */
  readonly localName?: string;
}

export interface ZipClaims {
  readonly count?: number;
  readonly directorySize?: number;
  readonly directoryOffset?: number;
  readonly disk?: number;
  readonly comment?: Buffer;
}

/** A ZIP archive, sound but for what it is told to claim. */
export function zip(parts: readonly ZipPart[], claims: ZipClaims = {}): Buffer {
  const files: Buffer[] = [];
  const records: Buffer[] = [];
  let at = 0;
  for (const { name, data, claims: lies = {}, method = 0, size, localName } of parts) {
    const header = Buffer.alloc(30);
    const own = Buffer.from(localName ?? name);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(0x0800, 6);
    header.writeUInt16LE(method, 8);
    header.writeUInt32LE(crc32(data), 14);
    header.writeUInt32LE(data.length, 18);
    header.writeUInt32LE(size ?? data.length, 22);
    header.writeUInt16LE(own.length, 26);
    const record = Buffer.alloc(46);
    const listed = Buffer.from(name);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(lies.flags ?? 0x0800, 8);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(crc32(data), 16);
    record.writeUInt32LE(lies.stored ?? data.length, 20);
    record.writeUInt32LE(lies.size ?? size ?? data.length, 24);
    record.writeUInt16LE(listed.length, 28);
    record.writeUInt32LE(lies.offset ?? at, 42);
    files.push(header, own, data);
    records.push(record, listed);
    at += header.length + own.length + data.length;
  }
  const directory = Buffer.concat(records);
  const comment = claims.comment ?? Buffer.alloc(0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(claims.disk ?? 0, 4);
  end.writeUInt16LE(claims.count ?? parts.length, 8);
  end.writeUInt16LE(claims.count ?? parts.length, 10);
  end.writeUInt32LE(claims.directorySize ?? directory.length, 12);
  end.writeUInt32LE(claims.directoryOffset ?? at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...files, directory, end, comment]);
}

/** What torch.save would write for a pickle and six float32 of storage. */
export function torchZip(
  content: Buffer,
  storages: Readonly<Record<string, Buffer>> = { "0": Buffer.alloc(24) },
  more: readonly ZipPart[] = [],
): Buffer {
  return zip([
    { name: "archive/data.pkl", data: content },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
    { name: "archive/version", data: Buffer.from("3\n") },
    ...more,
  ]);
}

const magic = Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex");

/** The format of before 1.6: pickles one after the other, then storages with their sizes. */
export function torchLegacy(
  content: Buffer,
  keys: readonly string[],
  storages: readonly { count: bigint; data: Buffer }[],
): Buffer {
  return Buffer.concat([
    magic,
    pickle(op.int(1001)),
    pickle(op.dict(["little_endian", Buffer.from([0x88])])),
    content,
    pickle(op.emptyList, op.mark, ...keys.map(op.text), Buffer.from("e")),
    ...storages.flatMap(({ count, data }) => {
      const size = Buffer.alloc(8);
      size.writeBigInt64LE(count);
      return [size, data];
    }),
  ]);
}

/** A .npy file. */
export function npy(header: string, data: Buffer): Buffer {
  const text = Buffer.from(`${header}\n`, "latin1");
  const start = Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1");
  start.writeUInt16LE(text.length, 8);
  return Buffer.concat([start, text, data]);
}
