/** Pixels of panes, where a photograph that is seen again at the same size is made ready once. */
import { EngineError } from "../protocol/errors.ts";
import type { FigurePane } from "../protocol/figure.ts";
import { mapPixels, photographPixels, type Photograph, type Pixels } from "./pane-pictures.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Kept at once, in bytes; a clip shows few photographs, each at one size. */
const mostKept = 2 ** 28;

export class PaneSource {
  private readonly kept = new Map<string, Pixels | undefined>();
  private keptBytes = 0;

  /** @param photographs by the ids that panes name */
  constructor(private readonly photographs: ReadonlyMap<string, Photograph>) {}

  /** @throws EngineError "option.invalid" for a photograph that is not there */
  photograph({ photograph: id, view }: FigurePane, size: Size): Pixels | undefined {
    if (id === undefined) return undefined;
    const key = JSON.stringify([id, view, size]);
    if (this.kept.has(key)) return this.kept.get(key);
    const found = this.photographs.get(id);
    if (!found) {
      throw new EngineError("option.invalid", `figure: no photograph with the id "${id}" is open`);
    }
    const pixels = photographPixels(found, view, size);
    this.keptBytes += pixels?.pixels.byteLength ?? 0;
    if (this.keptBytes <= mostKept) this.kept.set(key, pixels);
    return pixels;
  }

  map({ map, view }: FigurePane, size: Size): Pixels | undefined {
    return map && mapPixels(map, view, size);
  }
}
