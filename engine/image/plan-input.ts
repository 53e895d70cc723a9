/**
 * Which pixels of a photograph become which patches, decided from sizes alone: the geometry of a
 * model input before anything is decoded or computed.
 */
import { EngineError } from "../protocol/errors.ts";
import type { Geometry } from "../protocol/geometry.ts";
import { maxInputSide, type InputSize } from "../protocol/view.ts";
import type { Preprocessor } from "./preprocessor.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A stretch of the photograph, in its pixels, and the input pixels that it becomes. */
interface Plan {
  readonly region: { x: number; y: number; width: number; height: number };
  readonly input: Size;
}

/**
 * Plan the input of a model.
 *   model   resized and cut as the preprocessor says
 *   native  the photograph's own pixels
 *   short   short side of so many pixels, both sides rounded to the nearest multiple of the patch
 *   exact   these sides, rounded likewise
 * Where sides are kept that are no multiple of the patch (model, native), what is over at the right
 * and at the bottom is left out, as the official patch embedding does.
 *
 * @param image the upright photograph, in pixels
 * @param patch side of a patch in pixels
 * @throws EngineError "image.size" when less than one patch is left, or a side of the input would
 *   be over maxInputSide
 */
export function planInput(
  image: Size,
  size: InputSize,
  pre: Preprocessor,
  patch: number,
): Geometry {
  const plan = wholePatches(beforePatches(image, size, pre, patch), image, patch);
  const { region, input } = plan;
  if (Math.max(input.width, input.height) > maxInputSide) {
    throw new EngineError(
      "image.size",
      `The model's input would be ${input.width} × ${input.height} px: expected at most ${maxInputSide} px a side (photograph ${image.width} × ${image.height} px)`,
      { hint: "Choose a smaller size, such as a short side of 768 px." },
    );
  }
  const isKept =
    region.width === input.width &&
    region.height === input.height &&
    Number.isInteger(region.x) &&
    Number.isInteger(region.y);
  return {
    patch,
    grid: { rows: input.height / patch, cols: input.width / patch },
    input: { width: input.width, height: input.height },
    image: { width: image.width, height: image.height },
    region,
    resample: isKept ? "none" : pre.resample,
  };
}

function beforePatches(image: Size, size: InputSize, pre: Preprocessor, patch: number): Plan {
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  switch (size.kind) {
    case "native":
      return { region: whole, input: image };
    case "model": {
      const resized = pre.doResize ? resizedSize(image, pre.size) : image;
      const resizedPlan = { region: whole, input: resized };
      return pre.centerCrop ? cutCentre(resizedPlan, pre.centerCrop) : resizedPlan;
    }
    case "short": {
      const factor = size.side / Math.min(image.width, image.height);
      const side = (pixels: number) => roundToPatch(pixels * factor, patch);
      return { region: whole, input: { width: side(image.width), height: side(image.height) } };
    }
    case "exact": {
      // Rounding up must not carry an allowed side over the limit.
      const most = Math.floor(maxInputSide / patch) * patch;
      const side = (pixels: number) => Math.min(most, roundToPatch(pixels, patch));
      return { region: whole, input: { width: side(size.width), height: side(size.height) } };
    }
  }
}

/** The size after the resize alone. With a short side the long one is cut to whole pixels. */
function resizedSize({ width, height }: Size, size: Preprocessor["size"]): Size {
  if (!("shortestEdge" in size)) return { width: size.width, height: size.height };
  const { shortestEdge } = size;
  const long = (longSide: number, shortSide: number) =>
    Math.floor((shortestEdge * longSide) / shortSide);
  return width <= height
    ? { width: shortestEdge, height: long(height, width) }
    : { width: long(width, height), height: shortestEdge };
}

/** Cut from the middle, starting at a whole pixel as torchvision's center_crop does. */
function cutCentre({ region, input }: Plan, crop: Size): Plan {
  const cut = {
    width: Math.min(crop.width, input.width),
    height: Math.min(crop.height, input.height),
  };
  const left = roundHalfEven((input.width - cut.width) / 2);
  const top = roundHalfEven((input.height - cut.height) / 2);
  return { region: part(region, input, { x: left, y: top, ...cut }), input: cut };
}

/** Leave out what is over at the right and at the bottom. */
function wholePatches({ region, input }: Plan, image: Size, patch: number): Plan {
  const width = Math.floor(input.width / patch) * patch;
  const height = Math.floor(input.height / patch) * patch;
  if (width === 0 || height === 0) {
    throw new EngineError(
      "image.size",
      `The model's input would be ${input.width} × ${input.height} px: expected at least one patch of ${patch} × ${patch} px (photograph ${image.width} × ${image.height} px)`,
      {
        hint: "Choose a size in pixels, such as a short side of 224 px: the photograph is enlarged to it.",
      },
    );
  }
  return { region: part(region, input, { x: 0, y: 0, width, height }), input: { width, height } };
}

/** Part of an input as the part of the photograph that it comes from. */
function part(
  region: Plan["region"],
  input: Size,
  cut: { x: number; y: number; width: number; height: number },
): Plan["region"] {
  const [sx, sy] = [region.width / input.width, region.height / input.height];
  return {
    x: region.x + cut.x * sx,
    y: region.y + cut.y * sy,
    width: cut.width * sx,
    height: cut.height * sy,
  };
}

function roundToPatch(pixels: number, patch: number): number {
  return Math.max(1, Math.round(pixels / patch)) * patch;
}

/** Python's round. */
function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}
