/**
 * The contract of whatever turns a map into colours, one pixel a patch. The browser's compositor
 * enlarges those pixels over the photograph: it has to put the page together anyway, and a shader
 * over every pixel of the stage cost four times as much wherever graphics run in software.
 */
import type { MapPicture } from "./map-picture.ts";

export type PaintPath = "webgl" | "canvas2d";

/** Draws only when told to, and owns its canvas. */
export interface Painter {
  readonly path: PaintPath;
  readonly canvas: HTMLCanvasElement;
  setMap(map: MapPicture): void;
  /** Other ends of the colour scale over the values that are there; nothing is uploaded. */
  setRange(range: readonly [number, number]): void;
  /** @param table uint8 [256, 3] */
  setTable(table: Uint8Array): void;
  draw(): void;
  /** Wait until the drawing is done; for measurements only, it stalls. */
  finish(): void;
  dispose(): void;
}
