/** Scenes by name, where a file of a photograph could be named as well: "scene:SEED/INDEX". */
import type { Picture } from "../labels/labelled.ts";
import { scenePicture } from "./render.ts";

/** Side in pixels that a scene has as a photograph; it can be drawn at less. */
export const sceneSide = 512;

const pattern = /^scene:(\d{1,10})\/(\d{1,10})$/;

/** @param seed, index 0 to 2^32 - 1 */
export function sceneName(seed: number, index: number): string {
  return `scene:${seed}/${index}`;
}

/** Whether a name is that of a scene and of no file. */
export function isSceneName(name: string): boolean {
  return pattern.test(name);
}

/**
 * @param name as sceneName gives it
 * @param side of the picture in pixels, 16 to 2048
 * @throws EngineError "option.invalid" when the side is out of range
 */
export function namedScene(name: string, side = sceneSide): Picture {
  const found = pattern.exec(name);
  if (!found) throw new Error(`internal: ${name} is no scene`);
  return scenePicture(Number(found[1]), Number(found[2]), side);
}
