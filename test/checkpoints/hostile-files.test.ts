/** Archives, arrays and folders that lie about what is in them: refused with one message, nothing written. */
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assemble } from "../../engine/checkpoints/assemble.ts";
import { openCheckpoint } from "../../engine/checkpoints/open-checkpoint.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { inspectPath } from "../../engine/weights/inspect.ts";
import { npy, op, pickle, tensor, torchLegacy, torchZip, zip } from "./hostile-files.ts";
import { contentOf, cpuTime, fixtures, refusalOf } from "./stored-values.ts";

let folder: string;
let cacheBefore: string | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-hostile-"));
  cacheBefore = process.env["GRAMSCOPE_CACHE"];
  process.env["GRAMSCOPE_CACHE"] = join(folder, "cache");
});
afterEach(async () => {
  if (cacheBefore === undefined) delete process.env["GRAMSCOPE_CACHE"];
  else process.env["GRAMSCOPE_CACHE"] = cacheBefore;
  await rm(folder, { recursive: true, force: true });
});

/** Opened in every way that there is, every tensor read; the refusal, which is the same each time. */
async function refusedFile(bytes: Buffer, name = "evil.pth") {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const begun = cpuTime();
  const refusal = await refusalOf(readAll(path));
  expect(cpuTime() - begun).toBeLessThan(5000);
  expect(refusal.code).toBe("weights.format");
  expect(refusal.message).toContain(path);
  await refusalOf(openModelFiles(path));
  expect(await readdir(folder)).toEqual([name]);
  return refusal.message;
}

async function readAll(path: string): Promise<void> {
  for (const one of (await openCheckpoint(path)).tensors) await assemble(one);
}

const sound = pickle(op.dict(["weight", tensor()]));
const values = Buffer.from(new Float32Array([1, 2, 3, 4, 5, 6]).buffer);
const parts = (data = sound) => [
  { name: "archive/data.pkl", data },
  { name: "archive/data/0", data: values },
  { name: "archive/version", data: Buffer.from("3\n") },
];

test("the archive that the others are made from is sound", async () => {
  const path = join(folder, "good.pth");
  await writeFile(path, torchZip(sound, { "0": values }));
  const { tensors } = await openCheckpoint(path);
  expect(await contentOf(tensors[0]!)).toEqual({
    dtype: "F32",
    shape: [2, 3],
    bytes: values.toString("hex"),
  });
  // Deflated, as a person may have packed it again.
  const again = parts().map(({ name, data }) => ({
    name,
    data: deflateRawSync(data),
    method: 8,
    size: data.length,
  }));
  await writeFile(path, zip(again));
  expect(await contentOf((await openCheckpoint(path)).tensors[0]!)).toMatchObject({
    bytes: values.toString("hex"),
  });
});

describe("archives of PyTorch", () => {
  test("code in them is refused and not run", async () => {
    const proof = join(folder, "pwned");
    const evil = pickle(
      op.dict(["weight", tensor()], ["x", op.call("os", "system", op.text(`touch ${proof}`))]),
    );
    expect(await refusedFile(torchZip(evil))).toMatch(/data\.pkl: .*a call for os\.system$/);
  });

  const lie = (index: number, claims: object) =>
    zip(parts().map((part, i) => (i === index ? { ...part, claims } : part)));
  const renamed = (name: string) => zip([...parts(), { name, data: Buffer.from("x") }]);

  test.each<[string, () => Buffer, string]>([
    [
      "a storage that is not there",
      () => torchZip(sound, {}),
      '"archive/data/0", which is not there',
    ],
    [
      "a storage that is too short",
      () => torchZip(sound, { "0": Buffer.alloc(23) }),
      "which has 23",
    ],
    [
      "a storage that claims more than there is",
      () =>
        torchZip(
          pickle(op.dict(["weight", tensor({ numel: 2 ** 40, shape: [2 ** 40], strides: [1] })])),
        ),
      `a storage of ${2 ** 42} bytes is expected`,
    ],
    ["two sizes of what is not compressed", () => lie(1, { size: 100 }), "claims two sizes"],
    [
      "an entry that reaches into the next",
      () => lie(1, { size: 80, stored: 80 }),
      "overlaps what follows",
    ],
    [
      "an entry that reaches beyond the file",
      () => lie(2, { size: 2 ** 31, stored: 2 ** 31 }),
      "overlaps what follows",
    ],
    ["an entry where another is", () => lie(1, { offset: 0 }), "overlaps what follows"],
    [
      "an entry that begins in the middle of another",
      () => lie(1, { offset: 20 }),
      "overlaps what follows",
    ],
    ["an entry beyond the file", () => lie(2, { offset: 2 ** 31 }), "overlaps what follows"],
    ["an encrypted entry", () => lie(0, { flags: 1 }), "is encrypted"],
    [
      "an unknown compression",
      () => zip(parts().map((p, i) => (i === 1 ? { ...p, method: 99 } : p))),
      "method 99",
    ],
    [
      "a name inside that is not the one outside",
      () => zip(parts().map((p, i) => (i === 1 ? { ...p, localName: "archive/data/9" } : p))),
      "differently",
    ],
    ["one name twice", () => renamed("archive/data/0"), '"archive/data/0" twice'],
    ["a name that leads up", () => renamed("../evil"), "leads outside"],
    ["a name that leads up from within", () => renamed("archive/../../evil"), "leads outside"],
    ["an absolute name", () => renamed("/etc/passwd"), "leads outside"],
    ["a name with a drive", () => renamed("C:evil"), "leads outside"],
    ["a name with backslashes", () => renamed("..\\evil"), "leads outside"],
    ["a name with a zero in it", () => renamed("a\0b"), "leads outside"],
    ["no name", () => renamed(""), "leads outside"],
    ["two pickles", () => renamed("other/data.pkl"), "found 2"],
    ["a program", () => renamed("archive/constants.pkl"), "TorchScript"],
    [
      "a directory that claims more",
      () => zip(parts(), { count: 4 }),
      "claims 4 entries and has 3",
    ],
    [
      "a directory that claims less",
      () => zip(parts(), { count: 2 }),
      "claims 2 entries and has 3",
    ],
    [
      "a directory of 4 GB",
      () => zip(parts(), { directorySize: 2 ** 32 - 2 }),
      "its directory claims",
    ],
    [
      "a directory somewhere else",
      () => zip(parts(), { directoryOffset: 0 }),
      "its directory claims",
    ],
    ["several disks", () => zip(parts(), { disk: 3 }), "several disks"],
    [
      "something after its end",
      () => Buffer.concat([torchZip(sound), Buffer.from("x")]),
      "does not end",
    ],
    [
      "a comment, which may hide another end",
      () => zip(parts(), { comment: zip(parts()) }),
      "expected it to end at",
    ],
    ["nothing", () => Buffer.from("PK\x03\x04"), "it has 4 bytes"],
    [
      "the end alone",
      () => Buffer.concat([Buffer.from("PK\x03\x04"), zip([])]),
      "its directory claims",
    ],
    [
      "a pickle that is a bomb",
      () => {
        const bomb = Buffer.alloc(2 ** 27, "}");
        const data = deflateRawSync(bomb);
        return zip([{ name: "archive/data.pkl", data, method: 8, size: bomb.length }]);
      },
      "inflate to 134217728",
    ],
    [
      "a pickle that inflates to more than it claims",
      () =>
        zip([
          {
            name: "archive/data.pkl",
            data: deflateRawSync(Buffer.alloc(5000)),
            method: 8,
            size: 100,
          },
        ]),
      "does not inflate to the 100 bytes",
    ],
    [
      "a pickle that inflates to less than it claims",
      () =>
        zip([
          {
            name: "archive/data.pkl",
            data: deflateRawSync(sound),
            method: 8,
            size: sound.length + 1,
          },
        ]),
      "claims",
    ],
    [
      "more than deflate can do",
      () => zip([{ name: "archive/data.pkl", data: Buffer.alloc(10), method: 8, size: 2 ** 31 }]),
      "claims that 10 bytes inflate",
    ],
    [
      "what is no deflate",
      () =>
        zip([{ name: "archive/data.pkl", data: Buffer.alloc(100, 0xff), method: 8, size: 200 }]),
      "does not inflate",
    ],
  ])("%s", async (_, make, message) => {
    expect(await refusedFile(make())).toContain(message);
  });

  test("a ZIP64 end that leads beyond the file, or to 2^63", async () => {
    const bytes = torchZip(sound);
    const end = bytes.subarray(bytes.length - 22);
    for (const offset of [2n ** 63n, BigInt(bytes.length), 0n]) {
      const locator = Buffer.alloc(20);
      locator.writeUInt32LE(0x07064b50);
      locator.writeBigUInt64LE(offset, 8);
      await refusedFile(Buffer.concat([bytes.subarray(0, -22), locator, end]));
    }
  });

  test("ZIP64 sizes that are not there, or beyond everything", async () => {
    const full = { size: 0xffffffff, stored: 0xffffffff };
    expect(await refusedFile(lie(1, full))).toContain("lacks its ZIP64 sizes");
  });

  test("cut short anywhere", async () => {
    const path = join(folder, "cut.pth");
    const whole = await readFile(join(fixtures, "assorted.pth"));
    for (let length = 0; length < whole.length; length += 41) {
      await writeFile(path, whole.subarray(0, length));
      expect((await refusalOf(readAll(path))).code, `${length}`).toBe("weights.format");
    }
  });

  test("a file that shrinks after it was looked at", async () => {
    const path = join(folder, "shrinks.pth");
    await writeFile(path, torchZip(sound, { "0": values }));
    const { tensors } = await openCheckpoint(path);
    await truncate(path, 100);
    expect((await refusalOf(assemble(tensors[0]!))).code).toBe("weights.format");
  });

  test("inspecting shows the same refusal", async () => {
    const path = join(folder, "evil.pth");
    await writeFile(path, torchZip(pickle(op.call("os", "system", op.text("true")))));
    expect((await refusalOf(inspectPath(path))).message).toContain("os.system");
  });
});

describe("the format of before 1.6", () => {
  const one = { count: 6n, data: values };
  test.each<[string, () => Buffer, string]>([
    [
      "code",
      () => torchLegacy(pickle(op.call("os", "system", op.text("true"))), ["0"], [one]),
      "os.system",
    ],
    [
      "a storage that claims more",
      () => torchLegacy(sound, ["0"], [{ ...one, count: 7n }]),
      "claims 7 elements",
    ],
    [
      "a storage that claims 2^62",
      () => torchLegacy(sound, ["0"], [{ ...one, count: 2n ** 62n }]),
      "claims",
    ],
    [
      "a storage that claims -1",
      () => torchLegacy(sound, ["0"], [{ ...one, count: -1n }]),
      "claims -1",
    ],
    ["a storage that is not listed", () => torchLegacy(sound, [], []), "not in its list"],
    [
      "a storage that nobody has",
      () => torchLegacy(sound, ["0", "7"], [one, one]),
      "names one that no tensor has",
    ],
    ["a storage twice", () => torchLegacy(sound, ["0", "0"], [one, one]), "one twice"],
    ["no storage after all", () => torchLegacy(sound, ["0"], []), "the size of a storage"],
    [
      "a storage that is cut short",
      () => torchLegacy(sound, ["0"], [{ ...one, data: values.subarray(1) }]),
      "cut short",
    ],
    [
      "one storage of two sizes",
      () =>
        torchLegacy(pickle(op.dict(["a", tensor()], ["b", tensor({ numel: 7 })])), ["0"], [one]),
      "two sizes",
    ],
    [
      "the magic number alone",
      () => torchLegacy(sound, ["0"], [one]).subarray(0, 15),
      "middle of the pickle",
    ],
    ["a tensor without anything beside it", () => sound, "no storages beside it"],
  ])("%s", async (_, make, message) => {
    expect(await refusedFile(make())).toContain(message);
  });

  test("cut short anywhere", async () => {
    const path = join(folder, "cut.pth");
    const whole = await readFile(join(fixtures, "assorted-legacy.pth"));
    for (let length = 0; length < whole.length; length += 23) {
      await writeFile(path, whole.subarray(0, length));
      expect((await refusalOf(readAll(path))).code, `${length}`).toBe("weights.format");
    }
  });
});

describe("arrays of NumPy's", () => {
  const header = (fields: string) => `{${fields}}`;
  const good = "'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ";
  const archive = (data: Buffer, name = "a.npy") => zip([{ name, data }]);

  test.each<[string, () => Buffer, string]>([
    [
      "a shape that needs more",
      () => npy(header(good.replace("(2, 3)", "(2, 4)")), values),
      "expected",
    ],
    [
      "a shape of 10^30",
      () => npy(header(good.replace("(2, 3)", `(1000000000000000, 1000000000000000)`)), values),
      "its shape",
    ],
    [
      "33 axes",
      () => npy(header(good.replace("(2, 3)", `(${"1, ".repeat(33)})`)), values),
      "its shape",
    ],
    [
      "code in place of a shape",
      () => npy(header(good.replace("(2, 3)", "__import__('os')")), values),
      "lacks order or shape",
    ],
    ["no shape", () => npy(header("'descr': '<f4'"), values), "lacks order or shape"],
    [
      "a version that nobody knows",
      () => Buffer.concat([Buffer.from("\x93NUMPY\x09\x00\x00\x00", "latin1"), values]),
      "version 9",
    ],
    [
      "a header that claims more",
      () => Buffer.from("\x93NUMPY\x01\x00\xff\xff{}", "latin1"),
      "claims 65535",
    ],
    [
      "a header of 4 GB",
      () => Buffer.from("\x93NUMPY\x02\x00\xff\xff\xff\xff{}", "latin1"),
      "claims 4294967295",
    ],
    ["nothing but its name", () => Buffer.from("\x93NUMPY", "latin1"), "version 0"],
  ])("%s", async (_, make, message) => {
    expect(await refusedFile(make(), "evil.npy")).toContain(message);
    expect(await refusedFileInArchive(make())).toContain(message);
  });
  const refusedFileInArchive = async (data: Buffer) => {
    await rm(join(folder, "evil.npy"));
    return refusedFile(archive(data), "evil.npz");
  };

  test("an archive that is a bomb", async () => {
    const zeros = npy(header(good.replace("(2, 3)", `(${2 ** 25},)`)), Buffer.alloc(2 ** 27));
    const data = deflateRawSync(zeros);
    const bomb = zip([{ name: "a.npy", data, method: 8, size: zeros.length }]);
    expect(await refusedFile(bomb, "evil.npz")).toContain("which weights do not");
  });

  test("an array that inflates to something else than it claims", async () => {
    const whole = npy(header(good), values);
    const claiming = (size: number) =>
      zip([
        {
          name: "a.npy",
          data: deflateRawSync(Buffer.concat([whole, Buffer.alloc(50)])),
          method: 8,
          size,
        },
      ]);
    expect(await refusedFile(claiming(whole.length), "evil.npz")).toContain("inflates to more");
    const short = zip([
      { name: "a.npy", data: deflateRawSync(whole.subarray(0, -1)), method: 8, size: whole.length },
    ]);
    expect(await refusedFile(short, "evil.npz")).toContain(`claims ${whole.length} bytes and has`);
  });

  test("an archive of something else is refused with what it holds", async () => {
    const other = zip([{ name: "word/document.xml", data: values }]);
    expect(await refusedFile(other)).toContain("an archive with word/document.xml");
  });
});

describe("distributed checkpoints", () => {
  const module = "torch.distributed.checkpoint.metadata";
  const record = (name: string, ...fields: [string, Buffer][]) =>
    Buffer.concat([
      op.global(name === "_StorageInfo" ? "torch.distributed.checkpoint.filesystem" : module, name),
      op.emptyTuple,
      Buffer.from([0x81]),
      op.dict(...fields),
      op.build,
    ]);
  const size = (...sides: number[]) => op.call("torch", "Size", op.tuple(...sides.map(op.int)));
  const list = (...items: Buffer[]) =>
    Buffer.concat([op.emptyList, op.mark, ...items, Buffer.from("e")]);
  const chunk = (offsets: number[], sizes: number[]) =>
    record("ChunkStorageMetadata", ["offsets", size(...offsets)], ["sizes", size(...sizes)]);

  interface Told {
    readonly shape?: number[];
    readonly chunks?: Buffer[];
    readonly file?: string;
    readonly offset?: number;
    readonly length?: number;
    readonly dtype?: string;
    readonly more?: [string, Buffer][];
  }
  const blob = torchZip(pickle(tensor()), { "0": values });
  const metadata = (told: Told = {}) => {
    const { shape = [2, 3], chunks = [chunk([0, 0], [2, 3])], dtype = "float32" } = told;
    const properties = Buffer.concat([
      op.global(module, "TensorProperties"),
      op.emptyTuple,
      Buffer.from([0x81]),
      op.tuple(op.global("torch", dtype), op.none, op.false, op.none, op.false),
      op.build,
    ]);
    const item = record(
      "TensorStorageMetadata",
      ["properties", properties],
      ["size", size(...shape)],
      ["chunks", list(...chunks)],
    );
    const index = record(
      "MetadataIndex",
      ["fqn", op.text("weight")],
      ["offset", size(0, 0)],
      ["index", op.int(0)],
    );
    const info = record(
      "_StorageInfo",
      ["relative_path", op.text(told.file ?? "__0_0.distcp")],
      ["offset", op.int(told.offset ?? 0)],
      ["length", op.int(told.length ?? blob.length)],
      ...(told.more ?? []),
    );
    return pickle(
      record(
        "Metadata",
        ["state_dict_metadata", op.dict(["weight", item])],
        ["planner_data", op.none],
        ["storage_data", Buffer.concat([op.emptyDict, index, info, op.setItem])],
      ),
    );
  };
  const write = async (bytes: Buffer, data = blob) => {
    const path = join(folder, "evil");
    await mkdir(path, { recursive: true });
    await writeFile(join(path, ".metadata"), bytes);
    await writeFile(join(path, "__0_0.distcp"), data);
    return path;
  };

  test("the folder that the others are made from is sound", async () => {
    const path = await write(metadata());
    const { tensors } = await openCheckpoint(path);
    expect(await contentOf(tensors[0]!)).toMatchObject({ bytes: values.toString("hex") });
  });

  test.each<[string, () => Buffer, string]>([
    ["code", () => pickle(op.call("os", "system", op.text("true"))), "os.system"],
    [
      "getattr for anything",
      () => pickle(op.call("builtins", "getattr", op.global("torch", "Size"), op.text("x"))),
      "memory format",
    ],
    ["another object", () => pickle(op.int(1)), "lists no tensors"],
    [
      "a file outside the folder",
      () => metadata({ file: "../__0_0.distcp" }),
      "outside the folder",
    ],
    ["an absolute file", () => metadata({ file: "/etc/passwd" }), "outside the folder"],
    ["the folder itself", () => metadata({ file: ".." }), "outside the folder"],
    ["a place beyond the file", () => metadata({ offset: 100 }), "expected weight at bytes"],
    ["a length beyond the file", () => metadata({ length: 2 ** 50 }), "expected weight at bytes"],
    ["a negative place", () => metadata({ offset: -1 }), "a place in a file"],
    [
      "files that are compressed",
      () => metadata({ more: [["transform_descriptors", list(op.text("zstd"))]] }),
      "compressed",
    ],
    [
      "another dtype",
      () => metadata({ dtype: "float16" }),
      "expected F16 [2, 3], file has F32 [2, 3]",
    ],
    [
      "another shape",
      () => metadata({ shape: [3, 2], chunks: [chunk([0, 0], [3, 2])] }),
      "file has F32 [2, 3]",
    ],
    ["a piece beyond the tensor", () => metadata({ shape: [1, 3] }), "reaches beyond [1, 3]"],
    ["a piece too few", () => metadata({ shape: [4, 3] }), "hold 6 of the 12 values"],
    ["no piece", () => metadata({ chunks: [] }), "hold 0 of the 6 values"],
    [
      "one piece twice",
      () => metadata({ chunks: [chunk([0, 0], [2, 3]), chunk([0, 0], [2, 3])] }),
      "hold the same values",
    ],
    [
      "pieces over each other",
      () => metadata({ shape: [3, 3], chunks: [chunk([0, 0], [2, 3]), chunk([1, 0], [2, 3])] }),
      "hold the same values",
    ],
    [
      "a piece that is nowhere",
      () => metadata({ shape: [4, 3], chunks: [chunk([0, 0], [2, 3]), chunk([2, 0], [2, 3])] }),
      "does not say where",
    ],
    ["a piece of other axes", () => metadata({ chunks: [chunk([0], [6])] }), "reaches beyond"],
    [
      "a thousand pieces",
      () => metadata({ chunks: Array.from({ length: 1025 }, () => chunk([0, 0], [2, 3])) }),
      "it has 1025 pieces",
    ],
    ["cut short", () => metadata().subarray(0, 200), "cut short"],
    [
      "a record of a thousand fields, which every look would go through",
      () =>
        pickle(
          record(
            "Metadata",
            ...Array.from({ length: 1000 }, (_, i): [string, Buffer] => [String(i), op.none]),
          ),
        ),
      "too many fields",
    ],
  ])("%s", async (_, make, message) => {
    const path = await write(make());
    const refusal = await refusalOf(readAll(path));
    expect(refusal.code).toBe("weights.format");
    expect(refusal.message).toContain(message);
  });

  test("code in a piece", async () => {
    const evil = torchZip(pickle(op.call("os", "system", op.text("true"))));
    const path = await write(metadata({ length: evil.length }), evil);
    expect((await refusalOf(readAll(path))).message).toContain("os.system");
  });
});
