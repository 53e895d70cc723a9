/**
 * What a ZIP archive holds and where, read from its central directory by ranges (PKWARE's APPNOTE.TXT
 * 6.3.10, with ZIP64): strict, because the archives come from strangers.
 */
import { inflateRawSync } from "node:zlib";
import { EngineError } from "../protocol/errors.ts";
import type { ByteRange } from "./byte-range.ts";

export interface ZipEntry {
  /** With forward slashes; never absolute, never with "..". */
  readonly name: string;
  readonly isCompressed: boolean;
  /** As they lie in the archive, in bytes. */
  readonly storedBytes: number;
  /** After inflating; the same where nothing is compressed. */
  readonly sizeBytes: number;
  /** Of its local header, in the archive. */
  readonly headerOffset: number;
  /** Where the next one begins: its data ends before. */
  readonly endsBefore: number;
}

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  zip64Locator: 0x07064b50,
  zip64End: 0x06064b50,
} as const;
const endBytes = 22;
const locatorBytes = 20;
const localHeaderBytes = 30;
const centralHeaderBytes = 46;
/** Directories are read whole: a training checkpoint of the largest model has some 10,000 entries. */
const maxDirectoryBytes = 16e6;
const maxEntries = 100_000;
/** More than deflate can reach is a lie. */
const maxInflation = 1033;

/**
 * Every file of the archive, in the order of its bytes. Folders are left out.
 * @throws EngineError "weights.format" where the directory does not hold together: lying sizes and
 *   offsets, entries over each other, names twice or leading outside, several disks
 */
export async function readZipDirectory(archive: ByteRange): Promise<ZipEntry[]> {
  const refuse = refusing(archive);
  const { offset, size, count } = await findDirectory(archive);
  if (size > maxDirectoryBytes) throw refuse(`its directory claims ${size} bytes`);
  const bytes = await archive.read(offset, size, "its directory");
  const entries: Omit<ZipEntry, "endsBefore">[] = [];
  const names = new Set<string>();
  let at = 0;
  while (at < bytes.length) {
    if (at + centralHeaderBytes > bytes.length || bytes.readUInt32LE(at) !== signatures.central) {
      throw refuse(`its directory is damaged at byte ${offset + at}`);
    }
    const length = [28, 30, 32].reduce((sum, field) => sum + bytes.readUInt16LE(at + field), 0);
    if (at + centralHeaderBytes + length > bytes.length) throw refuse("its directory is cut short");
    const entry = parseEntry(bytes.subarray(at, at + centralHeaderBytes + length), refuse);
    if (names.has(entry.name)) throw refuse(`it holds "${entry.name}" twice`);
    names.add(entry.name);
    if (names.size > maxEntries) throw refuse(`it holds more than ${maxEntries} files`);
    entries.push(entry);
    at += centralHeaderBytes + length;
  }
  if (entries.length !== count) {
    throw refuse(`its directory claims ${count} entries and has ${entries.length}`);
  }
  return placed(entries, offset, refuse).filter(({ name }) => !name.endsWith("/"));
}

/**
 * Where the bytes of an entry begin in the archive.
 * @throws EngineError "weights.format" where its own header says another thing than the directory
 */
export async function findEntryData(archive: ByteRange, entry: ZipEntry): Promise<number> {
  const refuse = refusing(archive);
  const header = await archive.read(entry.headerOffset, localHeaderBytes, `"${entry.name}"`);
  const nameBytes = header.readUInt16LE(26);
  const start = entry.headerOffset + localHeaderBytes + nameBytes + header.readUInt16LE(28);
  const isCompressed = header.readUInt16LE(8) !== 0;
  if (header.readUInt32LE(0) !== signatures.local || isCompressed !== entry.isCompressed) {
    throw refuse(`"${entry.name}" is not where its directory says`);
  }
  const name = await archive.read(entry.headerOffset + localHeaderBytes, nameBytes, "a name");
  if (name.toString("utf8") !== entry.name) {
    throw refuse(`its directory and the file itself name "${entry.name}" differently`);
  }
  if (start + entry.storedBytes > entry.endsBefore) {
    throw refuse(`"${entry.name}" reaches into what follows it`);
  }
  return start;
}

/**
 * An entry as a whole, inflated where it is compressed.
 * @param maxBytes more is refused before anything is read
 * @throws EngineError "weights.format"
 */
export async function readEntry(
  archive: ByteRange,
  entry: ZipEntry,
  maxBytes: number,
): Promise<Buffer> {
  const refuse = refusing(archive);
  if (entry.sizeBytes > maxBytes) {
    throw refuse(
      `"${entry.name}" claims ${entry.sizeBytes} bytes, of which ${maxBytes} would be read`,
    );
  }
  const start = await findEntryData(archive, entry);
  const stored = await archive.read(start, entry.storedBytes, `"${entry.name}"`);
  if (!entry.isCompressed) return stored;
  const bytes = inflate(stored, entry, refuse);
  if (bytes.length === entry.sizeBytes) return bytes;
  throw refuse(`"${entry.name}" claims ${entry.sizeBytes} bytes and has ${bytes.length}`);
}

type Refuse = (problem: string) => EngineError;

function refusing({ path }: ByteRange): Refuse {
  return (problem) =>
    new EngineError("weights.format", `${path}: expected a sound ZIP archive; ${problem}`, {
      hint: "The file is damaged or was made to deceive: download it again from a source you trust.",
    });
}

/** Where the directory lies. The end record is the last thing in the file: nobody here writes a comment. */
async function findDirectory(archive: ByteRange) {
  const refuse = refusing(archive);
  const { size } = archive;
  if (size < endBytes) throw refuse(`it has ${size} bytes`);
  const tailBytes = Math.min(size, endBytes + locatorBytes);
  const tail = await archive.read(size - tailBytes, tailBytes, "its end");
  const end = tail.subarray(tailBytes - endBytes);
  if (end.readUInt32LE(0) !== signatures.end || end.readUInt16LE(20) !== 0) {
    throw refuse("it does not end as one: it is cut short, or something was appended");
  }
  const disks = [end.readUInt16LE(4), end.readUInt16LE(6)];
  let count = end.readUInt16LE(10);
  let directory = { offset: end.readUInt32LE(16), size: end.readUInt32LE(12) };
  let directoryEnds = size - endBytes;
  const hasLocator =
    tailBytes === endBytes + locatorBytes && tail.readUInt32LE(0) === signatures.zip64Locator;
  if (hasLocator) {
    const at = toNumber(tail.readBigUInt64LE(8), refuse);
    const record = await archive.read(at, 56, "its ZIP64 end record");
    if (record.readUInt32LE(0) !== signatures.zip64End) throw refuse("its ZIP64 record is damaged");
    disks.push(record.readUInt32LE(16), record.readUInt32LE(20));
    count = toNumber(record.readBigUInt64LE(32), refuse);
    directory = {
      offset: toNumber(record.readBigUInt64LE(48), refuse),
      size: toNumber(record.readBigUInt64LE(40), refuse),
    };
    directoryEnds = at;
  }
  // Where ZIP64 says it, the small fields may hold 0xffff instead.
  if (disks.some((disk) => disk !== 0 && disk !== 0xffff)) throw refuse("it spans several disks");
  if (directory.offset + directory.size !== directoryEnds) {
    throw refuse(
      `its directory claims bytes ${directory.offset} to ${directory.offset + directory.size}, expected it to end at ${directoryEnds}`,
    );
  }
  return { ...directory, count };
}

/** One record of the directory. */
function parseEntry(record: Buffer, refuse: Refuse): Omit<ZipEntry, "endsBefore"> {
  const nameBytes = record.readUInt16LE(28);
  const name = parseName(
    record.subarray(centralHeaderBytes, centralHeaderBytes + nameBytes),
    refuse,
  );
  const flags = record.readUInt16LE(8);
  const method = record.readUInt16LE(10);
  if ((flags & 0x2041) !== 0) throw refuse(`"${name}" is encrypted`);
  if (method !== 0 && method !== 8) {
    throw refuse(`"${name}" is compressed by method ${method}, expected stored or deflated`);
  }
  const extraStart = centralHeaderBytes + nameBytes;
  const extra = record.subarray(extraStart, extraStart + record.readUInt16LE(30));
  const [sizeBytes, storedBytes, headerOffset] = wide(
    [record.readUInt32LE(24), record.readUInt32LE(20), record.readUInt32LE(42)],
    extra,
    name,
    refuse,
  );
  const isCompressed = method === 8;
  if (!isCompressed && storedBytes !== sizeBytes) {
    throw refuse(
      `"${name}" is not compressed and claims two sizes, ${storedBytes} and ${sizeBytes}`,
    );
  }
  if (isCompressed && sizeBytes > maxInflation * storedBytes) {
    throw refuse(`"${name}" claims that ${storedBytes} bytes inflate to ${sizeBytes}`);
  }
  return { name, isCompressed, storedBytes, sizeBytes, headerOffset };
}

function parseName(bytes: Buffer, refuse: Refuse): string {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse("a name in it is not UTF-8");
  }
  const leadsOutside =
    name === "" ||
    /^(\/|[a-z]:)/i.test(name) ||
    /[\\\u0000-\u001f]/.test(name) ||
    name.split("/").includes("..");
  if (leadsOutside) throw refuse(`the name ${JSON.stringify(name.slice(0, 200))} leads outside it`);
  return name;
}

/** The three numbers, each from the ZIP64 field where the small one is full. */
function wide(
  small: [number, number, number],
  extra: Buffer,
  name: string,
  refuse: Refuse,
): [number, number, number] {
  if (!small.includes(0xffffffff)) return small;
  for (let at = 0; at + 4 <= extra.length;) {
    const id = extra.readUInt16LE(at);
    const length = extra.readUInt16LE(at + 2);
    const field = extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    if (id !== 1) continue;
    let next = 0;
    const take = (value: number) => {
      if (value !== 0xffffffff) return value;
      if (next + 8 > field.length) throw refuse(`"${name}" lacks its ZIP64 sizes`);
      next += 8;
      return toNumber(field.readBigUInt64LE(next - 8), refuse);
    };
    return [take(small[0]), take(small[1]), take(small[2])];
  }
  throw refuse(`"${name}" lacks its ZIP64 sizes`);
}

/** By place, each with where the next begins; refused where two share bytes. */
function placed(
  entries: readonly Omit<ZipEntry, "endsBefore">[],
  directoryOffset: number,
  refuse: Refuse,
): ZipEntry[] {
  const sorted = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  return sorted.map((entry, i) => {
    const endsBefore = sorted[i + 1]?.headerOffset ?? directoryOffset;
    const least = Buffer.byteLength(entry.name) + localHeaderBytes + entry.storedBytes;
    if (entry.headerOffset + least <= endsBefore) return { ...entry, endsBefore };
    throw refuse(`"${entry.name}" claims ${entry.storedBytes} bytes and overlaps what follows it`);
  });
}

function inflate(stored: Buffer, entry: ZipEntry, refuse: Refuse): Buffer {
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(1, entry.sizeBytes) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(
      `"${entry.name}" does not inflate to the ${entry.sizeBytes} bytes it claims: ${reason}`,
    );
  }
}

function toNumber(value: bigint, refuse: Refuse): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse(`a size in it claims ${value} bytes`);
  return Number(value);
}
