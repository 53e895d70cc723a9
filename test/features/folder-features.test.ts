/** Features of folders: what is written is what the model gave, read back by readers of the formats. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ByteRange } from "../../engine/checkpoints/byte-range.ts";
import { readNpy } from "../../engine/checkpoints/numpy-files.ts";
import { readEntry, readZipDirectory } from "../../engine/checkpoints/zip-directory.ts";
import { extractFeatures, type ExtractWish } from "../../engine/features/extract-features.ts";
import { formatOf } from "../../engine/features/formats.ts";
import { imageFeatures, type TokenChoice } from "../../engine/features/image-features.ts";
import { npyHeader, npyNames } from "../../engine/features/npy-array.ts";
import { toFloat16, toFloat32 } from "../../engine/executors/float-formats.ts";
import type { FeatureMap } from "../../engine/probes/probe.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { unattended, type Control } from "../../engine/session/control.ts";
import { readSafetensors } from "../../engine/weights/safetensors.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-features-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a folder", () => {
  test.each([
    ["cls", [3, 3]],
    ["mean", [3, 3]],
    ["registers", [3, 2, 3]],
    ["patches", [3, 6, 3]],
    ["all", [3, 9, 3]],
  ] as const)("as .npy, %s: one array %j, names beside it", async (tokens, shape) => {
    const out = path.join(folder, "f.npy");
    await extract({ out, tokens });
    const { shape: found, values } = await readBack(out);
    expect(found).toEqual(shape);
    expect(values).toEqual(names.flatMap((_, i) => [...expected(i, tokens)]));
    const about = JSON.parse(await readFile(`${out}.json`, "utf8")) as Record<string, unknown>;
    expect(about).toMatchObject({ model: "tiny", tokens, grid: "2x3", images: "3", names });
    expect((await readdir(folder)).sort()).toEqual(["f.npy", "f.npy.json"]);
  });

  test("as .safetensors: tensors by image and kind, in either precision", async () => {
    for (const precision of ["fp32", "fp16"] as const) {
      const out = path.join(folder, "f.safetensors");
      await extract({ out, tokens: "all", precision });
      const { tensors, metadata } = await readSafetensors(out);
      expect([...tensors.keys()].sort()).toEqual(
        names
          .flatMap((name) => ["cls", "patches", "registers"].map((kind) => `${name}/${kind}`))
          .sort(),
      );
      expect(metadata).toMatchObject({ model: "tiny", precision, grid: "2x3" });
      const bytes = await readFile(out);
      const { byteOffset, shape, dtype } = tensors.get("sub/b.jpg/patches")!;
      expect([dtype, shape]).toEqual([precision === "fp16" ? "F16" : "F32", [6, 3]]);
      const size = 18 * (precision === "fp16" ? 2 : 4);
      const stored = new Uint8Array(bytes.subarray(byteOffset, byteOffset + size));
      const kept = toFloat32(stored, precision === "fp16" ? "F16" : "F32");
      expect([...kept]).toEqual([...expected(1, "patches")]);
    }
  });

  test.each(["fp32", "fp16"] as const)(
    "as .npz in %s: an array of each kind",
    async (precision) => {
      const out = path.join(folder, "f.npz");
      await extract({ out, tokens: "all", precision });
      const arrays = await readArchive(out);
      expect([...arrays.keys()].sort()).toEqual(["about", "cls", "names", "patches", "registers"]);
      expect(arrays.get("names")).toEqual(npyNames(names));
      const dtype = precision === "fp16" ? "F16" : "F32";
      for (const [kind, shape] of [
        ["cls", "3, 3"],
        ["registers", "3, 2, 3"],
        ["patches", "3, 6, 3"],
      ] as const) {
        const bytes = arrays.get(kind)!;
        expect(bytes.toString("latin1", 10, 128)).toContain(`'shape': (${shape})`);
        const values = toFloat32(new Uint8Array(bytes.subarray(128)), dtype);
        expect([...values]).toEqual(names.flatMap((_, i) => [...expected(i, kind)]));
      }
      const about = arrays.get("about")!.subarray(128).toString("utf16le").replaceAll("\0", "");
      expect(JSON.parse(about)).toMatchObject({ model: "tiny", tokens: "all", grid: "2x3" });
      expect(await readdir(folder)).toEqual(["f.npz"]);
    },
  );

  test("as .parquet: a row an image, whatever its grid, in several groups of rows", async () => {
    const out = path.join(folder, "f.parquet");
    await extract({ out, tokens: "all", grids: true, wide: 60_000 });
    const source = await asyncBufferFromFile(out);
    const { key_value_metadata: about, row_groups: groups } = await parquetMetadataAsync(source);
    expect(about).toContainEqual({ key: "model", value: "tiny" });
    expect(groups.length).toBe(2);
    const rows: Record<string, unknown>[] = await parquetReadObjects({ file: source });
    expect(rows.map(({ image, rows: high, columns }) => [image, high, columns])).toEqual(
      names.map((name, i) => [name, 2, i === 1 ? 4 : 3]),
    );
    rows.forEach((row, i) => {
      const { cls, patches } = mapOf(i, i === 1 ? 4 : 3, 60_000);
      expect(row["cls"]).toEqual([...cls]);
      expect(row["patches"]).toHaveLength(patches.length);
      expect((row["patches"] as number[]).at(-1)).toBe(patches.at(-1));
    });
    await expect(extract({ out, tokens: "cls", precision: "fp16" })).rejects.toThrow(/float32/);
    expect(await readdir(folder)).toEqual(["f.parquet"]);
  });

  test("as float16 in .npy", async () => {
    const out = path.join(folder, "f.npy");
    await extract({ out, tokens: "cls", precision: "fp16" });
    expect((await readFile(out)).toString("latin1", 10, 40)).toContain("'descr': '<f2'");
    const bits = new Uint16Array(new Uint8Array((await readFile(out)).subarray(128)).buffer);
    expect([...bits]).toEqual([
      ...toFloat16(Float32Array.from(names.flatMap((_, i) => [...expected(i, "cls")]))),
    ]);
  });

  test("with a damaged image: it is left out by name, the others are there", async () => {
    const out = path.join(folder, "f.npy");
    const { count, skipped } = await extract({ out, tokens: "cls", damaged: "sub/b.jpg" });
    expect(count).toBe(2);
    expect(skipped.map(({ file, reason }) => [path.basename(file), reason])).toEqual([
      ["b.jpg", "b.jpg: its data ends early"],
    ]);
    const { shape, values } = await readBack(out);
    expect(shape).toEqual([2, 3]);
    expect(values).toEqual([...expected(0, "cls"), ...expected(2, "cls")]);
    const { names: kept } = JSON.parse(await readFile(`${out}.json`, "utf8")) as {
      names: string[];
    };
    expect(kept).toEqual(["a.jpg", "__proto__"]);
  });

  test("holds no more than two images, and forgets each", async () => {
    const out = path.join(folder, "f.safetensors");
    const held = { now: 0, most: 0 };
    await extract({ out, tokens: "cls", held, many: 40 });
    expect(held.now).toBe(0);
    expect(held.most).toBeLessThanOrEqual(2);
  });
});

describe("what cannot be written", () => {
  test.each([".npy", ".npz"])(
    "other grids into one %s: refused by name, nothing left",
    async (ending) => {
      const out = path.join(folder, `f${ending}`);
      await expect(extract({ out, tokens: "patches", grids: true })).rejects.toMatchObject({
        code: "option.invalid",
        message: expect.stringMatching(/sub\/b\.jpg.*2x4.*a\.jpg.*2x3/) as string,
      });
      expect(await readdir(folder)).toEqual([]);
      // Of CLS tokens there is one, whatever the grid.
      await extract({ out, tokens: "cls", grids: true });
      if (ending === ".npy") {
        const { grid } = JSON.parse(await readFile(`${out}.json`, "utf8")) as { grid: string };
        expect(grid).toBe("various");
      }
      await extract({ out: path.join(folder, "f.safetensors"), tokens: "patches", grids: true });
    },
  );

  test.each([".npz", ".parquet", ".safetensors"])(
    "no image that can be read, a failure of the model, a cancellation: nothing is left of %s",
    async (ending) => {
      const out = path.join(folder, `f${ending}`);
      await writeFile(out, "an older file");
      await expect(extract({ out, tokens: "cls", damaged: "all" })).rejects.toMatchObject({
        code: "data.empty",
      });
      await expect(extract({ out, tokens: "cls", failing: true })).rejects.toMatchObject({
        code: "executor.failed",
      });
      const abort = new AbortController();
      const control = {
        signal: abort.signal,
        progress: (done: number) => done > 0.5 && abort.abort(),
      };
      await expect(extract({ out, tokens: "cls", control })).rejects.toMatchObject({
        code: "cancelled",
      });
      expect(await readdir(folder)).toEqual([`f${ending}`]);
      expect(await readFile(out, "utf8")).toBe("an older file");
    },
  );

  test("a value beyond float16, registers that are not there, an unknown ending", () => {
    const choose = (map: FeatureMap, choice: TokenChoice) => () =>
      imageFeatures("a.jpg", map, choice, { precision: "fp16", isOneArray: true });
    const cls = Float32Array.of(1, 2, -70_000);
    expect(choose({ ...mapOf(0, 3), cls }, "cls")).toThrow(/a\.jpg: a value of -7\.000e\+4/);
    const registers = new Float32Array(0);
    expect(choose({ ...mapOf(0, 3), registers }, "registers")).toThrow(/has none/);
    expect(choose({ ...mapOf(0, 3), registers }, "all")().arrays[0]!.shape).toEqual([7, 3]);
    expect(() => formatOf("f.csv")).toThrow(/\.npy, \.npz, \.parquet, \.safetensors/);
  });
});

/** Bytes that numpy.save wrote: test/fixtures/features/make_npy.py. */
test("headers and names are NumPy's own", async () => {
  const fixture = async (name: string) =>
    readFile(new URL(`../fixtures/features/${name}`, import.meta.url));
  expect(npyHeader("<f4", [2, 3])).toEqual((await fixture("matrix.npy")).subarray(0, 128));
  expect(npyHeader("<f2", [4])).toEqual((await fixture("vector.npy")).subarray(0, 128));
  expect(npyNames(["a.jpg", "sub/ü𝕏.png"])).toEqual(await fixture("names.npy"));
});

const names = ["a.jpg", "sub/b.jpg", "__proto__"];

interface Case {
  readonly out: string;
  readonly tokens: TokenChoice;
  readonly precision?: "fp32" | "fp16";
  readonly damaged?: string;
  readonly failing?: boolean;
  /** The second image has another grid. */
  readonly grids?: boolean;
  readonly held?: { now: number; most: number };
  readonly many?: number;
  /** Width of the tokens. */
  readonly wide?: number;
  readonly control?: Control;
}

function extract(options: Case) {
  const {
    out,
    tokens,
    precision = "fp32",
    damaged,
    failing,
    grids,
    held,
    many,
    wide,
    control,
  } = options;
  const all = many === undefined ? names : Array.from({ length: many }, (_, i) => `${i}.png`);
  const wish: ExtractWish = {
    folder: "/photographs",
    files: all.map((name) => `/photographs/${name}`),
    out,
    format: formatOf(out),
    tokens,
    precision,
    about: { model: "tiny" },
  };
  const open = async (file: string) => {
    const i = wish.files.indexOf(file);
    if (damaged === "all" || file.endsWith(damaged ?? "nothing")) {
      throw new EngineError("image.truncated", `${path.basename(file)}: its data ends early`);
    }
    if (held) held.most = Math.max(held.most, ++held.now);
    return {
      features: async () => {
        await Promise.resolve();
        if (failing === true) throw new EngineError("executor.failed", "no memory");
        return mapOf(i, grids === true && i === 1 ? 4 : 3, wide);
      },
      close: () => {
        if (held) held.now--;
      },
    };
  };
  return extractFeatures(wish, open, control ?? unattended);
}

/** Quarters, which float16 holds exactly. */
function mapOf(i: number, cols: number, width = 3): FeatureMap {
  const values = (count: number, offset: number) =>
    Float32Array.from({ length: count * width }, (_, k) => offset + i + k / 4);
  return {
    cls: values(1, 100),
    registers: values(2, 200),
    patches: values(2 * cols, 300),
    width,
    block: 0,
    norm: true,
    image: names[i] ?? "",
    model: { name: "tiny", variant: "custom", trained: true, depth: 1, heads: 1 },
    geometry: {
      patch: 16,
      grid: { rows: 2, cols },
      input: { width: 16 * cols, height: 32 },
      image: { width: 100, height: 100 },
      region: { x: 0, y: 0, width: 100, height: 100 },
      resample: "bilinear",
    },
  };
}

function expected(i: number, tokens: TokenChoice): Float32Array {
  const { cls, registers, patches } = mapOf(i, 3);
  switch (tokens) {
    case "cls":
      return cls;
    case "registers":
      return registers;
    case "patches":
      return patches;
    case "all":
      return Float32Array.of(...cls, ...registers, ...patches);
    case "mean":
      // The values rise by 3/4 from patch to patch: the mean of 6 lies 2.5 steps above the first.
      return Float32Array.of(0, 1, 2).map((k) => 300 + i + k / 4 + 2.5 * 0.75);
  }
}

/** Files of a .npz by the names of their arrays. */
async function readArchive(out: string): Promise<Map<string, Buffer>> {
  const range = await ByteRange.open(out);
  try {
    const files = new Map<string, Buffer>();
    for (const entry of await readZipDirectory(range)) {
      files.set(entry.name.replace(/\.npy$/, ""), await readEntry(range, entry, 1e6));
    }
    return files;
  } finally {
    await range.close();
  }
}

async function readBack(out: string): Promise<{ shape: readonly number[]; values: number[] }> {
  const range = await ByteRange.open(out);
  try {
    const array = await readNpy(range, "f");
    if (array.kind !== "tensor") throw new Error(array.reason);
    const bytes = new Uint8Array((await readFile(out)).subarray(128));
    return { shape: array.tensor.shape, values: [...new Float32Array(bytes.buffer)] };
  } finally {
    await range.close();
  }
}
