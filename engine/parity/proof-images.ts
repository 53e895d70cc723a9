/** The pictures that an export is proved on where nobody names others: scenes of the built-in world. */
import { LRUCache } from "lru-cache";
import type { Items, Picture } from "../labels/labelled.ts";
import { scenePicture } from "../scenes/render.ts";
import { firstTestIndex, scenesVersion } from "../scenes/scene-sets.ts";

export interface ProofImages extends Items<Picture> {
  /** In words, without the path of anybody's folder. */
  readonly description: string;
  readonly fingerprint: string;
}

/** Of the world that is never trained in. */
const seed = 0;
const side = 320;

/** A scene takes a fraction of a second, and every export of a folder looks at the same ones. */
const drawn = new LRUCache<number, Picture>({ max: 16 });

export function proofScenes(count: number): ProofImages {
  return {
    count,
    load: async (index) => {
      const found = drawn.get(index) ?? {
        ...scenePicture(seed, firstTestIndex + index, side),
        name: `scene ${index + 1}`,
      };
      drawn.set(index, found);
      return found;
    },
    description: `${count} ${count === 1 ? "scene" : "scenes"} of the built-in world, ${side} px`,
    fingerprint: `scenes ${scenesVersion}: ${seed} ${side} ${count}`,
  };
}

/** Bytes of pixels that {@link rememberPictures} keeps. */
const mostRemembered = 2 ** 28;

/** Decodes a picture once where several exports look at it. */
export function rememberPictures(images: ProofImages): ProofImages {
  const known = new LRUCache<number, Picture>({
    maxSize: mostRemembered,
    sizeCalculation: ({ pixels }) => pixels.length,
  });
  return {
    ...images,
    load: async (index) => {
      const found = known.get(index) ?? (await images.load(index));
      known.set(index, found);
      return found;
    },
  };
}
