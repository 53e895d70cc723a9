import { mkdtemp, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkFinite } from "../../engine/weights/check-finite.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors } from "../../engine/weights/safetensors.ts";
import { writeSafetensors } from "../../engine/weights/write-safetensors.ts";
import { copyModel, fixtures, removeFolder } from "./broken-models.ts";

describe("checkFinite", () => {
  let folder: string;
  beforeEach(() => {
    folder = "";
  });
  afterEach(() => removeFolder(folder));

  /** Overwrite one value of one parameter with raw bytes. */
  async function poison(fixture: string, name: string, index: number, bytes: number[]) {
    folder = await copyModel(fixture);
    const model = await openModelFiles(folder);
    const source = model.params[name];
    if (source?.kind !== "file") throw new Error("expected a file");
    const handle = await open(join(folder, "model.safetensors"), "r+");
    await handle.write(
      Uint8Array.from(bytes),
      0,
      bytes.length,
      source.byteOffset + index * bytes.length,
    );
    await handle.close();
    return model;
  }

  test.each(["mlp", "swiglu", "mlp-bf16", "mlp-f16"])(
    "%s passes, with progress to 1",
    async (name) => {
      const fractions: number[] = [];
      await checkFinite(await openModelFiles(join(fixtures, name)), undefined, ({ fraction }) =>
        fractions.push(fraction),
      );
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(fractions.at(-1)).toBe(1);
    },
  );

  test.each<[fixture: string, value: string, bytes: number[], index: number]>([
    ["mlp", "NaN", [0, 0, 0xc0, 0x7f], 17],
    ["mlp", "-Infinity", [0, 0, 0x80, 0xff], 63],
    ["mlp-bf16", "NaN", [0xc0, 0x7f], 17],
    ["mlp-bf16", "Infinity", [0x80, 0x7f], 62],
    ["mlp-f16", "NaN", [0x00, 0x7e], 0],
    ["mlp-f16", "-Infinity", [0x00, 0xfc], 63],
  ])("%s: %s (%o) at %i is refused by tensor and index", async (fixture, value, bytes, index) => {
    const model = await poison(fixture, "block01.norm2.bias", index, bytes);
    await expect(checkFinite(model)).rejects.toMatchObject({
      code: "weights.values",
      message: expect.stringContaining(
        `layer.1.norm2.bias [64]: expected finite values, value ${index} is ${value}`,
      ) as string,
    });
  });

  // A tensor of 49,152 values is scanned in blocks, 16-bit values two at a time.
  test.each<[fixture: string, bytes: number[]]>([
    ["mlp", [0, 0, 0x80, 0x7f]],
    ["mlp-bf16", [0x80, 0x7f]],
    ["mlp-f16", [0x00, 0x7c]],
  ])("%s: an infinity is found at even and odd places inside a block", async (fixture, bytes) => {
    for (const index of [30_000, 30_001]) {
      const model = await poison(fixture, "patch.weight", index, bytes);
      await expect(checkFinite(model)).rejects.toThrow(
        `embeddings.patch_embeddings.weight [64, 3, 16, 16]: expected finite values, value ${index} is Infinity`,
      );
      await removeFolder(folder);
    }
  });

  test("the largest finite values pass", async () => {
    await checkFinite(await poison("mlp", "norm.bias", 3, [0xff, 0xff, 0x7f, 0x7f]));
    await removeFolder(folder);
    await checkFinite(await poison("mlp-f16", "norm.bias", 3, [0xff, 0x7b]));
    await removeFolder(folder);
    await checkFinite(await poison("mlp-bf16", "norm.bias", 3, [0x7f, 0x7f]));
  });

  test("the index is right beyond the first chunk of a tensor", async () => {
    folder = await mkdtemp(join(tmpdir(), "gramscope-weights-"));
    const path = join(folder, "big.safetensors");
    const data = new Float32Array(5_000_000); // 20 MB: more than one chunk of 16 MiB.
    data[4_999_999] = NaN;
    await writeSafetensors(path, [{ name: "big", dtype: "F32", shape: [data.length], data }]);
    const { byteOffset, byteLength } = (await readSafetensors(path)).tensors.get("big")!;
    const source = { kind: "file", dtype: "F32", shape: [data.length] } as const;
    const params = { big: { ...source, path, byteOffset, byteLength } };
    await expect(checkFinite({ params })).rejects.toThrow(/value 4999999 is NaN/);
  });

  test("values in memory are checked too", async () => {
    const source = { kind: "values", data: Float32Array.of(0, Infinity), shape: [2] } as const;
    await expect(checkFinite({ params: { source } })).rejects.toThrow(/value 1 is Infinity/);
  });

  test("it stops when told to", async () => {
    const model = await openModelFiles(join(fixtures, "mlp"));
    const abort = new AbortController();
    const check = checkFinite(model, abort.signal, () => abort.abort());
    await expect(check).rejects.toMatchObject({ code: "cancelled" });
  });
});
