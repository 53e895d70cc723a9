/** What a figure thread does: piscina calls these functions by name. Photographs come in shared memory. */
import type { MessagePort } from "node:worker_threads";
import type { Clip, Figure, FigureFormat } from "../protocol/figure.ts";
import { outcomeOf, type Outcome } from "../threads/outcome.ts";
import { drawClip, drawFigure, type Drawn } from "./draw-figure.ts";
import type { Photograph } from "./pane-pictures.ts";

export interface FigureTask {
  readonly figure: Figure;
  readonly format: FigureFormat;
  readonly photographs: ReadonlyMap<string, Photograph>;
}

export interface ClipTask {
  readonly clip: Clip;
  readonly photographs: ReadonlyMap<string, Photograph>;
  readonly scratch: string;
  /** Told how many frames there are so far. */
  readonly port: MessagePort;
}

export function figure({ figure: what, format, photographs }: FigureTask): Promise<Outcome<Drawn>> {
  return outcomeOf(() => drawFigure(what, format, photographs));
}

export async function clip({
  clip: what,
  photographs,
  scratch,
  port,
}: ClipTask): Promise<Outcome<Drawn>> {
  const onFrame = (count: number) => port.postMessage(count);
  const drawn = await outcomeOf(() => drawClip(what, photographs, { onFrame, scratch }));
  port.close();
  return drawn;
}
