/** Boxes around objects: brought into the picture, or found around the instances of a mask. */
import { EngineError } from "../protocol/errors.ts";
import { type Box, ignored } from "./labelled.ts";

/**
 * Boxes cut at the edges of the picture; those without an area are left out.
 * @param file for the message
 * @throws EngineError "config.contradicts" for a box that lies outside, "data.empty" for no box
 */
export function boxesWithin(
  boxes: readonly Box[],
  picture: { readonly width: number; readonly height: number },
  file: string,
): Box[] {
  const kept = boxes
    .filter(({ w, h }) => w > 0 && h > 0)
    .map((box) => {
      const [x, y] = [Math.max(0, box.x), Math.max(0, box.y)];
      const w = Math.min(picture.width, box.x + box.w) - x;
      const h = Math.min(picture.height, box.y + box.h) - y;
      if (w > 0 && h > 0) return { x, y, w, h };
      throw new EngineError(
        "config.contradicts",
        `${file}: expected boxes within ${picture.width} × ${picture.height}, received one at x ${box.x}, y ${box.y} of ${box.w} × ${box.h}`,
        { hint: "Boxes are in pixels of the upright image." },
      );
    });
  if (kept.length > 0) return kept;
  throw new EngineError(
    "data.empty",
    `${file}: expected at least one box with an area, found none`,
    {
      hint: "Take the image out of the set.",
    },
  );
}

/**
 * The box around each value of a mask but 0 and {@link ignored}.
 * @param mask [height, width]
 */
export function boxesOfInstances(mask: ArrayLike<number>, width: number): Box[] {
  const edges = new Map<number, { x0: number; y0: number; x1: number; y1: number }>();
  for (let i = 0; i < mask.length; i++) {
    const value = mask[i]!;
    if (value === 0 || value === ignored) continue;
    const x = i % width;
    const y = (i - x) / width;
    const edge = edges.get(value);
    if (!edge) {
      edges.set(value, { x0: x, y0: y, x1: x, y1: y });
      continue;
    }
    if (x < edge.x0) edge.x0 = x;
    if (x > edge.x1) edge.x1 = x;
    // Rows come in order.
    edge.y1 = y;
  }
  return [...edges.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, { x0, y0, x1, y1 }]) => ({ x: x0, y: y0, w: x1 - x0 + 1, h: y1 - y0 + 1 }));
}
