/** The verb features, of one image or of a folder of them. */
import type { Command } from "commander";
import { EngineError } from "../protocol/errors.ts";
import type { FeaturesOptions } from "./features.ts";
import type { FolderFeaturesOptions } from "./folder-features.ts";
import { imageFiles, withModel, withSize } from "./model-options.ts";
import { checkWritable } from "./write-output.ts";

export function addFeatures(program: Command): void {
  withSize(withModel(program.command("features")))
    .description("Write CLS, register and patch tokens of an image, or of every image of a folder.")
    .option("--image <file>", imageFiles)
    .option("--images <folder>", "every image in it and below, in place of --image")
    .option("--layer <layer>", "last, a block counted from 0, or of one image all", "last")
    .option("--tokens <kind>", "of a folder: cls, patches, registers, mean or all (default: cls)")
    .option("--precision <name>", "of a folder: fp32 or fp16 (default: fp32)")
    .requiredOption("--out <file>", "a .safetensors; of a folder also .npy, .npz or .parquet")
    .action(async (options: FeaturesOptions | FolderFeaturesOptions) => {
      if (isOfFolder(options)) {
        await checkWritable(options.out);
        const { runFolderFeatures } = await import("./folder-features.ts");
        await runFolderFeatures(options);
      } else {
        await checkWritable(options.out, [options.image, options.model]);
        const { runFeatures } = await import("./features.ts");
        await runFeatures(options);
      }
    });
}

/** @throws EngineError "option.invalid" for options that say nothing, or two things */
function isOfFolder(
  options: Partial<FeaturesOptions> & Partial<FolderFeaturesOptions>,
): options is FolderFeaturesOptions {
  const { image, images, tokens, precision } = options;
  if ((image === undefined) === (images === undefined)) {
    const received = image === undefined ? "neither" : "both";
    throw new EngineError(
      "option.invalid",
      `features: expected --image FILE or --images FOLDER, received ${received}`,
    );
  }
  const name = tokens === undefined ? "--precision" : "--tokens";
  if (image !== undefined && (tokens ?? precision) !== undefined) {
    throw new EngineError(
      "option.invalid",
      `${name}: it is of --images; --image writes all tokens`,
    );
  }
  return images !== undefined;
}
