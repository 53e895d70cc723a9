/** A decoded photograph to what the model sees: resampled, cut and normalised in one pass. */
import type { Geometry } from "../protocol/geometry.ts";
import type { DecodedImage } from "./decode.ts";
import type { Preprocessor } from "./preprocessor.ts";
import { resample } from "./resample.ts";

/**
 * @param decoded the photograph that the geometry was planned for
 * @param geometry from planInput
 * @param pre the preprocessor that it was planned with
 * @returns float32 [3, geometry.input.height, geometry.input.width], normalised
 */
export function preprocess(
  decoded: Pick<DecodedImage, "width" | "height" | "pixels">,
  geometry: Geometry,
  pre: Pick<Preprocessor, "rescaleFactor" | "mean" | "std">,
): Float32Array {
  const { width, height, pixels } = decoded;
  const { image, input, region } = geometry;
  if (image.width !== width || image.height !== height || pixels.length !== 3 * width * height) {
    throw new Error(`internal: the geometry is of another image than ${width} × ${height}`);
  }
  const { rescaleFactor, mean, std } = pre;
  // (value * factor - mean) / std, in one multiplication and one addition.
  return resample(
    pixels,
    { inSize: height, start: region.y, length: region.height, outSize: input.height },
    { inSize: width, start: region.x, length: region.width, outSize: input.width },
    // Over whole pixels at their own scale, the pixel under the centre is the pixel itself.
    geometry.resample === "none" ? "nearest" : geometry.resample,
    [rescaleFactor / std[0], rescaleFactor / std[1], rescaleFactor / std[2]],
    [-mean[0] / std[0], -mean[1] / std[1], -mean[2] / std[2]],
  );
}
