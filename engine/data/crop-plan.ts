/**
 * What is done to one image in one step, drawn before a pixel is read: where its crops lie and how
 * each is distorted (dinov3.md C.6; torchvision's RandomResizedCrop and ColorJitter).
 */
import type { Draws } from "../random/draws.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { CropSizes, ImageCrops } from "./batch.ts";

export type CropRecipe = Pick<
  Recipe,
  | "localCrops"
  | "globalScale"
  | "localScale"
  | "localsFromGlobals"
  | "gramUndistorted"
  | "flipProbability"
  | "jitterProbability"
  | "jitterBrightness"
  | "jitterContrast"
  | "jitterSaturation"
  | "jitterHue"
  | "shareColourJitter"
  | "greyProbability"
  | "blurGlobal1"
  | "blurGlobal2"
  | "blurLocal"
  | "blurAsReleased"
  | "blurSigmaMin"
  | "blurSigmaMax"
  | "solariseProbability"
>;

/** In pixels of the upright photograph. */
export type Box = ImageCrops["crops"][number]["box"];

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type JitterKind = "brightness" | "contrast" | "saturation" | "hue";

export interface Jitter {
  /** Factors, 1 for no change. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** In turns, 0 for no change. */
  readonly hue: number;
  /** Each of the four once. */
  readonly order: readonly JitterKind[];
}

/** In the order in which they are done. */
export interface Colour {
  readonly jitter: Jitter | null;
  readonly grey: boolean;
  /** In pixels of the crop. */
  readonly blurSigma: number | null;
  readonly solarise: boolean;
}

export interface CropPlan {
  readonly box: Box;
  readonly flipped: boolean;
  readonly colour: Colour;
}

export interface LocalPlan extends CropPlan {
  /**
   * The window of a global crop that it is cut out of, in pixels of that crop as it is rendered,
   * mirrored or not. null: it is cut out of the photograph.
   */
  readonly window: { readonly global: 0 | 1; readonly left: number; readonly top: number } | null;
}

export interface ImagePlan {
  readonly globals: readonly [CropPlan, CropPlan];
  readonly locals: readonly LocalPlan[];
  /** All crops have one jitter, whose contrast is about the mean of the whole image. */
  readonly jitterIsShared: boolean;
  /** The Gram crops, which have the globals' boxes, have none of their colours. */
  readonly gramUndistorted: boolean;
}

/** torchvision's RandomResizedCrop: width over height. */
const narrowest = 3 / 4;
const widest = 4 / 3;
const triesPerBox = 10;

/**
 * @param size of the upright photograph
 * @param patch side of a patch, to which local crops that are cut out of global ones are aligned
 */
export function planCrops(
  draws: Draws,
  recipe: CropRecipe,
  sizes: CropSizes,
  size: Size,
  patch: number,
): ImagePlan {
  const shared = recipe.shareColourJitter ? drawJitterAndGrey(draws, recipe) : null;
  const place = (scale: CropRecipe["globalScale"]) => ({
    box: drawBox(draws, size, scale),
    flipped: draws.chance(recipe.flipProbability),
  });
  const colour = (declaredBlur: number, solarise = 0): Colour => {
    const { jitter, grey } = shared ?? drawJitterAndGrey(draws, recipe);
    const blurred = draws.chance(blurProbability(recipe, declaredBlur));
    const blurSigma = blurred ? draws.between(recipe.blurSigmaMin, recipe.blurSigmaMax) : null;
    return { jitter, grey, blurSigma, solarise: draws.chance(solarise) };
  };
  const first: CropPlan = { ...place(recipe.globalScale), colour: colour(recipe.blurGlobal1) };
  const second: CropPlan = {
    ...place(recipe.globalScale),
    colour: colour(recipe.blurGlobal2, recipe.solariseProbability),
  };
  const locals = Array.from({ length: recipe.localCrops }, (_, i): LocalPlan => {
    if (!recipe.localsFromGlobals) {
      return { ...place(recipe.localScale), colour: colour(recipe.blurLocal), window: null };
    }
    // The first half comes from the first global crop.
    const global = 2 * i < recipe.localCrops ? 0 : 1;
    const part = drawWindow(draws, sizes, patch, global === 0 ? first : second);
    const window = { global, left: part.left, top: part.top } as const;
    return { box: part.box, flipped: part.flipped, colour: colour(recipe.blurLocal), window };
  });
  return {
    globals: [first, second],
    locals,
    jitterIsShared: shared !== null,
    gramUndistorted: recipe.gramUndistorted,
  };
}

/**
 * At what size a photograph is worth reading: so that the smallest box of every kind of crop still
 * has the crop's pixels, where the photograph itself has them.
 */
export interface WorkingSize {
  /** Least short side in pixels, for boxes that are as high or as wide as the photograph. */
  readonly shortSide: number;
  /** Least root of the area in pixels, for boxes that are a part of it. */
  readonly meanSide: number;
}

export function workingSize(recipe: CropRecipe, sizes: CropSizes): WorkingSize {
  const global = Math.max(sizes.global, sizes.gram);
  const cutsLocals = recipe.localCrops > 0 && !recipe.localsFromGlobals;
  const local = cutsLocals ? sizes.local : 0;
  // A box's shorter side, at its narrowest, in roots of the photograph's area.
  const shortest = ({ min }: CropRecipe["globalScale"]) => Math.sqrt(min * narrowest);
  return {
    shortSide: Math.max(global, local),
    meanSide: Math.max(global / shortest(recipe.globalScale), local / shortest(recipe.localScale)),
  };
}

/** The released code blurs where it should not, and the other way round (dinov3.md, trap 12). */
function blurProbability({ blurAsReleased }: CropRecipe, declared: number): number {
  return blurAsReleased ? 1 - declared : declared;
}

/** torchvision's RandomResizedCrop.get_params: whole pixels; the middle after ten vain tries. */
function drawBox(draws: Draws, { width, height }: Size, scale: CropRecipe["globalScale"]): Box {
  for (let attempt = 0; attempt < triesPerBox; attempt++) {
    const area = width * height * draws.between(scale.min, scale.max);
    const ratio = draws.logBetween(narrowest, widest);
    const w = Math.round(Math.sqrt(area * ratio));
    const h = Math.round(Math.sqrt(area / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const y = draws.below(height - h + 1);
    const x = draws.below(width - w + 1);
    return { x, y, w, h };
  }
  const ratio = Math.min(widest, Math.max(narrowest, width / height));
  const w = Math.max(1, Math.min(width, Math.round(height * ratio)));
  const h = Math.max(1, Math.min(height, Math.round(width / ratio)));
  return { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), w, h };
}

/** A part of a global crop, aligned to its patches. */
function drawWindow(
  draws: Draws,
  { global, local }: CropSizes,
  patch: number,
  { box, flipped }: CropPlan,
): { left: number; top: number; box: Box; flipped: boolean } {
  if (local > global) {
    throw new Error(`internal: a local crop of ${local} px out of a global one of ${global} px`);
  }
  const places = Math.floor((global - local) / patch) + 1;
  const left = patch * draws.below(places);
  const top = patch * draws.below(places);
  // In the photograph the window lies at the other end when the global crop is mirrored.
  const fromLeft = flipped ? global - local - left : left;
  return {
    left,
    top,
    flipped,
    box: {
      x: box.x + (fromLeft / global) * box.w,
      y: box.y + (top / global) * box.h,
      w: (local / global) * box.w,
      h: (local / global) * box.h,
    },
  };
}

function drawJitterAndGrey(draws: Draws, recipe: CropRecipe): Pick<Colour, "jitter" | "grey"> {
  const jitter = draws.chance(recipe.jitterProbability) ? drawJitter(draws, recipe) : null;
  return { jitter, grey: draws.chance(recipe.greyProbability) };
}

function drawJitter(draws: Draws, recipe: CropRecipe): Jitter {
  const around = (spread: number) => draws.between(Math.max(0, 1 - spread), 1 + spread);
  return {
    brightness: around(recipe.jitterBrightness),
    contrast: around(recipe.jitterContrast),
    saturation: around(recipe.jitterSaturation),
    hue: draws.between(-recipe.jitterHue, recipe.jitterHue),
    order: draws.shuffle<JitterKind>(["brightness", "contrast", "saturation", "hue"]),
  };
}
