/**
 * Hugging Face's preprocessor_config.json to a {@link Preprocessor}; absent fields mean what the image
 * processor that transformers has for the family means by them.
 */
import { z } from "zod";
import {
  dinov3Preprocessor,
  hasStatistics,
  preprocessor,
  satelliteStatistics,
  type Preprocessor,
  type Resample,
} from "../image/preprocessor.ts";
import { EngineError } from "../protocol/errors.ts";
import { invalidField } from "./invalid-field.ts";

/** Pillow's numbers. Box (4) and Hamming (5) are not offered. */
const pillowResample: Readonly<Record<number, Resample>> = {
  0: "nearest",
  1: "lanczos",
  2: "bilinear",
  3: "bicubic",
};

const side = z.int().positive();
const size = z.union([
  side,
  z.object({ height: side, width: side }),
  z.object({ shortest_edge: side, longest_edge: z.null().optional() }),
]);
const channels = z.union([z.number(), z.array(z.number()).length(3)]);

const hfPreprocessor = z.object({
  do_resize: z.boolean().nullish(),
  size: size.nullish(),
  resample: z.int().nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: z.union([side, z.object({ height: side, width: side })]).nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().positive().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: channels.nullish(),
  image_std: channels.nullish(),
});

/**
 * @param json the parsed file
 * @param path where it lies, for messages
 * @param usual what absent fields mean
 * @throws EngineError "config.invalid" naming the field
 */
export function parseHfPreprocessor(
  json: unknown,
  path: string,
  usual: Preprocessor = dinov3Preprocessor,
): Preprocessor {
  const parsed = hfPreprocessor.safeParse(json);
  if (!parsed.success) throw invalidField(path, parsed.error);
  const hf = parsed.data;
  const normalise = hf.do_normalize ?? true;
  const resample = hf.resample == null ? usual.resample : pillowResample[hf.resample];
  if (resample === undefined) {
    throw new EngineError(
      "config.invalid",
      `${path}: resample: expected 0 (nearest), 1 (Lanczos), 2 (bilinear) or 3 (bicubic), received ${hf.resample}`,
    );
  }
  const result = preprocessor.safeParse({
    doResize: hf.do_resize ?? true,
    size: toSize(hf.size, hf.do_center_crop === true, usual),
    resample,
    ...(hf.do_center_crop === true ? { centerCrop: toCrop(hf.crop_size, path) } : {}),
    rescaleFactor: (hf.do_rescale ?? true) ? (hf.rescale_factor ?? usual.rescaleFactor) : 1,
    mean: normalise ? toTriple(hf.image_mean, usual.mean) : [0, 0, 0],
    std: normalise ? toTriple(hf.image_std, usual.std) : [1, 1, 1],
  });
  if (!result.success) throw invalidField(path, result.error);
  const pre = result.data;
  if (pre.doResize && "shortestEdge" in pre.size && pre.centerCrop) {
    const { shortestEdge } = pre.size;
    const { width, height } = pre.centerCrop;
    if (Math.max(width, height) > shortestEdge) {
      throw new EngineError(
        "config.invalid",
        `${path}: crop_size ${width}x${height} is larger than size.shortest_edge ${shortestEdge}`,
      );
    }
  }
  return pre;
}

/**
 * A note where a model looks like one trained on satellite images but is normalised with the
 * statistics of photographs, as its published processor may be.
 *
 * @param names whatever the model is called: its folder, its origin
 */
export function satelliteNote(
  names: readonly (string | undefined)[],
  pre: Preprocessor,
): string | undefined {
  const isSatellite = names.some((name) => name !== undefined && /sat[-_]?493m/i.test(name));
  if (!isSatellite || hasStatistics(pre, satelliteStatistics)) return undefined;
  const { mean, std } = satelliteStatistics;
  return `By its name this model was trained on satellite images (SAT-493M), which are normalised with mean ${mean.join(" ")} and deviation ${std.join(" ")}; its preprocessor says otherwise.`;
}

function toSize(
  value: z.infer<typeof size> | null | undefined,
  isCropped: boolean,
  usual: Preprocessor,
): Preprocessor["size"] {
  if (value == null) return usual.size;
  // A bare number means both sides, but the short one where a square is cut out, as CLIP's files mean.
  if (typeof value === "number") {
    return isCropped && "shortestEdge" in usual.size
      ? { shortestEdge: value }
      : { height: value, width: value };
  }
  if ("shortest_edge" in value) return { shortestEdge: value.shortest_edge };
  return value;
}

function toCrop(
  value: number | { height: number; width: number } | null | undefined,
  path: string,
): { height: number; width: number } {
  if (value == null) {
    throw new EngineError("config.invalid", `${path}: do_center_crop is set without crop_size`);
  }
  return typeof value === "number" ? { height: value, width: value } : value;
}

function toTriple(
  value: number | number[] | null | undefined,
  absent: readonly number[],
): readonly number[] {
  if (value == null) return absent;
  return typeof value === "number" ? [value, value, value] : value;
}
