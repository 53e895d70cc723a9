/** Shapes into pixels: how much of each pixel an outline covers, exactly, and paint mixed in by that. */
import type { Colour } from "./drawing.ts";
import type { Contour } from "./fonts.ts";

/** sRGB, uint8 [height, width, 3]. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/**
 * Fill closed outlines. Outlines that run the other way round cut holes; those that overlap must run
 * the same way.
 *
 * @param contours x, y, x, y ... in pixels of the canvas; a pixel's middle lies at .5
 */
export function fillContours(
  canvas: Canvas,
  contours: readonly Contour[],
  colour: Colour,
  opacity: number,
): void {
  const area = boundsOf(contours, canvas);
  if (!area) return;
  // One row of covered area, summed from the left: each edge adds what lies to its right.
  const { left, top, right, bottom } = area;
  const wide = right - left + 2;
  const cover = new Float32Array(wide * (bottom - top));
  for (const contour of contours) {
    for (let i = 0; i < contour.length; i += 2) {
      const next = (i + 2) % contour.length;
      addEdge(
        cover,
        { wide, rows: bottom - top },
        [contour[i]! - left, contour[i + 1]! - top],
        [contour[next]! - left, contour[next + 1]! - top],
      );
    }
  }
  for (let y = top; y < bottom; y++) {
    let sum = 0;
    for (let x = left; x < right; x++) {
      sum += cover[(y - top) * wide + x - left]!;
      const part = Math.min(1, Math.abs(sum)) * opacity;
      if (part < 1 / 1024) continue;
      const at = 3 * (y * canvas.width + x);
      for (let c = 0; c < 3; c++) {
        const before = canvas.pixels[at + c]!;
        canvas.pixels[at + c] = Math.round(before + (colour[c]! - before) * part);
      }
    }
  }
}

/** Whole pixels that the outlines touch, on the canvas; undefined where there are none. */
function boundsOf(contours: readonly Contour[], { width, height }: Canvas) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const contour of contours) {
    for (let i = 0; i < contour.length; i += 2) {
      left = Math.min(left, contour[i]!);
      right = Math.max(right, contour[i]!);
      top = Math.min(top, contour[i + 1]!);
      bottom = Math.max(bottom, contour[i + 1]!);
    }
  }
  left = Math.max(0, Math.floor(left));
  top = Math.max(0, Math.floor(top));
  right = Math.min(width, Math.ceil(right));
  bottom = Math.min(height, Math.ceil(bottom));
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}

type Point = readonly [x: number, y: number];

function addEdge(
  cover: Float32Array,
  { wide, rows }: { wide: number; rows: number },
  from: Point,
  to: Point,
): void {
  if (from[1] === to[1]) return;
  const direction = from[1] < to[1] ? 1 : -1;
  const [[x0, y0], [x1, y1]] = direction === 1 ? [from, to] : [to, from];
  const slope = (x1 - x0) / (y1 - y0);
  const last = Math.min(rows, Math.ceil(y1));
  for (let row = Math.max(0, Math.floor(y0)); row < last; row++) {
    const start = Math.max(y0, row);
    const end = Math.min(y1, row + 1);
    if (end <= start) continue;
    const xa = x0 + (start - y0) * slope;
    const xb = x0 + (end - y0) * slope;
    const high = direction * (end - start);
    addAcross(cover, row * wide, wide, Math.min(xa, xb), Math.max(xa, xb), high);
  }
}

/** The part of an edge within one row, from `left` to `right`, `high` of the row in height. */
function addAcross(
  cover: Float32Array,
  row: number,
  wide: number,
  left: number,
  right: number,
  high: number,
): void {
  const most = wide - 2;
  const first = Math.min(most, Math.max(0, Math.floor(left)));
  const end = Math.min(most, Math.max(first, Math.ceil(right) - 1));
  for (let column = first; column <= end; column++) {
    const from = column === first ? left : column;
    const to = column === end ? right : column + 1;
    const part = right > left ? (high * (to - from)) / (right - left) : high;
    // How far into the pixel the edge lies on average: what is right of it is covered.
    const within = Math.min(1, Math.max(0, (from + to) / 2 - column));
    cover[row + column]! += part * (1 - within);
    cover[row + column + 1]! += part * within;
  }
}
