/** A pane's photograph and map as pixels of the page: what is seen of them, at the page's resolution. */
import { resample } from "../image/resample.ts";
import type { FigureBox, FigurePane } from "../protocol/figure.ts";

/** An open photograph. */
export interface Photograph {
  readonly width: number;
  readonly height: number;
  /** uint8 [height, width, 3], sRGB. May lie in shared memory. */
  readonly pixels: Uint8Array;
}

export interface Pixels {
  /** Where it lies in the pane's picture, in pixels of the page from its top left. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** uint8 [height, width, channels] */
  readonly pixels: Uint8Array;
  readonly channels: 3 | 4;
}

/** Along one axis: pixels of the page whose middle lies on what is drawn, and where that begins. */
interface Span {
  readonly first: number;
  readonly count: number;
  /** In pixels or cells of what is drawn, `per` of them for one pixel of the page. */
  readonly start: number;
  readonly per: number;
}

interface Extent {
  readonly at: number;
  readonly length: number;
}

/**
 * @param view  what is seen, over `size` pixels of the page
 * @param drawn where the thing lies, in the same unit as the view, and how many cells it has there
 */
function spanOf(view: Extent, size: number, drawn: Extent, cells: number): Span {
  const unit = view.length / size;
  const pageAt = (value: number) => (value - view.at) / unit;
  const first = Math.max(0, Math.ceil(pageAt(drawn.at) - 0.5));
  const end = Math.min(size, Math.ceil(pageAt(drawn.at + drawn.length) - 0.5));
  const per = (unit * cells) / drawn.length;
  const start = ((view.at + first * unit - drawn.at) / drawn.length) * cells;
  return { first, count: Math.max(0, end - first), start, per };
}

const across = ({ x, width }: FigureBox): Extent => ({ at: x, length: width });
const down = ({ y, height }: FigureBox): Extent => ({ at: y, length: height });

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @param size of the pane's picture in pixels of the page */
export function photographPixels(
  photograph: Photograph,
  view: FigureBox,
  size: Size,
): Pixels | undefined {
  const { width, height } = photograph;
  const x = spanOf(across(view), size.width, { at: 0, length: width }, width);
  const y = spanOf(down(view), size.height, { at: 0, length: height }, height);
  if (x.count === 0 || y.count === 0) return undefined;
  // Pixels of the photograph stay recognisable only where they are seen many times enlarged.
  const kind = x.per < 0.2 ? "nearest" : "bicubic";
  const pixels = scaled(photograph.pixels, [height, width], y, x, kind);
  return { left: x.first, top: y.first, width: x.count, height: y.count, pixels, channels: 3 };
}

/** Nearest cell at each pixel's middle, or between cells where the map is smooth. */
export function mapPixels(
  { cells, box, isSmooth }: NonNullable<FigurePane["map"]>,
  view: FigureBox,
  size: Size,
): Pixels | undefined {
  const [rows = 0, cols = 0] = cells.shape;
  const x = spanOf(across(view), size.width, across(box), cols);
  const y = spanOf(down(view), size.height, down(box), rows);
  if (x.count === 0 || y.count === 0) return undefined;
  const place = { left: x.first, top: y.first, width: x.count, height: y.count };
  // Cells that are smaller than pixels are averaged; a few of them picked out would be another map.
  const kind = isSmooth || Math.max(x.per, y.per) > 1 ? "bilinear" : "nearest";
  const { colours, alpha } = split(cells.data, rows * cols);
  const pixels = scaled(colours, [rows, cols], y, x, kind);
  if (!alpha) return { ...place, pixels, channels: 3 };
  const clear = scaled(alpha, [rows, cols], y, x, kind);
  const rgba = new Uint8Array(x.count * y.count * 4);
  for (let i = 0; i < x.count * y.count; i++) {
    const a = clear[3 * i]!;
    for (let c = 0; c < 3 && a > 0; c++) {
      rgba[4 * i + c] = Math.min(255, Math.round((pixels[3 * i + c]! * 255) / a));
    }
    rgba[4 * i + 3] = a;
  }
  return { ...place, pixels: rgba, channels: 4 };
}

/** Premultiplied colours, and alpha three times over; no alpha where nothing is clear. */
function split(rgba: Uint8Array, count: number): { colours: Uint8Array; alpha?: Uint8Array } {
  const colours = new Uint8Array(count * 3);
  const alpha = new Uint8Array(count * 3);
  let isOpaque = true;
  for (let i = 0; i < count; i++) {
    const a = rgba[4 * i + 3]!;
    isOpaque &&= a === 255;
    for (let c = 0; c < 3; c++) {
      colours[3 * i + c] = Math.round((rgba[4 * i + c]! * a) / 255);
      alpha[3 * i + c] = a;
    }
  }
  return isOpaque ? { colours } : { colours, alpha };
}

function scaled(
  pixels: Uint8Array,
  [height, width]: readonly [number, number],
  y: Span,
  x: Span,
  kind: "nearest" | "bilinear" | "bicubic",
): Uint8Array {
  const plane = x.count * y.count;
  const values = resample(
    pixels,
    { inSize: height, start: y.start, length: y.per * y.count, outSize: y.count },
    { inSize: width, start: x.start, length: x.per * x.count, outSize: x.count },
    kind,
  );
  const out = new Uint8ClampedArray(plane * 3);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++) out[3 * i + c] = values[c * plane + i]!;
  }
  return new Uint8Array(out.buffer);
}
