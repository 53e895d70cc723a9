import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { writeSafetensors } from "../../engine/weights/write-safetensors.ts";
import { joinFile } from "./broken-models.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

async function fileWith(header: object | string, dataBytes: number): Promise<string> {
  const path = join(folder, `${randomBytes(6).toString("hex")}.safetensors`);
  const text = typeof header === "string" ? header : JSON.stringify(header);
  await writeFile(path, joinFile(text, new Uint8Array(dataBytes)));
  return path;
}

describe("reading a header", () => {
  test("tells name, dtype, shape, absolute byte range and metadata", async () => {
    const header = {
      __metadata__: { format: "pt" },
      b: entry("F16", [3], 16, 22),
      a: entry("F32", [2, 2], 0, 16),
    };
    const path = await fileWith(header, 22);
    const start = 8 + JSON.stringify(header).length;
    const file = await readSafetensors(path);
    expect(file.metadata).toEqual({ format: "pt" });
    expect([...file.tensors.values()]).toEqual([
      { name: "a", dtype: "F32", shape: [2, 2], byteOffset: start, byteLength: 16 },
      { name: "b", dtype: "F16", shape: [3], byteOffset: start + 16, byteLength: 6 },
    ]);
  });

  test("accepts scalars, empty tensors, holes and awkward names", async () => {
    const header = `{"__proto__":${JSON.stringify(entry("F32", [], 8, 12))},"a \\":{ b":${JSON.stringify(entry("U8", [0, 4], 12, 12))}}`;
    const file = await readSafetensors(await fileWith(header, 12));
    expect([...file.tensors.keys()]).toEqual(["__proto__", 'a ":{ b']);
  });

  test("gives the path without symbolic links", async () => {
    const path = await fileWith({ a: entry("F32", [1], 0, 4) }, 4);
    const link = join(folder, "link.safetensors");
    await symlink(path, link);
    expect((await readSafetensors(link)).path).toBe(path);
  });

  const a = entry("F32", [2], 0, 8);
  test.each<[claim: string, header: object | string, dataBytes: number, message: RegExp]>([
    ["text that is not JSON", "{nonsense", 0, /not JSON/],
    ["a list instead of an object", "[1, 2]", 0, /expected a safetensors file/],
    ["an unknown dtype", { a: entry("F31", [2], 0, 8) }, 8, /"a" has the unknown dtype "F31"/],
    ["a dtype named like a method", { a: entry("toString", [2], 0, 8) }, 8, /unknown dtype/],
    [
      "a range that is not shape times dtype",
      { a: entry("F32", [3], 0, 8) },
      8,
      /takes 12 bytes, its range has 8/,
    ],
    ["a range that runs backwards", { a: entry("F32", [2], 8, 0) }, 8, /its range has -8/],
    [
      "a range beyond the end of the file",
      { a, b: entry("F32", [2], 8, 16) },
      12,
      /cut short: the tensor "b" ends at byte/,
    ],
    ["overlapping ranges", { a, b: entry("F32", [2], 4, 12) }, 12, /"a" and "b" overlap/],
    [
      "a shape whose product is beyond whole numbers",
      { a: entry("F32", [2 ** 50, 2 ** 50], 0, 8) },
      8,
      /takes .* bytes/,
    ],
    ["a negative size", { a: entry("F32", [-2], 0, 8) }, 8, /"a" needs dtype, shape/],
    ["a fractional offset", { a: entry("F32", [2], 0.5, 8.5) }, 9, /"a" needs dtype, shape/],
    [
      "the same name twice",
      `{"a":${JSON.stringify(a)},"a":${JSON.stringify(entry("F32", [2], 8, 16))}}`,
      16,
      /"a" is listed twice/,
    ],
    ["metadata that is not text", { __metadata__: { a: 1 }, a }, 8, /__metadata__/],
  ])("refuses %s", async (_, header, dataBytes, message) => {
    await expect(readSafetensors(await fileWith(header, dataBytes))).rejects.toMatchObject({
      name: "EngineError",
      code: "weights.format",
      message: expect.stringMatching(message) as string,
    });
  });

  test.each<[claim: string, bytes: Uint8Array, message: RegExp]>([
    ["an empty file", new Uint8Array(0), /the file has 0 bytes/],
    [
      "a ZIP, as torch.save writes",
      Buffer.from("PK\x03\x04" + "\0".repeat(60)),
      /PyTorch checkpoint/,
    ],
    [
      "a Git LFS pointer",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"),
      /Git LFS pointer/,
    ],
    [
      "a header length of 2^63",
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x80, 0x7b, 0x7d]),
      /expected a safetensors file/,
    ],
    [
      "a header longer than the file",
      Buffer.concat([Buffer.from([200, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a":1}')]),
      /cut short: its header alone takes 208 bytes/,
    ],
  ])("refuses %s", async (_, bytes, message) => {
    const path = join(folder, `${randomBytes(6).toString("hex")}.safetensors`);
    await writeFile(path, bytes);
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: "weights.format",
      message: expect.stringMatching(message) as string,
    });
  });

  test("refuses a path where nothing is, and a folder", async () => {
    await expect(readSafetensors(join(folder, "none"))).rejects.toMatchObject({
      code: "path.missing",
    });
    await expect(readSafetensors(folder)).rejects.toMatchObject({ code: "path.unreadable" });
  });
});

describe("writing", () => {
  test("what is written is read back, wider dtypes first so that each starts aligned", async () => {
    const path = join(folder, "written.safetensors");
    const values = Float32Array.from([1.5, -2, 3e-40, Infinity]);
    await writeSafetensors(
      path,
      [
        { name: "odd", dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) },
        // 1, -2, the least subnormal, the largest; 1, -2, pi rounded.
        { name: "half", dtype: "F16", shape: [4], data: Uint16Array.of(0x3c00, 0xc000, 1, 0x7bff) },
        { name: "brain", dtype: "BF16", shape: [3], data: Uint16Array.of(0x3f80, 0xc000, 0x4049) },
        { name: "float", dtype: "F32", shape: [2, 2], data: () => Promise.resolve(values) },
      ],
      { grid: "2x2" },
    );
    const file = await readSafetensors(path);
    expect(file.metadata).toEqual({ grid: "2x2" });
    expect([...file.tensors.keys()]).toEqual(["float", "half", "brain", "odd"]);
    for (const { dtype, byteOffset } of file.tensors.values()) {
      expect(byteOffset % (dtype === "F32" ? 4 : dtype === "U8" ? 1 : 2)).toBe(0);
    }
    const read = async (name: string) => [...(await readTensor(file, file.tensors.get(name)!))];
    expect(await read("float")).toEqual([...values]);
    expect(await read("half")).toEqual([1, -2, 2 ** -24, 65504]);
    expect(await read("brain")).toEqual([1, -2, 3.140625]);
    await expect(read("odd")).rejects.toMatchObject({ code: "weights.format" });
  });

  test("every float16 bit pattern becomes the value it stands for", async () => {
    const path = join(folder, "halves.safetensors");
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    await writeSafetensors(path, [{ name: "h", dtype: "F16", shape: [65_536], data: bits }]);
    const file = await readSafetensors(path);
    const values = await readTensor(file, file.tensors.get("h")!);
    // By definition: sign, 5 exponent bits of bias 15, 10 fraction bits.
    const expected = Float32Array.from(bits, (b) => {
      const [sign, exponent, fraction] = [b & 0x8000 ? -1 : 1, (b >> 10) & 31, (b & 1023) / 1024];
      if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
      return exponent === 0
        ? sign * 2 ** -14 * fraction
        : sign * 2 ** (exponent - 15) * (1 + fraction);
    });
    expect(values).toEqual(expected);
  });

  test("a folder that is not there is refused with its path", async () => {
    const path = join(folder, "none", "x.safetensors");
    await expect(
      writeSafetensors(path, [{ name: "a", dtype: "U8", shape: [1], data: new Uint8Array(1) }]),
    ).rejects.toMatchObject({
      code: "path.unwritable",
      message: expect.stringContaining(path) as string,
    });
  });

  test("a failure half-way leaves the old file and nothing else", async () => {
    const inner = await mkdtemp(join(folder, "atomic-"));
    const path = join(inner, "x.safetensors");
    const tensor = { name: "a", dtype: "U8" as const, shape: [1] };
    await writeSafetensors(path, [{ ...tensor, data: Uint8Array.of(7) }]);
    const before = await readFile(path);
    const failing = [
      { ...tensor, data: Uint8Array.of(8) },
      { ...tensor, name: "b", data: () => Promise.reject(new Error("out of tensors")) },
    ];
    await expect(writeSafetensors(path, failing)).rejects.toThrow("out of tensors");
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(inner)).toEqual(["x.safetensors"]);
  });
});
