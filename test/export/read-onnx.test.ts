/** ONNX files from outside: what leads out of the folder, is cut short or damaged is refused. */
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeModel, type OnnxTensor } from "../../engine/compiler/onnx-proto.ts";
import { exportOnnx, onnxFile } from "../../engine/export/export-onnx.ts";
import { appendMetadata, describeOnnx } from "../../engine/export/read-onnx.ts";
import { runVerifyJob } from "../../engine/host/export-job.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { Draws } from "../../engine/random/draws.ts";
import { unattended } from "../../engine/session/control.ts";

const mlp = join(import.meta.dirname, "../fixtures/vit/mlp");

let folder: string;
let good: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-read-onnx-"));
  const wish = { precisions: ["fp32"], opset: 18, isFused: false, rope: "fp32" } as const;
  await exportOnnx(mlp, join(folder, "good"), wish);
  good = join(folder, "good", onnxFile("fp32"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file whose one weight lies elsewhere. */
async function outside(name: string, entries: Readonly<Record<string, string>>): Promise<string> {
  const weight: OnnxTensor = {
    name: "weight",
    dims: [4],
    dataType: 1,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  };
  const path = join(folder, `${name}.onnx`);
  const model = {
    irVersion: 8,
    producerName: "test",
    opsetImport: [{ domain: "", version: 18 }],
    graph: { name: "g", node: [], initializer: [weight], input: [], output: [] },
  };
  await writeFile(path, encodeModel(model));
  return path;
}

test("metadata, names and opset are read without loading the model", async () => {
  const found = await describeOnnx(good);
  expect(found).toMatchObject({ opset: 18, inputs: ["pixel_values"], external: [] });
  expect(found.outputs).toContain("patches");
  expect(found.metadata).toMatchObject({ precision: "fp32", patch: "16" });
});

test("metadata are added at the end, and nothing else changes", async () => {
  const path = join(folder, "more.onnx");
  const before = await readFile(good);
  await writeFile(path, before);
  await appendMetadata(path, "parity", "µ".repeat(1000));
  expect((await readFile(path)).subarray(0, before.length).equals(before)).toBe(true);
  const [was, is] = [await describeOnnx(good), await describeOnnx(path)];
  expect(is.metadata).toEqual({ ...was.metadata, parity: "µ".repeat(1000) });
  expect(is.outputs).toEqual(was.outputs);
});

test.each([
  ["an absolute path", { location: "/etc/hostname" }, "expected the name of a file"],
  ["a way up", { location: "../good/config.json" }, "expected the name of a file"],
  ["a way down", { location: "good/config.json" }, "expected the name of a file"],
  ["a drive", { location: "C:weights" }, "expected the name of a file"],
  ["a backslash", { location: "..\\weights" }, "expected the name of a file"],
  ["no place", { offset: "0" }, "does not say where"],
  ["a missing file", { location: "gone.bin" }, "gone.bin, which is not beside it"],
  ["a lying offset", { location: "few.bin", offset: "-1" }, "expected whole numbers"],
  [
    "a short file",
    { location: "few.bin", offset: "4", length: "16" },
    "end at byte 20, the file has 16",
  ],
  ["a link that leads out", { location: "link.bin" }, "a link that leads out"],
] as const)("weights outside with %s are refused", async (name, entries, words) => {
  await writeFile(join(folder, "few.bin"), new Uint8Array(16));
  await symlink("/etc/hostname", join(folder, "link.bin")).catch(() => {}); // There from before.
  const path = await outside(name.replaceAll(" ", "-"), entries);
  await expect(describeOnnx(path)).rejects.toMatchObject({
    code: "weights.format",
    message: expect.stringContaining(words) as string,
  });
});

test("weights beside the file are followed", async () => {
  await writeFile(join(folder, "few.bin"), new Uint8Array(16));
  const path = await outside("beside", { location: "few.bin", offset: "0", length: "16" });
  expect((await describeOnnx(path)).external).toEqual(["few.bin"]);
});

test.each([
  ["an empty file", new Uint8Array(0)],
  ["a text", new TextEncoder().encode("Not a model, but a text of some length.")],
  ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)],
])("%s is refused in one message", async (_, bytes) => {
  const path = join(folder, "other.onnx");
  await writeFile(path, bytes);
  await expect(describeOnnx(path)).rejects.toMatchObject({
    code: "weights.format",
    message: expect.stringContaining("expected an ONNX model") as string,
  });
});

test("a file that is cut short is refused, wherever the cut is", async () => {
  const whole = await readFile(good);
  const path = join(folder, "cut.onnx");
  for (let i = 1; i < 20; i++) {
    await writeFile(path, whole.subarray(0, Math.floor((i * whole.length) / 20)));
    await expect(describeOnnx(path)).rejects.toBeInstanceOf(EngineError);
  }
});

test("1500 changed files never crash the reader, and every refusal is in our words", async () => {
  const whole = await readFile(await outside("fuzz", { location: "few.bin", length: "16" }));
  await writeFile(join(folder, "few.bin"), new Uint8Array(16));
  const path = join(folder, "changed.onnx");
  let refused = 0;
  for (let round = 0; round < 1500; round++) {
    const draws = new Draws(7, round);
    const bytes = Uint8Array.from(whole);
    for (let n = 0; n < 3; n++) {
      bytes[Math.floor(draws.uniform() * bytes.length)] = Math.floor(draws.uniform() * 256);
    }
    await writeFile(path, bytes);
    await describeOnnx(path).catch((error: unknown) => {
      expect(error).toBeInstanceOf(EngineError);
      refused++;
    });
  }
  expect(refused).toBeGreaterThan(300);
});

test("verify tells of a damaged file in one message, and leaves the folder as it was", async () => {
  const before = await readdir(folder, { recursive: true });
  const wish = { against: mlp, images: "scenes", limit: 1, sizes: ["model"], bars: {} };
  const verify = (path: string) => runVerifyJob({ ...wish, path }, { ...unattended, rope: "fp32" });
  await expect(verify(join(folder, "cut.onnx"))).rejects.toMatchObject({ code: "weights.format" });
  // A weight's bytes are no business of the description: the runtime sees that they are gone.
  const whole = await readFile(good);
  await writeFile(
    join(folder, "other.onnx"),
    whole.toString("latin1").replace("Softmax", "Softmix"),
    "latin1",
  );
  await expect(verify(join(folder, "other.onnx"))).rejects.toMatchObject({
    code: "weights.format",
    message: expect.stringContaining("ONNX Runtime cannot load it") as string,
  });
  await expect(verify(join(folder, "nowhere"))).rejects.toMatchObject({ code: "path.missing" });
  await expect(verify(join(import.meta.dirname, "../fixtures"))).rejects.toMatchObject({
    code: "model.unknown",
    message: expect.stringContaining("expected an exported folder") as string,
  });
  await expect(
    runVerifyJob(
      { ...wish, path: join(folder, "good"), images: join(import.meta.dirname) },
      { ...unattended, rope: "fp32" },
    ),
  ).rejects.toMatchObject({ code: "data.empty" });
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});
