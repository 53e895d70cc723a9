/** One model's scores on every image of a set: its views through the backbone, a few at a time. */
import type { FrozenBackbone } from "../evaluation/frozen.ts";
import type { Picture } from "../labels/labelled.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import type { ImageScores } from "../scores/catalog.ts";
import type { ImageScorer } from "../scores/score-image.ts";
import {
  planViews,
  renderView,
  type ViewName,
  type ViewPlan,
  type ViewTokens,
} from "../scores/views.ts";
import { breathe } from "../session/control.ts";
import type { ImageSet } from "./image-set.ts";

export interface ScoreSettings {
  /** Side of the largest view in pixels. */
  readonly side: number;
  /** Of the places of the crops. */
  readonly seed: number;
}

/** An image that is not decoded again for every model. */
export interface PlannedImage {
  readonly plan: ViewPlan;
  readonly name: string;
  readonly views: Readonly<Record<ViewName, Picture>>;
}

export interface ScoreRequest {
  readonly backbone: FrozenBackbone;
  readonly scorer: ImageScorer;
  readonly images: readonly PlannedImage[];
  /** Base of every image by the model of reference, in their order. */
  readonly reference?: readonly ViewTokens[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** Full batches of the backbone. */
const atOnce = 8;

/**
 * Decode a set once and cut its views.
 * @throws EngineError "cancelled" between two images; what loading throws
 */
export async function planImages(
  set: ImageSet,
  { side, seed }: ScoreSettings,
  patch: number,
  signal?: AbortSignal,
): Promise<PlannedImage[]> {
  const images: PlannedImage[] = [];
  for (let index = 0; index < set.count; index++) {
    // Drawing a scene blocks the thread; a cancellation is heard between two.
    await breathe();
    throwIfAborted(signal, "Comparing");
    const picture = await set.load(index);
    const plan = planViews(picture, { side, seed, patch }, index);
    const { base, shifted, crop, fine } = plan.views;
    const view = (one: typeof base) => renderView(picture, one);
    const views = { base: view(base), shifted: view(shifted), crop: view(crop), fine: view(fine) };
    images.push({ plan, name: picture.name, views });
  }
  return images;
}

/** Base of every image, for use as a reference. */
export async function baseTokens(
  backbone: FrozenBackbone,
  images: readonly PlannedImage[],
  signal?: AbortSignal,
): Promise<ViewTokens[]> {
  if (images.length === 0) return [];
  const { input } = images[0]!.plan.views.base;
  return backbone.features(
    images.map(({ views }) => views.base),
    input,
    signal,
  );
}

/**
 * @returns one entry an image, in their order
 * @throws EngineError "cancelled"; "weights.values" when features are not finite
 */
export async function scoreModel(request: ScoreRequest): Promise<ImageScores[]> {
  const { backbone, scorer, images, reference, signal, progress } = request;
  // Kept for all images, because each is also another one's partner.
  const base = await baseTokens(backbone, images, signal);
  const scores: ImageScores[] = [];
  for (let first = 0; first < images.length; first += atOnce) {
    const chunk = images.slice(first, first + atOnce);
    const tokensOf = (name: ViewName) =>
      backbone.features(
        chunk.map(({ views }) => views[name]),
        chunk[0]!.plan.views[name].input,
        signal,
      );
    const [shifted, crop, fine] = [
      await tokensOf("shifted"),
      await tokensOf("crop"),
      await tokensOf("fine"),
    ];
    for (const [i, { name, plan }] of chunk.entries()) {
      const index = first + i;
      const tokens = {
        base: base[index]!,
        shifted: shifted[i]!,
        crop: crop[i]!,
        fine: fine[i]!,
        ...(images.length > 1 && { partner: base[(index + 1) % images.length]! }),
        ...(reference && { reference: reference[index]! }),
      };
      scores.push(await scorer.score(name, tokens, plan.crop, signal));
      progress?.(scores.length, images.length);
    }
  }
  return scores;
}
