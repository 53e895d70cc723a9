/**
 * The few ways of looking at one picture that the scores compare, cut so that the patches of one
 * correspond exactly to patches of another.
 *
 *   base     the picture's central square
 *   shifted  the same, a quarter of a patch further right and down
 *   crop     some 4/7 of the sides of base, patch for patch at its scale, mirrored and brighter
 *   fine     what crop shows, at twice the resolution: a patch of crop is 2 x 2 patches of fine
 *
 * Patches that show the very same pixels are found again by any network, trained or not: hence the
 * shift by less than a patch, the mirror and the other tone.
 *
 * Four forward passes, of P, P, 0.33 P and 1.3 P patches; see {@link viewFlops}.
 */
import { resample } from "../image/resample.ts";
import type { Picture } from "../labels/labelled.ts";
import { forwardFlops, type BackboneConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import { Draws } from "../random/draws.ts";

export const viewNames = ["base", "shifted", "crop", "fine"] as const;
export type ViewName = (typeof viewNames)[number];

/** One forward pass over part of a picture. */
export interface View {
  /** In the picture's pixels, fractions allowed. */
  readonly region: Region;
  /** What the model sees, in pixels: multiples of the patch. */
  readonly input: { readonly width: number; readonly height: number };
  /** Left and right are exchanged. */
  readonly mirrored: boolean;
  /** Values in [0, 1] are raised to it: 1 leaves them, less is brighter. */
  readonly gamma: number;
}

interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ViewPlan {
  readonly views: Readonly<Record<ViewName, View>>;
  readonly crop: CropPlace;
}

/** Where the crop lies in base: patch (r, c) of the crop, mirrored, is (row + r, col + side-1-c). */
export interface CropPlace {
  readonly row: number;
  readonly col: number;
  /** Patches of the crop along each side. */
  readonly side: number;
}

export interface ViewSettings {
  /** Side of base in pixels; rounded to whole patches. 224 as in the paper's global crops. */
  readonly side: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Draws the crop's place, with the index of the picture in its list. */
  readonly seed: number;
}

/** What a model made of one view. */
export interface ViewTokens {
  /** [d], after the final norm */
  readonly cls: Float32Array;
  /** [rows * cols, d], row-major, after the final norm */
  readonly patches: Float32Array;
  /** [rows * cols, d] before the final norm: norms of tokens mean something only there. */
  readonly before?: Float32Array | undefined;
  readonly rows: number;
  readonly cols: number;
  /** d */
  readonly width: number;
}

/** How far shifted is moved, in patches: less than half, so the nearest patch stays the same. */
const shift = 0.25;
const cropPart = 4 / 7;
/** Within what colour jitter does to a training crop. */
const brightening = 0.6;
/** Fewer patches along a side have no far patches and no room for a crop. */
const leastSide = 4;

/** Patches along the sides of base and of the crop. */
export function viewSides({ side, patch }: Pick<ViewSettings, "side" | "patch">): {
  base: number;
  crop: number;
} {
  const base = Math.round(side / patch);
  if (base < leastSide) {
    throw new EngineError(
      "option.invalid",
      `side: expected at least ${leastSide * patch} px, which are ${leastSide} patches of ${patch} px; received ${side}`,
    );
  }
  return { base, crop: Math.round(base * cropPart) };
}

/**
 * @param index of the picture in its list: the same for all models that are compared
 * @throws EngineError "option.invalid" for a side of less than four patches
 */
export function planViews(
  picture: Pick<Picture, "width" | "height">,
  settings: ViewSettings,
  index: number,
): ViewPlan {
  const sides = viewSides(settings);
  const square = Math.min(picture.width, picture.height);
  // Base and shifted together fill the square.
  const cell = square / (sides.base + shift);
  const left = (picture.width - square) / 2;
  const top = (picture.height - square) / 2;
  const draws = new Draws(settings.seed, index);
  const row = draws.below(sides.base - sides.crop + 1);
  const col = draws.below(sides.base - sides.crop + 1);
  const view = (fromCol: number, fromRow: number, side: number, scale = 1): View => ({
    region: {
      x: left + fromCol * cell,
      y: top + fromRow * cell,
      width: side * cell,
      height: side * cell,
    },
    input: { width: scale * side * settings.patch, height: scale * side * settings.patch },
    mirrored: false,
    gamma: 1,
  });
  const seenAnew = { mirrored: true, gamma: brightening };
  return {
    crop: { row, col, side: sides.crop },
    views: {
      base: view(0, 0, sides.base),
      shifted: view(shift, shift, sides.base),
      crop: { ...view(col, row, sides.crop), ...seenAnew },
      fine: { ...view(col, row, sides.crop, 2), ...seenAnew },
    },
  };
}

/**
 * The pixels of a view, resampled with antialiasing; what lies past the picture's edge is not needed.
 * @returns a picture of exactly the view's input size, to be normalised and no more
 */
export function renderView(picture: Picture, { region, input, mirrored, gamma }: View): Picture {
  const { width, height } = input;
  const planes = resample(
    picture.pixels,
    { inSize: picture.height, start: region.y, length: region.height, outSize: height },
    { inSize: picture.width, start: region.x, length: region.width, outSize: width },
    "bilinear",
  );
  const tone = Uint8Array.from({ length: 256 }, (_, v) => Math.round(255 * (v / 255) ** gamma));
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * width + (mirrored ? width - 1 - x : x);
      for (let c = 0; c < 3; c++)
        pixels[at++] = tone[Math.round(planes[c * width * height + from]!)]!;
    }
  }
  return { name: picture.name, width, height, pixels };
}

/** FLOPs of the four forward passes of one picture, 2 per multiply-add. */
export function viewFlops(config: BackboneConfig, settings: Pick<ViewSettings, "side">): number {
  const sides = viewSides({ ...settings, patch: config.patch });
  const crop = sides.crop ** 2;
  return [sides.base ** 2, sides.base ** 2, crop, 4 * crop].reduce(
    (sum, patches) => sum + forwardFlops(config, patches),
    0,
  );
}

/** The patch of base that shows the same as each patch of the crop. @returns [side * side] */
export function cropInBase({ row, col, side }: CropPlace, baseCols: number): Int32Array {
  return Int32Array.from({ length: side * side }, (_, i) => {
    const across = side - 1 - (i % side);
    return (row + Math.floor(i / side)) * baseCols + col + across;
  });
}

/**
 * Means of 2 x 2 patches, before any normalisation, as the Gram teacher's patches are brought to the
 * student's grid (the paper resizes bicubically there; dinov3.md C.2).
 * @returns [rows / 2 * cols / 2, d]
 */
export function halved({ patches, rows, cols, width }: ViewTokens): Float32Array {
  const out = new Float32Array((rows / 2) * (cols / 2) * width);
  for (let r = 0, at = 0; r < rows; r += 2) {
    for (let c = 0; c < cols; c += 2) {
      const upper = (r * cols + c) * width;
      const lower = upper + cols * width;
      for (let j = 0; j < width; j++, at++) {
        const above = patches[upper + j]! + patches[upper + width + j]!;
        out[at] = (above + patches[lower + j]! + patches[lower + width + j]!) / 4;
      }
    }
  }
  return out;
}
