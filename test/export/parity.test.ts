/** The proof that comes with an export: its numbers, its verdicts, and what a failed one is called. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runExportJob, runVerifyJob } from "../../engine/host/export-job.ts";
import { exportWish, parityCard, type ExportWishInput } from "../../engine/protocol/exporting.ts";
import type { ProvedExport } from "../../engine/parity/proved-export.ts";
import { unattended } from "../../engine/session/control.ts";
import { describeOnnx } from "../../engine/export/read-onnx.ts";

const fixtures = join(import.meta.dirname, "../fixtures/vit");
const mlp = join(fixtures, "mlp");
const swiglu = join(fixtures, "swiglu");

/** Models are opened and compiled many times, and slowly where the machine is shared. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-parity-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const control = { ...unattended, rope: "fp32" } as const;

function run(wish: Partial<ExportWishInput> & { folder: string }): Promise<ProvedExport> {
  const usual = {
    model: mlp,
    format: "onnx",
    precisions: ["fp32"],
    limit: 1,
    sizes: ["64x48"],
  } as const;
  const whole = { ...usual, ...wish };
  return runExportJob(exportWish.parse(whole), control);
}

const verifyWish = { images: "scenes", limit: 2, sizes: ["model"], bars: {} };
const verify = (path: string, against?: string) =>
  runVerifyJob({ ...verifyWish, path, against }, control);

const namesIn = async (path: string) =>
  (await readdir(path, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();

describe("an export of several precisions", () => {
  let made: ProvedExport;
  beforeAll(async () => {
    // A limit that 4 bits of random weights in 48 channels cannot reach.
    made = await run({
      folder: join(folder, "all"),
      precisions: ["int4", "fp32", "fp16", "int8"],
      limit: 2,
      sizes: ["model", "320x192"],
      bars: { int4: 0.99999 },
    });
  });

  test("has a card with the numbers of each, the most exact first", async () => {
    const card = parityCard.parse(
      JSON.parse(await readFile(join(made.folder, "parity.json"), "utf8")),
    );
    expect(card).toEqual(made.card);
    expect(card.exports.map(({ precision, verdict }) => [precision, verdict])).toEqual([
      ["fp32", "pass"],
      ["fp16", "pass"],
      ["int8", "pass"],
      ["int4", "fail"],
    ]);
    const [fp32, fp16, int8, int4] = card.exports.map(({ numbers }) => numbers);
    // Another order of sums; the rest loses what its bits lose, in this order.
    expect(fp32!.largestDifference).toBeLessThan(2e-5);
    expect(fp16!.largestDifference).toBeGreaterThan(fp32!.largestDifference);
    expect(1 - int8!.cosine.median).toBeGreaterThan(1 - fp16!.cosine.median);
    expect(1 - int4!.cosine.median).toBeGreaterThan(1 - int8!.cosine.median);
    for (const { bySize, speed, files } of card.exports) {
      expect(bySize.map(({ size }) => size)).toEqual(["model", "320x192"]);
      expect(speed.originalMs).toBeGreaterThan(0);
      expect(speed.exportedMs).toBeGreaterThan(0);
      expect(files[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    // 96 x 64 px and 320 x 192 px in patches of 16, two scenes each.
    expect(fp32!.patches).toBe(2 * (6 * 4 + 20 * 12));
    expect(card.model).toMatchObject({ name: "fixture mlp", licence: "MIT", trained: false });
  });

  test("marks the one that fails in its name, and leaves the others theirs", async () => {
    expect(made.folder).toBe(join(folder, "all"));
    expect(await namesIn(made.folder)).toEqual([
      "README.md",
      "config.json",
      "onnx",
      "onnx/model.onnx",
      "onnx/model_fp16.onnx",
      "onnx/model_q4-FAILED-PARITY.onnx",
      "onnx/model_quantized.onnx",
      "parity",
      "parity.json",
      "parity/pca-1.png",
      "parity/pca-2.png",
      "parity/reference.safetensors",
      "preprocessor_config.json",
    ]);
    const readme = await readFile(join(made.folder, "README.md"), "utf8");
    expect(readme).toContain("`onnx/model_q4-FAILED-PARITY.onnx`: FAILED");
    expect(readme).toMatch(/^---\nlibrary_name: transformers\.js\n/);
    expect(readme).toContain("## Licence\n\nMIT");
    expect(readme).toContain("Random weights");
  });

  test("has pictures of original and exports side by side", async () => {
    const { width, height } = await sharp(join(made.folder, "parity/pca-1.png")).metadata();
    expect(width).toBeGreaterThan(3 * 260);
    // Two rows of three, each as broad as 260 px and as high as the input's shape makes it.
    expect(height).toBeGreaterThan((2 * 260 * 64) / 96);
    expect(made.pictures[0]!.caption).toContain("int4: median cosine 0.");
  });

  test("says in the files' metadata what they are, and they still load", async () => {
    const file = join(made.folder, "onnx/model.onnx");
    const { metadata } = await describeOnnx(file);
    expect(metadata).toMatchObject({ precision: "fp32", licence: "MIT", patch: "16" });
    expect(JSON.parse(metadata["parity"]!)).toMatchObject({ verdict: "pass" });
    const session = await InferenceSession.create(file);
    expect(session.inputNames).toEqual(["pixel_values"]);
    await session.release();
  });

  test("is verified from its files alone, with the same verdicts", async () => {
    const found = await verify(made.folder);
    expect(found.exports.map(({ verdict }) => verdict)).toEqual(["pass", "pass", "pass", "fail"]);
    expect(found.verdict).toBe("fail");
    expect(found.exports.map(({ isAsWritten }) => isAsWritten)).toEqual([true, true, true, true]);
    // The reference is what the original gave: the same numbers as when it was there.
    const [first] = found.exports;
    expect(first!.numbers).toEqual(made.card!.exports[0]!.numbers);
    expect(first!.speed.originalMs).toBeUndefined();
  });

  test("is verified against the original, and another model is not it", async () => {
    const file = join(made.folder, "onnx/model.onnx");
    expect((await verify(file, mlp)).verdict).toBe("pass");
    const moved = join(folder, "other-weights");
    await cp(mlp, moved, { recursive: true });
    const bytes = await readFile(join(moved, "model.safetensors"));
    // The last bytes are of some weight; another exponent makes it another model.
    for (let i = bytes.length - 4096; i < bytes.length; i += 4) bytes[i + 2]! ^= 0x40;
    await writeFile(join(moved, "model.safetensors"), bytes);
    const found = await verify(file, moved);
    expect(found.verdict).toBe("fail");
    await expect(verify(file, swiglu)).rejects.toMatchObject({
      code: "config.contradicts",
      message: expect.stringContaining("with 96 patches of width 48 as the original") as string,
    });
  });
});

test("a folder in which nothing passes is marked itself, and does not take another's place", async () => {
  const wish = { folder: join(folder, "bad"), precisions: ["int4"], bars: { int4: 1 } } as const;
  const made = await run({ ...wish, precisions: ["int4"] });
  expect(made.folder).toBe(join(folder, "bad-FAILED-PARITY"));
  const again = await run({ ...wish, precisions: ["int4"] });
  expect(again.folder).toBe(join(folder, "bad-FAILED-PARITY-2"));
  expect(await readdir(folder)).not.toContain("bad");
});

test.each(["fp32", "fp16", "bf16"] as const)(
  "a model directory in %s is opened again and compared",
  async (precision) => {
    const made = await run({
      folder: join(folder, `directory-${precision}`),
      format: "safetensors",
      precisions: [precision],
    });
    const [only] = made.card!.exports;
    expect(only).toMatchObject({ precision, file: "model.safetensors", verdict: "pass" });
    if (precision === "fp32") expect(only!.numbers.largestDifference).toBe(0);
    else expect(only!.numbers.largestDifference).toBeGreaterThan(0);
    expect((await verify(made.folder)).verdict).toBe("pass");
    expect(await readFile(join(made.folder, "README.md"), "utf8")).toContain("from_pretrained");
  },
);

test("without a proof the card says that there is none, and verify asks for the original", async () => {
  const made = await run({ folder: join(folder, "unproved"), isProved: false });
  expect(made.card).toBeUndefined();
  expect(await namesIn(made.folder)).not.toContain("parity.json");
  expect(await readFile(join(made.folder, "README.md"), "utf8")).toContain("**Not measured.**");
  await expect(verify(made.folder)).rejects.toMatchObject({
    code: "path.missing",
    message: expect.stringContaining("parity/reference.safetensors") as string,
  });
  expect((await verify(made.folder, mlp)).verdict).toBe("pass");
});

test("one's own pictures are proved on, named without their path", async () => {
  const photos = join(folder, "photos");
  await cp(join(import.meta.dirname, "../../assets/samples"), photos, { recursive: true });
  const made = await run({ folder: join(folder, "own"), images: photos, limit: 2 });
  expect(made.card!.images).toMatchObject({
    count: 2,
    description: '2 images of the folder "photos"',
  });
  const texts = ["README.md", "parity.json"].map((name) =>
    readFile(join(made.folder, name), "utf8"),
  );
  for (const text of await Promise.all(texts)) expect(text).not.toContain(folder);
});
