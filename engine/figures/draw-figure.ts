/** A figure, or a clip of figures, as the bytes of a file. */
import { tmpdir } from "node:os";
import { EngineError } from "../protocol/errors.ts";
import { mostClipPixels, type Clip, type Figure, type FigureFormat } from "../protocol/figure.ts";
import { bare, sharedCaption } from "./caption.ts";
import { pixelsOf, type Drawing } from "./drawing.ts";
import { layoutFigure } from "./layout.ts";
import type { Photograph } from "./pane-pictures.ts";
import { PaneSource } from "./pane-source.ts";
import { writeMp4 } from "./write-mp4.ts";
import { writePdf } from "./write-pdf.ts";
import { writePng, writeWebp } from "./write-pixels.ts";
import { writeSvg } from "./write-svg.ts";

export interface Drawn {
  readonly file: Uint8Array;
  /** Pixels at the figure's resolution. */
  readonly width: number;
  readonly height: number;
}

/**
 * @param photographs by the ids that panes name
 * @throws EngineError "option.invalid" for a figure of too many pixels, or of an unknown photograph
 */
export async function drawFigure(
  figure: Figure,
  format: FigureFormat,
  photographs: ReadonlyMap<string, Photograph>,
): Promise<Drawn> {
  const { drawing, words } = layoutFigure(figure, new PaneSource(photographs));
  const size = sizeOf(drawing);
  switch (format) {
    case "png":
      return { file: await writePng(drawing, words), ...size };
    case "svg":
      return { file: new TextEncoder().encode(await writeSvg(drawing, words)), ...size };
    case "pdf":
      return { file: await writePdf(drawing, words), ...size };
  }
}

export interface ClipControl {
  readonly signal?: AbortSignal;
  /** Told how many frames are drawn. */
  onFrame?(count: number): void;
  /** Folder for what is written on the way. Absent: the system's. */
  readonly scratch?: string;
}

/**
 * An animated WebP, or MP4. All frames have the size of the first, so the caption states what they share;
 * what is a frame's own stands in its title.
 *
 * @throws EngineError "option.invalid" as drawFigure, and for frames that differ in size; for
 *   MP4 without ffmpeg; "cancelled"
 */
export async function drawClip(
  { frames, look, frameMs, packing }: Clip,
  photographs: ReadonlyMap<string, Photograph>,
  { signal, onFrame = () => {}, scratch = tmpdir() }: ClipControl = {},
): Promise<Drawn> {
  const source = new PaneSource(photographs);
  const first = frames[0]!;
  const caption = look.caption || sharedCaption(frames.flatMap(({ panes }) => panes));
  // A caption of nothing would be filled with the settings of one frame.
  const parts = look.parts.filter((part) => part !== "caption" || caption !== "");
  const lay = ({ panes, title }: Clip["frames"][number]) =>
    layoutFigure({ panes, look: { ...look, title, caption, parts } }, source);
  const { drawing, words } = lay(first);
  const size = sizeOf(drawing);
  if (size.width * size.height * frames.length > mostClipPixels) {
    throw new EngineError(
      "option.invalid",
      `clip: expected at most ${mostClipPixels.toLocaleString("en-US")} pixels in all, ` +
        `received ${frames.length} frames of ${size.width} x ${size.height}`,
      { hint: "Choose a lower resolution or fewer steps." },
    );
  }
  function* drawings(): Generator<Drawing> {
    for (const [i, frame] of frames.entries()) {
      const next = lay(frame).drawing;
      const { width, height } = sizeOf(next);
      if (width !== size.width || height !== size.height) {
        throw new EngineError(
          "option.invalid",
          `clip: expected frames of ${size.width} x ${size.height} pixels, ` +
            `frame ${i + 1} has ${width} x ${height}`,
          { hint: "Photographs and titles must keep their size over a clip." },
        );
      }
      yield next;
    }
  }
  const all = {
    ...words,
    title: look.title || first.title,
    recipe: JSON.stringify({
      program: "Gramscope",
      frameMs,
      frames: frames.map(({ title, panes }) => ({
        title,
        panes: panes.map(({ title: of, recipe }) => ({ title: of, recipe: recipe.map(bare) })),
      })),
    }),
  };
  const shared = { frameMs, words: all, signal };
  const file = await (packing === "mp4"
    ? writeMp4(drawings(), { ...shared, size, ground: drawing.ground, scratch }, onFrame)
    : writeWebp(drawings(), { ...shared, isLossless: packing === "lossless" }, onFrame));
  return { file, ...size };
}

const sizeOf = ({ width, height, dpi }: Drawing) => ({
  width: pixelsOf(width, dpi),
  height: pixelsOf(height, dpi),
});
