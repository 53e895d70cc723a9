/** export and verify on the command line: what they write, say and end with. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { gramscope, inFolder } from "../support/command-line.ts";
import { fixtures } from "../weights/broken-models.ts";

/** Processes that open and compile models, one after the other, where the machine is shared. */
vi.setConfig({ testTimeout: 240_000 });

const model = path.join(fixtures, "mlp");
const exporting = (...more: string[]) => [
  "export",
  "--model",
  model,
  "--format",
  "onnx",
  "--limit",
  "1",
  "--sizes",
  "64x48",
  ...more,
];

describe("export", () => {
  test("proves what it writes, and verify repeats it", async () => {
    await inFolder(async (folder, names) => {
      const made = await gramscope(exporting("--out", "out", "--precision", "fp32,int8"), {
        cwd: folder,
      });
      expect(made).toMatchObject({ code: 0, stderr: "" });
      expect(made.stdout).toMatch(/fp32 .* pass\n +int8 .* pass/);
      expect(made.stdout).toContain("onnx/model.onnx: The largest difference");
      expect(await names()).toEqual(["out"]);

      const again = await gramscope(["verify", "out", "--json", "--out", "again.json"], {
        cwd: folder,
      });
      expect(again.code).toBe(0);
      const report = JSON.parse(again.stdout) as {
        verdict: string;
        exports: { isAsWritten: boolean }[];
      };
      expect(report.verdict).toBe("pass");
      expect(report.exports.map(({ isAsWritten }) => isAsWritten)).toEqual([true, true]);
      expect(await readFile(path.join(folder, "again.json"), "utf8")).toBe(again.stdout);

      // Another set of weights in the same shape is not the same model.
      const file = path.join(folder, "out/onnx/model.onnx");
      const bytes = await readFile(file);
      // Nodes name it first; its own values follow its last mention.
      const start = bytes.lastIndexOf("backbone.block00.up.weight") + 64;
      // One of the exponent's bits in every float, wherever these begin: four times, or a fourth.
      for (let i = start; i < start + 4096; i++) bytes[i]! ^= 1;
      await writeFile(file, bytes);
      const changed = await gramscope(["verify", "out/onnx/model.onnx", "--against", model], {
        cwd: folder,
      });
      expect(changed.code).toBe(2);
      expect(changed.stdout).toMatch(/fp32 .* FAIL/);
      expect(changed.stderr).toContain("onnx/model.onnx: not the file that parity.json is about");
      expect(changed.stderr).toContain(
        "is not the same model. onnx/model.onnx: The largest difference",
      );
    });
  });

  test("a failed proof ends with 2 and leaves the export under a name that says so", async () => {
    await inFolder(async (folder, names) => {
      const wish = exporting("--out", "out", "--precision", "int8", "--bar", "int8=1");
      const made = await gramscope(wish, { cwd: folder });
      expect(made.code).toBe(2);
      expect(made.stderr).toMatch(
        /out-FAILED-PARITY is not the same model\. onnx\/model_quantized-FAILED-PARITY\.onnx: The 1st percentile of the cosine, 0\.\d+, does not reach 1\./,
      );
      expect(await names()).toEqual(["out-FAILED-PARITY"]);
      expect(await readdir(path.join(folder, "out-FAILED-PARITY/onnx"))).toEqual([
        "model_quantized-FAILED-PARITY.onnx",
      ]);
      const json = await gramscope([...wish, "--json"], { cwd: folder });
      expect(json.code).toBe(2);
      const { out, card } = JSON.parse(json.stdout) as {
        out: string;
        card: { exports: { verdict: string }[] };
      };
      expect(path.basename(out)).toBe("out-FAILED-PARITY-2");
      expect(card.exports[0]!.verdict).toBe("fail");
    });
  });

  test("--no-parity is loud", async () => {
    await inFolder(async (folder) => {
      const made = await gramscope(exporting("--out", "out", "--no-parity"), { cwd: folder });
      expect(made.code).toBe(0);
      expect(made.stderr).toContain("NOT PROVED");
      const asked = await gramscope(["verify", "out"], { cwd: folder });
      expect(asked.code).toBe(2);
      expect(asked.stderr).toContain("Name the original: gramscope verify DIR --against MODEL");
    });
  });
});

test.each([
  [
    exporting("--out", "out", "--precision", "bf16"),
    "--precision: expected one of fp32, fp16, int8, int8-static, int4",
  ],
  [
    exporting("--out", "out", "--precision", "int8-static"),
    "--precision int8-static: expected --calibrate with a folder of photographs",
  ],
  [exporting("--out", "out", "--names", "timm"), "--names: expected it with --format safetensors"],
  [exporting("--out", "out", "--bar", "int8"), "--bar: expected PRECISION=LIMIT"],
  [exporting("--out", "out", "--opset", "9"), "--opset: expected a whole number from 17 to 22"],
  [exporting("--out", "out", "--images", "."), ".: expected readable images, received none"],
  [exporting("--out", "out", "--scores", "none.json"), "none.json: no such file"],
  [["verify", "nowhere"], "nowhere"],
  [["verify", ".", "--images", "scenes"], "verify: expected --against with --images"],
])("%j is refused in one message, and nothing is written", async (args, words) => {
  await inFolder(async (folder, names) => {
    const { code, stdout, stderr } = await gramscope(args, { cwd: folder });
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
    expect(stderr.split("\n")[0]).toContain(words);
    expect(stderr.trimEnd().split("\n").length, stderr).toBeLessThanOrEqual(2);
    expect(await names()).toEqual([]);
  });
});
