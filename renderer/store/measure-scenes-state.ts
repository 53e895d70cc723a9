/** The built-in world as the page shows it: which scenes, how, and what was drawn of them. */
import type {
  RenderedScene,
  ScenePair,
  ScenePart,
  SceneSequence,
} from "../../engine/protocol/scenes.ts";

/** One scene, two views of it, two instances of a class, or a short film. */
export const sceneModes = ["scene", "views", "instances", "sequence"] as const;
export type SceneMode = (typeof sceneModes)[number];

export const sceneKinds = ["own", "gathering", "portrait"] as const;
export type SceneKind = (typeof sceneKinds)[number];

export interface ScenesView {
  readonly seed: number;
  /** Index of the one that is shown large. */
  readonly index: number;
  /** "own": the scene's own choice. */
  readonly kind: SceneKind;
  readonly mode: SceneMode;
  readonly layer: ScenePart;
  /** 0..1, of a layer over the picture. */
  readonly opacity: number;
  /** Of a sequence, from 0. */
  readonly frame: number;
}

/** What was drawn, and of what: the key changes with everything that changes the drawing. */
export type ShownScene = { readonly key: string } & (
  | { readonly mode: "scene"; readonly url: string; readonly scene: RenderedScene }
  | {
      readonly mode: "views" | "instances";
      readonly urls: readonly [string, string];
      readonly pair: ScenePair;
      /** Of either picture, in pixels. */
      readonly side: number;
    }
  | {
      readonly mode: "sequence";
      readonly urls: readonly string[];
      readonly sequence: SceneSequence;
    }
);

export interface ScenesState {
  readonly scenes: ScenesView;
  /** Scenes that the gallery has room for. */
  readonly scenesPerPage: number;
  readonly shownScene: ShownScene | undefined;
  /** Small pictures by seed, kind and index. */
  readonly sceneThumbs: ReadonlyMap<string, string>;
  setScenes(change: Partial<ScenesView>): void;
  setScenesPerPage(count: number): void;
  /** Draw what the view asks for, where that is not on screen yet. */
  drawScene(): Promise<void>;
  /** Draw small pictures of these, one after the other; those of an earlier call that wait are dropped. */
  drawThumbs(indices: readonly number[]): void;
  /** Open the scene as a photograph, and go there. */
  openSceneInLook(): Promise<void>;
}
