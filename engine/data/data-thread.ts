/**
 * What a data thread does: piscina calls `cropImage` by name. Tasks of many images may be handed
 * over at once, so that a thread has work while the caller's thread is blocked.
 */
import { Draws } from "../random/draws.ts";
import { handingOver, outcomeOf, type Outcome } from "../threads/outcome.ts";
import type { CropSizes, ImageCrops } from "./batch.ts";
import { planCrops, workingSize, type CropRecipe, type ImagePlan } from "./crop-plan.ts";
import { purposes } from "./draw-streams.ts";
import { renderImage, type Normalisation, type RenderedImage } from "./render-crop.ts";
import { WorkingImages } from "./working-image.ts";

/** What all tasks of a source have in common. */
export interface CropSettings extends Normalisation {
  readonly seed: number;
  readonly recipe: CropRecipe;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Decoded pixels that a thread keeps. */
  readonly cacheBytes: number;
}

export interface CropTask {
  readonly file: string;
  readonly step: number;
  /** Place in the batch. */
  readonly image: number;
  readonly sizes: CropSizes;
  readonly settings: CropSettings;
}

export interface CroppedImage extends RenderedImage {
  readonly origin: ImageCrops;
}

/** While one image is with the decoder, the thread distorts another. More would only take memory. */
const atOnce = 2;

let images: WorkingImages | undefined;
let running = 0;
const waiting: (() => void)[] = [];

/** Read one image and render its crops. The buffers of the answer are handed over, not copied. */
export async function cropImage(task: CropTask): Promise<Outcome<CroppedImage>> {
  await turn();
  try {
    images ??= new WorkingImages(task.settings.cacheBytes);
    const outcome = await outcomeOf(() => crop(task, images!));
    return handingOver(outcome, (value) => [
      value.global.buffer,
      value.local.buffer,
      value.gram.buffer,
    ]);
  } finally {
    waiting.shift()?.();
    running--;
  }
}

/** Files are done in the order in which they were asked for, a few at a time. */
async function turn(): Promise<void> {
  running++;
  if (running > atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
}

async function crop(
  { file, step, image, sizes, settings }: CropTask,
  source: WorkingImages,
): Promise<CroppedImage> {
  const { recipe, seed, patch } = settings;
  const working = await source.read(file, workingSize(recipe, sizes));
  const draws = new Draws(seed, step, image, purposes.crops);
  const plan = planCrops(draws, recipe, sizes, working.photograph, patch);
  const rendered = await renderImage(plan, working, sizes, settings);
  return { ...rendered, origin: describeCrops(file, working.photograph, plan) };
}

function describeCrops(
  file: string,
  { width, height }: { width: number; height: number },
  { globals, locals }: ImagePlan,
): ImageCrops {
  return {
    file,
    width,
    height,
    crops: [
      ...globals.map(({ box, flipped }) => ({ kind: "global" as const, box, flipped })),
      ...locals.map(({ box, flipped }) => ({ kind: "local" as const, box, flipped })),
    ],
  };
}
