/** What every format of features does: take one image after the other, then become a file. */
import { EngineError } from "../protocol/errors.ts";
import type { FeaturePrecision, ImageFeatures, TokenChoice } from "./image-features.ts";

export interface FeatureWriter {
  /**
   * Images come in the order in which they are to lie.
   * @throws EngineError "option.invalid" for an image that the format cannot hold beside the others;
   *   "disk.full", "path.unwritable"
   */
  append(image: ImageFeatures): Promise<void>;
  /** Give the file its name. @param about what a reader should know, kept with it */
  finish(about: Readonly<Record<string, string>>): Promise<void>;
  /** Leave nothing behind. */
  discard(): Promise<void>;
}

export interface WriterOptions {
  readonly path: string;
  readonly tokens: TokenChoice;
  readonly precision: FeaturePrecision;
  /** Of all images that may come, in their order. */
  readonly names: readonly string[];
}

/** Refuses an image whose arrays are not shaped as the first one's. */
export class SameShapes {
  private first: ImageFeatures | undefined;

  /** @throws EngineError "option.invalid" */
  check(image: ImageFeatures): void {
    this.first ??= image;
    const [is, was] = [image, this.first];
    const isSame = is.arrays.every(({ shape }, i) => shape.join() === was.arrays[i]?.shape.join());
    if (isSame) return;
    const side = ({ grid }: ImageFeatures) => `${grid.rows}x${grid.cols} patches`;
    throw new EngineError(
      "option.invalid",
      `${is.name}: it has ${side(is)}, and ${was.name} has ${side(was)}; one array holds one shape`,
      {
        hint: "Give --size WxH, or write .safetensors or .parquet, which hold each image for itself.",
      },
    );
  }
}
