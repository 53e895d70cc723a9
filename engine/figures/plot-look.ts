/** What charts of every kind are drawn with: their letters, their inks and their dots. */
import type { Ground } from "../protocol/figure.ts";
import type { Colour } from "./drawing.ts";

export interface PlotPage {
  readonly dpi: number;
  readonly ground: Ground;
  readonly ink: Colour;
  /** Of lines that stand behind. */
  readonly line: Colour;
}

export const plotText = { size: 7, weight: 400 } as const;

/** Points. */
const dot = 1.6;

export const discAt = (x: number, y: number, radius: number = dot): number[] =>
  Array.from({ length: 24 }, (_, i) => (2 * Math.PI * i) / 24).flatMap((turn) => [
    x + radius * Math.cos(turn),
    y + radius * Math.sin(turn),
  ]);
