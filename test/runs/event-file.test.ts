import { readFile, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { frame, openEventFile } from "../../engine/runs/event-file.ts";
import { crc32c, readEvents, readRecords } from "./event-reader.ts";
import { removeFolder, temporaryFolder } from "./small-state.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

const now = () => new Date(1_700_000_000_250);

describe("the reader of this test", () => {
  // RFC 3720, B.4, and the check value of CRC-32C in every catalogue.
  test.each([
    [Buffer.from("123456789"), 0xe3069283],
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ])("computes the published CRC-32C %#", (bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test("sees a bit that flipped", () => {
    const record = frame(Buffer.from("some bytes"));
    expect(readRecords(record)).toEqual([Buffer.from("some bytes")]);
    for (const position of [0, 9, 15, record.length - 1]) {
      const broken = Buffer.from(record);
      broken[position]! ^= 1;
      expect(() => readRecords(broken), String(position)).toThrow();
    }
  });
});

// The first record of every event file: TensorFlow writes these lengths and this CRC of the length
// 24 (0x18), which does not depend on the time in the record.
test("a record of 24 bytes begins as TensorFlow's own files do", () => {
  expect(Buffer.from(frame(new Uint8Array(24))).toString("hex", 0, 12)).toBe(
    "1800000000000000a37f4b22",
  );
});

describe("an event file", () => {
  test("holds its version and every scalar of every step", async () => {
    const file = await openEventFile(folder, { host: "box", now });
    await file.append(1, { loss: 0.5, lr: 1e-4, gram: undefined });
    await file.append(2 ** 33, { loss: -Infinity });
    await file.append(0, {});
    await file.close();
    expect(basename(file.path)).toBe("events.out.tfevents.1700000000.box");
    const wallTime = 1_700_000_000.25;
    expect(readEvents(await readFile(file.path))).toEqual([
      { wallTime, fileVersion: "brain.Event:2" },
      {
        wallTime,
        step: 1,
        scalars: [
          ["loss", 0.5],
          ["lr", Math.fround(1e-4)],
        ],
      },
      { wallTime, step: 2 ** 33, scalars: [["loss", -Infinity]] },
      expect.objectContaining({ scalars: [] }),
    ]);
  });

  test("of a run that goes on begins with a session start at its first step", async () => {
    const first = await openEventFile(folder, { host: "box", now });
    await first.append(1, { loss: 1 });
    await first.close();
    const before = await readFile(first.path);
    const second = await openEventFile(folder, { host: "box", now, resumeAt: 101 });
    await second.close();
    // SessionLog.START = 1: TensorBoard drops what it has from step 101 on.
    expect(readEvents(await readFile(second.path))).toEqual([
      expect.objectContaining({ fileVersion: "brain.Event:2" }),
      expect.objectContaining({ step: 101, sessionStatus: 1 }),
    ]);
    expect(await readFile(first.path)).toEqual(before);
  });

  test("comes after all others by name, also when the clock went back", async () => {
    await writeFile(join(folder, "events.out.tfevents.1800000000.box"), "");
    await (await openEventFile(folder, { host: "other", now })).close();
    expect((await readdir(folder)).sort()).toEqual([
      "events.out.tfevents.1800000000.box",
      "events.out.tfevents.1800000001.other",
    ]);
  });

  test("in a folder that is not there is refused", async () => {
    await expect(openEventFile(join(folder, "missing"))).rejects.toMatchObject({
      code: "path.unwritable",
      message: expect.stringContaining("missing"),
    });
  });
});
