/** Batches out of the built-in world: any number of scenes, drawn by the threads that crop them. */
import { sceneName } from "../scenes/named-scene.ts";
import { ImageSource, type ImageSourceOptions } from "./image-source.ts";

/** The world that runs are trained in. Probes look at other places of it: scene-sets.ts. */
const trainingSeed = 0;

/** Drawing a scene takes ten times as long as reading a photograph: some thousands of them are kept. */
const cacheBytes = 512 * 1024 * 1024;

/** @param scenes how many different ones make an epoch */
export function openSceneSource(scenes: number, options: ImageSourceOptions): ImageSource {
  const names = Array.from({ length: scenes }, (_, index) => sceneName(trainingSeed, index));
  return new ImageSource(
    { cacheBytes, ...options },
    { names, skipped: [], place: "the built-in world" },
  );
}
