/** A checkpoint of 25 GB, most of it holes of the file system: opened by ranges, without reading it. */
import { mkdtemp, open, rm, stat, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type namedVariants, variantConfig } from "../../engine/model/config.ts";
import { countParameters } from "../../engine/model/params.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { inspectPath } from "../../engine/weights/inspect.ts";
import { readTensor } from "../../engine/weights/safetensors.ts";
import { op, pickle, tensor } from "./hostile-files.ts";
import { cpuTime } from "./stored-values.ts";

type Shapes = Record<string, readonly number[]>;

/** The official names and shapes of a released model (dinov3.md A.6). */
function officialShapes(variant: keyof typeof namedVariants): Shapes {
  const { width: d, hidden: h, depth, bias, heads, feedForward } = variantConfig(variant);
  const shapes: Shapes = {
    cls_token: [1, 1, d],
    storage_tokens: [1, 4, d],
    mask_token: [1, d],
    "patch_embed.proj.weight": [d, 3, 16, 16],
    "patch_embed.proj.bias": [d],
    "norm.weight": [d],
    "norm.bias": [d],
    "local_cls_norm.weight": [d],
    "local_cls_norm.bias": [d],
  };
  expect(d % heads).toBe(0);
  for (let i = 0; i < depth; i++) {
    const block = `blocks.${i}.`;
    for (const norm of ["norm1", "norm2"]) {
      shapes[`${block}${norm}.weight`] = [d];
      shapes[`${block}${norm}.bias`] = [d];
    }
    shapes[`${block}attn.qkv.weight`] = [3 * d, d];
    if (bias.query) {
      shapes[`${block}attn.qkv.bias`] = [3 * d];
      shapes[`${block}attn.qkv.bias_mask`] = [3 * d];
    }
    shapes[`${block}attn.proj.weight`] = [d, d];
    shapes[`${block}attn.proj.bias`] = [d];
    shapes[`${block}ls1.gamma`] = [d];
    shapes[`${block}ls2.gamma`] = [d];
    const layers: [string, number, number][] =
      feedForward === "swiglu"
        ? [
            ["w1", h, d],
            ["w2", h, d],
            ["w3", d, h],
          ]
        : [
            ["fc1", h, d],
            ["fc2", d, h],
          ];
    for (const [layer, out, inner] of layers) {
      shapes[`${block}mlp.${layer}.weight`] = [out, inner];
      shapes[`${block}mlp.${layer}.bias`] = [out];
    }
  }
  return shapes;
}

/** A torch.save whose storages are holes, with ZIP64 wherever a number is too large for the small fields. */
async function writeHoles(handle: FileHandle, shapes: Shapes): Promise<number> {
  const pairs = Object.entries(shapes).map(([name, shape], i): [string, Buffer] => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    return [
      name,
      tensor({ key: String(i), numel: shape.reduce((a, b) => a * b, 1), shape, strides }),
    ];
  });
  const content = pickle(op.dict(...pairs));
  const parts = [
    { name: "weights/data.pkl", size: content.length, data: content },
    ...Object.values(shapes).map((shape, i) => {
      const size = 4 * shape.reduce((a, b) => a * b, 1);
      return { name: `weights/data/${i}`, size, data: undefined };
    }),
  ];
  const records: Buffer[] = [];
  let at = 0;
  for (const { name, size, data } of parts) {
    const own = Buffer.from(name);
    const header = Buffer.alloc(30 + own.length);
    // Padded so that the data begins at a multiple of 64, as PyTorch does.
    const padding = (64 - ((at + header.length) % 64)) % 64;
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(own.length, 26);
    header.writeUInt16LE(padding, 28);
    own.copy(header, 30);
    await handle.write(header, 0, header.length, at);
    const start = at + header.length + padding;
    if (data) await handle.write(data, 0, data.length, start);
    const extra = Buffer.alloc(12);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(at), 4);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt32LE(size, 20);
    record.writeUInt32LE(size, 24);
    record.writeUInt16LE(own.length, 28);
    record.writeUInt16LE(extra.length, 30);
    record.writeUInt32LE(0xffffffff, 42);
    records.push(record, own, extra);
    at = start + size;
  }
  const directory = Buffer.concat(records);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(parts.length), 24);
  end64.writeBigUInt64LE(BigInt(parts.length), 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at + directory.length), 8);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  const tail = Buffer.concat([directory, end64, locator, end]);
  await handle.write(tail, 0, tail.length, at);
  return at + tail.length;
}

// Windows fills holes.
describe.skipIf(process.platform === "win32")("of holes", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gramscope-large-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each<[keyof typeof namedVariants, number]>([
    ["dinov3_vitl16", 1.2e9],
    ["dinov3_vit7b16", 25e9],
  ])("%s is opened in a second, and takes no memory", async (variant, least) => {
    const path = join(folder, `${variant}.pth`);
    const handle = await open(path, "w");
    const size = await writeHoles(handle, officialShapes(variant)).finally(() => handle.close());
    const info = await stat(path);
    expect(info.size).toBe(size);
    expect(size).toBeGreaterThan(least);
    const [before, begun] = [process.memoryUsage().rss, cpuTime()];
    const model = await openModelFiles(path);
    const elapsed = cpuTime() - begun;
    const grown = process.memoryUsage().rss - before;
    console.log(
      `${variant}, ${(size / 1e9).toFixed(1)} GB: opened in ${elapsed.toFixed(0)} ms of work, ${(grown / 2 ** 20).toFixed(0)} MiB`,
    );
    expect(model).toMatchObject({ variant, sizeBytes: size, dtype: "F32" });
    expect(elapsed).toBeLessThan(1000);
    expect(grown).toBeLessThan(200 * 2 ** 20);
    const sources = Object.values(model.params);
    const bytes = sources.reduce((sum, p) => sum + (p.kind === "file" ? p.byteLength : 0), 0);
    expect(bytes).toBe(4 * countParameters(model.config));
    const last = model.params["norm.bias"]!;
    if (last.kind !== "file") throw new Error("expected a file");
    expect(last.byteOffset % 64).toBe(0);
    expect((await readTensor(last, last)).every((value) => value === 0)).toBe(true);
    expect((await inspectPath(path)).parameters).toBeGreaterThan(countParameters(model.config));
    await rm(path);
  });
});
