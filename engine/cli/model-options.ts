/** Options of the verbs that look at images with a model. */
import type { Command } from "commander";
import { deviceOption, ropeOption } from "./device-options.ts";

/** Options of every verb that opens a model. */
export function withModel(command: Command): Command {
  return command
    .requiredOption(
      "--model <path>",
      "model directory, its .safetensors or index file, a run or a checkpoint of one, or hf:ORG/NAME",
    )
    .addOption(deviceOption())
    .addOption(ropeOption())
    .option("--json", "print results for programs");
}

export function withSize(command: Command): Command {
  return command.option(
    "--size <size>",
    "model (as its preprocessor says), native, a short side such as 512, or WxH",
    "model",
  );
}

export const imageFiles = "JPEG, PNG, WebP, TIFF or AVIF";
