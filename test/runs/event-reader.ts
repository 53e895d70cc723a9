/**
 * TensorBoard's event files read from their published formats alone: TFRecord framing, CRC-32C by
 * its table, the protobuf wire format by hand. Shares nothing with the writer.
 */

export interface ReadEvent {
  wallTime?: number;
  step?: number;
  fileVersion?: string;
  /** In the order of the file. */
  scalars?: [tag: string, value: number][];
  sessionStatus?: number;
}

/** Reflected polynomial 0x82f63b78. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** @throws Error on a CRC that is wrong or a record that is cut short */
export function readRecords(file: Uint8Array): Buffer[] {
  const bytes = Buffer.from(file);
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    checkCrc(bytes.subarray(at, at + 8), bytes.readUInt32LE(at + 8));
    const record = bytes.subarray(at + 12, at + 12 + length);
    checkCrc(record, bytes.readUInt32LE(at + 12 + length));
    records.push(record);
    at += 16 + length;
  }
  return records;
}

function checkCrc(bytes: Uint8Array, masked: number): void {
  const turned = (masked - 0xa282ead8) >>> 0;
  const crc = ((turned >>> 17) | (turned << 15)) >>> 0;
  if (crc !== crc32c(bytes)) throw new Error(`CRC ${crc}, computed ${crc32c(bytes)}`);
}

export function readEvents(file: Uint8Array): ReadEvent[] {
  return readRecords(file).map((record) => {
    const event: ReadEvent = {};
    for (const [field, value] of readFields(record)) {
      if (field === 1) event.wallTime = asBuffer(value, 8).readDoubleLE();
      else if (field === 2) event.step = Number(value);
      else if (field === 3) event.fileVersion = asBuffer(value).toString();
      else if (field === 5) event.scalars = readFields(asBuffer(value)).map(readScalar);
      else if (field === 7) event.sessionStatus = Number(readFields(asBuffer(value))[0]![1]);
      else throw new Error(`unknown field ${field}`);
    }
    return event;
  });
}

function readScalar([field, value]: Field): [string, number] {
  const [tag, simpleValue, ...rest] = readFields(asBuffer(value));
  if (field !== 1 || tag?.[0] !== 1 || simpleValue?.[0] !== 2 || rest.length > 0) {
    throw new Error("expected Summary.Value with a tag and a simple value");
  }
  return [asBuffer(tag[1]).toString(), asBuffer(simpleValue[1], 4).readFloatLE()];
}

/** A varint is a bigint; fixed and length-delimited values are their bytes. */
type Field = readonly [field: number, value: bigint | Buffer];

function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const wire = key & 7;
    if (wire === 0) fields.push([key >>> 3, varint()]);
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? Number(varint()) : NaN;
      if (!(at + length <= bytes.length))
        throw new Error(`wire type ${wire}, cut short or unknown`);
      fields.push([key >>> 3, bytes.subarray(at, (at += length))]);
    }
  }
  return fields;
}

function asBuffer(value: bigint | Buffer, length?: number): Buffer {
  if (typeof value === "bigint" || (length !== undefined && value.length !== length)) {
    throw new Error("another wire type than the format says");
  }
  return value;
}
