/** One part of a picture: a photograph brought to its size, with colours and marks laid over it. */
import sharp from "sharp";
import type { Picture } from "../labels/labelled.ts";
import { colormapTable, tableIndex, type ColormapName } from "../protocol/colormap.ts";
import type { Canvas } from "./canvas.ts";
import type { Colour } from "../protocol/class-colours.ts";

export interface Panel {
  readonly title?: string | undefined;
  readonly width: number;
  readonly height: number;
  /** sRGB, uint8 [height, width, 3] */
  readonly pixels: Uint8Array;
  /** Drawn over it, in pixels of the panel. */
  readonly marks?: ((canvas: Canvas) => void) | undefined;
  /** Colour of a frame around it. */
  readonly frame?: Colour | undefined;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest size of a picture's shape within a box. */
export function sizeWithin(picture: Size, box: Size): Size {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const side = (value: number) => Math.max(1, Math.round(value * scale));
  return { width: side(picture.width), height: side(picture.height) };
}

/** The photograph at a size, smoothly. */
export async function photograph(picture: Picture, size: Size, title?: string): Promise<Panel> {
  const { width, height } = size;
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const pixels = await sharp(picture.pixels, { raw })
    .resize({ width, height, fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return { title, width, height, pixels: new Uint8Array(pixels) };
}

/**
 * Colours over a panel, with a dark line where two of them meet.
 * @param values     [rows, cols], spread over the whole panel
 * @param colourOf   of a value; undefined leaves the photograph dimmed
 * @param opacity    of the colours, 0..1
 */
export function tinted(
  { width, height, pixels }: Panel,
  { values, rows, cols }: { values: ArrayLike<number>; rows: number; cols: number },
  colourOf: (value: number) => Colour | undefined,
  title: string,
  opacity = 0.68,
): Panel {
  const out = new Uint8Array(pixels.length);
  const valueAt = (x: number, y: number) =>
    values[
      Math.floor(((y + 0.5) * rows) / height) * cols + Math.floor(((x + 0.5) * cols) / width)
    ]!;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const value = valueAt(x, y);
      const colour = colourOf(value);
      const isEdge =
        (x + 1 < width && valueAt(x + 1, y) !== value) ||
        (y + 1 < height && valueAt(x, y + 1) !== value);
      // Under colours the photograph is grey, so that its own do not mix in.
      const grey = 0.3 * pixels[at]! + 0.59 * pixels[at + 1]! + 0.11 * pixels[at + 2]!;
      for (let c = 0; c < 3; c++) {
        const mixed = colour ? opacity * colour[c]! + (1 - opacity) * grey : 0.55 * pixels[at + c]!;
        out[at + c] = Math.round(isEdge ? 0.35 * mixed : mixed);
      }
    }
  }
  return { title, width, height, pixels: out };
}

/** What has no value. */
const unknown: Colour = [62, 66, 72];

/**
 * Values as colours of a map; NaN is dark grey.
 * @param values [rows, cols]
 */
export function heatMap(
  { values, rows, cols }: { values: ArrayLike<number>; rows: number; cols: number },
  range: readonly [number, number],
  colormap: ColormapName,
  { width, height }: Size,
  title: string,
): Panel {
  const table = colormapTable(colormap);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * rows) / height);
    for (let x = 0; x < width; x++) {
      const value = values[row * cols + Math.floor(((x + 0.5) * cols) / width)]!;
      const index = 3 * tableIndex(value, range);
      const colour = Number.isNaN(value) ? unknown : table.subarray(index, index + 3);
      pixels.set(colour, 3 * (y * width + x));
    }
  }
  return { title, width, height, pixels };
}
