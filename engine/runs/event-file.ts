/**
 * TensorBoard's event files: the scalars of a run as records of TensorFlow's Event message
 * (tensorflow/core/util/event.proto, framework/summary.proto), framed as a TFRecord
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord).
 */
import { open, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import crc32c from "crc-32/crc32c.js";
import protobuf from "protobufjs/light.js";
import { runRefusal } from "./disk-full.ts";

interface Event {
  /** Seconds since 1970. */
  wallTime: number;
  step?: number;
  fileVersion?: string;
  summary?: { value: { tag: string; simpleValue: number }[] };
  sessionLog?: { status: number };
}

/** SessionLog.SessionStatus.START. */
const sessionStart = 1;

const one = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: "repeated" });

const eventType = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: one(1, "double"),
        step: one(2, "int64"),
        fileVersion: one(3, "string"),
        summary: one(5, "Summary"),
        sessionLog: one(7, "SessionLog"),
      },
    },
    Summary: { fields: { value: many(1, "SummaryValue") } },
    SummaryValue: { fields: { tag: one(1, "string"), simpleValue: one(2, "float") } },
    SessionLog: { fields: { status: one(1, "int32") } },
  },
}).lookupType("Event");

export interface EventFile {
  readonly path: string;
  /**
   * One point of each curve. Values that are not finite are drawn by TensorBoard and so are kept.
   * @throws EngineError "disk.full", "path.unwritable"
   */
  append(step: number, scalars: Readonly<Record<string, number | undefined>>): Promise<void>;
  close(): Promise<void>;
}

export interface EventFileOptions {
  /** The first step that will be written, when a run goes on: TensorBoard drops it and later ones. */
  readonly resumeAt?: number | undefined;
  readonly host?: string | undefined;
  /** For tests. */
  readonly now?: (() => Date) | undefined;
}

/**
 * Begin the event file of one session in the folder of a run; the files of earlier sessions stay.
 * @throws EngineError "disk.full", "path.unwritable"
 */
export async function openEventFile(
  folder: string,
  { resumeAt, host = hostname(), now = () => new Date() }: EventFileOptions = {},
): Promise<EventFile> {
  const seconds = () => now().getTime() / 1000;
  const start = Math.floor(seconds());
  const { path, handle } = await create(folder, start, host).catch((error: unknown) => {
    throw runRefusal(folder, error);
  });
  let byteLength = 0;
  const write = async (event: Event) => {
    const bytes = frame(eventType.encode(event).finish());
    try {
      await handle.appendFile(bytes);
      byteLength += bytes.length;
    } catch (error) {
      // TensorBoard stops reading at half a record.
      await handle.truncate(byteLength).catch(() => {});
      throw runRefusal(path, error);
    }
  };
  try {
    await write({ wallTime: seconds(), fileVersion: "brain.Event:2" });
    if (resumeAt !== undefined) {
      await write({
        wallTime: seconds(),
        step: resumeAt,
        sessionLog: { status: sessionStart },
      });
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    path,
    append: async (step, scalars) => {
      const value = Object.entries(scalars).flatMap(([tag, simpleValue]) =>
        simpleValue === undefined ? [] : [{ tag, simpleValue }],
      );
      await write({ wallTime: seconds(), step, summary: { value } });
    },
    close: () => handle.close(),
  };
}

/**
 * TensorBoard reads the files of a folder in the order of their names and never goes back, so the
 * number in a name must be above all others even when the clock was set back or the second is the
 * same.
 */
async function create(folder: string, start: number, host: string) {
  const name = (seconds: number) => `events.out.tfevents.${seconds}.${host}`;
  const taken = (await readdir(folder)).flatMap((entry) => {
    const number = /^events\.out\.tfevents\.(\d+)\./.exec(entry)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  for (let seconds = Math.max(start, ...taken.map((number) => number + 1)); ; seconds++) {
    const path = join(folder, name(seconds));
    try {
      return { path, handle: await open(path, "ax") };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** uint64 length, its masked CRC, the bytes, their masked CRC; all little-endian. */
export function frame(bytes: Uint8Array): Uint8Array {
  const record = Buffer.alloc(12 + bytes.length + 4);
  record.writeBigUInt64LE(BigInt(bytes.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(bytes, 12);
  record.writeUInt32LE(maskedCrc(bytes), 12 + bytes.length);
  return record;
}

/** Turned and shifted, because the CRC of bytes that hold their own CRC is a poor one. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes) >>> 0;
  const turned = ((crc >>> 15) | (crc << 17)) >>> 0;
  return (turned + 0xa282ead8) >>> 0;
}
