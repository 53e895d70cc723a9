/** Polygons to pixels: a pixel belongs to a polygon when its centre lies within, by the even-odd rule. */

/**
 * Sets the pixels of one ring; several rings of an object are set one after the other.
 *
 * @param ring x and y in turn, in pixels, at least three points; closed by itself
 * @param mask [height, width]; 1 is written where the ring covers a centre, the rest is left
 */
export function fillPolygon(
  ring: readonly number[],
  { width, height }: { readonly width: number; readonly height: number },
  mask: Uint8Array,
): void {
  const points = ring.length / 2;
  let [top, bottom] = [Infinity, -Infinity];
  for (let i = 0; i < points; i++) {
    top = Math.min(top, ring[2 * i + 1]!);
    bottom = Math.max(bottom, ring[2 * i + 1]!);
  }
  const firstRow = Math.max(0, Math.floor(top - 0.5));
  const lastRow = Math.min(height - 1, Math.ceil(bottom));
  for (let row = firstRow; row <= lastRow; row++) {
    const crossings = crossingsOf(ring, row + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const start = Math.max(0, Math.ceil(crossings[i]! - 0.5));
      const end = Math.min(width, Math.ceil(crossings[i + 1]! - 0.5));
      if (start < end) mask.fill(1, row * width + start, row * width + end);
    }
  }
}

/** Where the ring crosses a horizontal line, from left to right. Two for a point on the line, or none. */
function crossingsOf(ring: readonly number[], y: number): number[] {
  const crossings: number[] = [];
  let [x0, y0] = [ring.at(-2)!, ring.at(-1)!];
  for (let i = 0; i < ring.length; i += 2) {
    const [x1, y1] = [ring[i]!, ring[i + 1]!];
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) * (x1 - x0)) / (y1 - y0));
    [x0, y0] = [x1, y1];
  }
  return crossings.sort((a, b) => a - b);
}
