/** What a figure thread does: piscina calls these functions by name. Photographs come in shared memory. */
import type { MessagePort } from "node:worker_threads";
import { toWireError, type WireError } from "../protocol/errors.ts";
import type { Clip, Figure, FigureFormat } from "../protocol/figure.ts";
import { drawClip, drawFigure, type Drawn } from "./draw-figure.ts";
import type { Photograph } from "./pane-pictures.ts";

/** A refusal crosses the thread's border as data: an Error would arrive without its class and code. */
export type Outcome<T> = { readonly value: T } | { readonly error: WireError };

export interface FigureTask {
  readonly figure: Figure;
  readonly format: FigureFormat;
  readonly photographs: ReadonlyMap<string, Photograph>;
}

export interface ClipTask {
  readonly clip: Clip;
  readonly photographs: ReadonlyMap<string, Photograph>;
  /** Told how many frames there are so far. */
  readonly port: MessagePort;
}

export function figure({ figure: what, format, photographs }: FigureTask): Promise<Outcome<Drawn>> {
  return outcome(() => drawFigure(what, format, photographs));
}

export async function clip({ clip: what, photographs, port }: ClipTask): Promise<Outcome<Drawn>> {
  const drawn = await outcome(() =>
    drawClip(what, photographs, { onFrame: (count) => port.postMessage(count) }),
  );
  port.close();
  return drawn;
}

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: toWireError(error) };
  }
}
