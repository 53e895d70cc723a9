/** The verbs that take a model away: export and verify, with their options. */
import type { Command } from "commander";
import { ropeOption } from "./device-options.ts";
import type { ExportVerbOptions } from "./export.ts";
import { parseWhole } from "./options.ts";
import type { VerifyVerbOptions } from "./verify.ts";

/** What both prove with. */
function withProof(command: Command): Command {
  return command
    .option("--images <folder>", 'a folder of photographs, or "scenes"', "scenes")
    .option(
      "--limit <n>",
      "images at most, spread over the folder",
      parseWhole("--limit", 1, 1024),
      4,
    )
    .option(
      "--sizes <sizes>",
      "with commas: model, native, a short side such as 512, or WxH; the first is timed and drawn",
      "model,320x192",
    )
    .option(
      "--bar <limits>",
      "what to reach, with commas: fp32=1e-4 (largest difference), int8=0.97 (1st percentile of cosine)",
    )
    .addOption(ropeOption())
    .option("--json", "print results for programs");
}

export function addExportVerbs(program: Command): void {
  withProof(program.command("export"))
    .description("Write a model for other programs, and prove that it is the same.")
    .requiredOption("--model <path>", "a model, a run or a checkpoint")
    .requiredOption(
      "--format <name>",
      "onnx, a folder that transformers.js loads; safetensors, one that transformers opens",
    )
    .option(
      "--precision <names>",
      "onnx: fp32, fp16, int8, int8-static, int4, several with commas; safetensors: fp32, fp16 or bf16",
      "fp32",
    )
    .requiredOption("--out <folder>", "new or empty")
    .option("--opset <n>", "onnx: version of its operators, 17 to 22", parseWhole("--opset"), 18)
    .option("--fused", "onnx: ONNX Runtime's own operators, faster there and unknown elsewhere")
    .option(
      "--calibrate <folder>",
      "int8-static: photographs that its steps are fixed on, up to 64",
    )
    .option(
      "--names <whose>",
      "safetensors: names of transformers, of timm, or official ones of the authors' own code",
      "transformers",
    )
    .option("--name <text>", "what to call it (default: as it is called)")
    .option("--note <text>", "one sentence about it")
    .option("--scores <files>", "reports of gramscope probe for the card, with commas")
    .option("--no-parity", "write it unproved; the card says so, loudly")
    .action(async (options: ExportVerbOptions) => {
      const { runExport } = await import("./export.ts");
      await runExport(options);
    });

  withProof(program.command("verify"))
    .description("Prove an export again: from its files alone, or against the original.")
    .argument("<folder>", "what gramscope export wrote, or one .onnx file of it")
    .option("--against <model>", "the original (default: its features that lie in the folder)")
    .option("--out <file>", "write the result here, as JSON")
    .action(async (folder: string, options: VerifyVerbOptions, command: Command) => {
      const { runVerify } = await import("./verify.ts");
      await runVerify(folder, {
        ...options,
        areImagesNamed: ["images", "sizes", "limit"].some(
          (name) => command.getOptionValueSource(name) === "cli",
        ),
      });
    });
}
