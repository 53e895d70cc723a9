/** The scene that a page draws in space now, for those who want its picture in another size. */
import type { SpaceScene } from "../../scene/space-scene.ts";
import type { LookStore } from "../../store/look.ts";

const scenes = new WeakMap<LookStore, SpaceScene>();

export const sceneOf = (store: LookStore): SpaceScene | undefined => scenes.get(store);

/** @param scene undefined when it is closed */
export function keepScene(store: LookStore, scene: SpaceScene | undefined): void {
  if (scene) scenes.set(store, scene);
  else scenes.delete(store);
}
