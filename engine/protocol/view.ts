/**
 * What is looked at: which model, image, size and layer a feature map comes from. Both sides of the
 * wire and the command line speak these names.
 */
import { z } from "zod";
import { EngineError } from "./errors.ts";

/** Model and image ids are handed out by the engine; they hold no path. */
export const modelId = z.string().min(1).max(64);
export const imageId = z.string().min(1).max(64);

/** Largest side of a model input in pixels. 4096 px is 65,536 patches of 16 px. */
export const maxInputSide = 4096;

/**
 * How a photograph is resized before the model sees it.
 *   model   as the model's preprocessor says
 *   native  the photograph's own pixels, cropped to a multiple of the patch
 *   short   short side of that many pixels, the aspect kept, both sides a multiple of the patch
 *   exact   these sides, the aspect given up
 */
export const inputSize = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("model") }),
  z.object({ kind: z.literal("native") }),
  z.object({ kind: z.literal("short"), side: z.int().min(1).max(maxInputSide) }),
  z.object({
    kind: z.literal("exact"),
    width: z.int().min(1).max(maxInputSide),
    height: z.int().min(1).max(maxInputSide),
  }),
]);
export type InputSize = z.infer<typeof inputSize>;

/** `model`, `native`, `512` or `768x512` (width first) to an {@link InputSize}. */
export function parseInputSize(text: string): InputSize {
  if (text === "model" || text === "native") return { kind: text };
  const exact = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const candidate = exact
    ? { kind: "exact", width: Number(exact[1]), height: Number(exact[2]) }
    : { kind: "short", side: /^\d{1,5}$/.test(text) ? Number(text) : NaN };
  const parsed = inputSize.safeParse(candidate);
  if (parsed.success) return parsed.data;
  throw new EngineError(
    "option.invalid",
    `size: expected native, model, a short side such as 512, or WxH such as 768x512 (1 to ${maxInputSide} px), received "${text}"`,
  );
}

/** The other direction of {@link parseInputSize}. */
export function formatInputSize(size: InputSize): string {
  switch (size.kind) {
    case "model":
    case "native":
      return size.kind;
    case "short":
      return String(size.side);
    case "exact":
      return `${size.width}x${size.height}`;
  }
}

/** One feature map: the tokens after one block of one model over one image. */
export const featureRef = z.object({
  model: modelId,
  image: imageId,
  size: inputSize,
  /** Block counted from 0, or "last". */
  layer: z.union([z.literal("last"), z.int().nonnegative().max(1023)]),
  /** Whether the model's final norm is applied to these tokens. */
  norm: z.boolean(),
});
export type FeatureRef = z.infer<typeof featureRef>;
