/**
 * What a model's preprocessor does to a photograph, as plain data: the part of Hugging Face's
 * preprocessor_config.json that changes numbers.
 */
import { z } from "zod";

const side = z.int().min(1).max(16_384);
const sides = z.object({ height: side, width: side });
const triple = z.tuple([z.number(), z.number(), z.number()]);

export const resampleNames = ["nearest", "bilinear", "bicubic", "lanczos"] as const;
export type Resample = (typeof resampleNames)[number];

export const preprocessor = z.object({
  doResize: z.boolean(),
  /** Both sides, or the short side with the aspect kept. Pixels. */
  size: z.union([sides, z.object({ shortestEdge: side })]),
  resample: z.enum(resampleNames),
  /** Cut from the middle of the resized photograph. Pixels. */
  centerCrop: sides.optional(),
  /** Factor on 8-bit values, 1/255 as a rule. Before or after the resize is the same in float. */
  rescaleFactor: z.number().positive(),
  /** Per channel, in the unit after rescaling. */
  mean: triple,
  std: triple.refine((std) => std.every((value) => value > 0), { message: "must be positive" }),
});
export type Preprocessor = z.infer<typeof preprocessor>;

type Statistics = Pick<Preprocessor, "mean" | "std">;

/** Channel statistics of the DINOv3 web models (ImageNet's) and of its satellite models. */
export const imagenetStatistics: Statistics = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
export const satelliteStatistics: Statistics = {
  mean: [0.43, 0.411, 0.296],
  std: [0.213, 0.156, 0.143],
};

/** What the DINOv3 processor of transformers does where a file says nothing. */
export const dinov3Preprocessor: Preprocessor = {
  doResize: true,
  size: { height: 224, width: 224 },
  resample: "bilinear",
  rescaleFactor: 1 / 255,
  ...imagenetStatistics,
};

/** Whether the statistics are these, within the three digits that are published. */
export function hasStatistics(pre: Statistics, { mean, std }: Statistics): boolean {
  const near = (a: readonly number[], b: readonly number[]) =>
    a.every((value, i) => Math.abs(value - b[i]!) < 6e-4);
  return near(pre.mean, mean) && near(pre.std, std);
}

/** One line for people: "224×224, bilinear, LVD mean and deviation". */
export function describePreprocessor(pre: Preprocessor): string {
  const { size, centerCrop } = pre;
  const parts: string[] = [];
  if (pre.doResize) {
    // Width first, as everywhere on screen.
    const text =
      "shortestEdge" in size ? `short side ${size.shortestEdge}` : `${size.width}×${size.height}`;
    parts.push(text, pre.resample);
  } else parts.push("own pixels");
  if (centerCrop) parts.push(`centre ${centerCrop.width}×${centerCrop.height}`);
  if (hasStatistics(pre, imagenetStatistics)) parts.push("LVD mean and deviation");
  else if (hasStatistics(pre, satelliteStatistics)) parts.push("SAT mean and deviation");
  else parts.push(`mean ${pre.mean.join(" ")}, deviation ${pre.std.join(" ")}`);
  return parts.join(", ");
}
