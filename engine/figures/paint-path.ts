/** A line through points as outlines to fill: a strip for each stretch, a disc at each corner, dashes apart. */
import type { Contour } from "./fonts.ts";

/** Corners of a disc: as many as show at the width of a curve. */
const discCorners = 12;

/**
 * All outlines run the same way round, so that where they overlap they count once.
 *
 * @param points x, y, x, y ...
 * @param dash   lengths of line and gap in turn
 */
export function strokeContours(
  points: readonly number[],
  width: number,
  dash?: readonly number[],
): Contour[] {
  const contours: Contour[] = [];
  for (const piece of dash ? dashed(points, dash) : [points]) {
    for (let i = 0; i + 1 < piece.length; i += 2) {
      const [x, y] = [piece[i]!, piece[i + 1]!];
      contours.push(disc(x, y, width / 2));
      const [toX, toY] = [piece[i + 2], piece[i + 3]];
      if (toX === undefined || toY === undefined) continue;
      const length = Math.hypot(toX - x, toY - y);
      if (length === 0) continue;
      const across = ((toY - y) / length) * (width / 2);
      const down = ((toX - x) / length) * (width / 2);
      contours.push([
        ...[x + across, y - down, toX + across, toY - down],
        ...[toX - across, toY + down, x - across, y + down],
      ]);
    }
  }
  return contours;
}

/** The same way round as the strips. */
const disc = (x: number, y: number, radius: number): Contour =>
  Array.from({ length: 2 * discCorners }, (_, i) => {
    const turn = (2 * Math.PI * Math.floor(i / 2)) / discCorners;
    return i % 2 === 0 ? x + radius * Math.cos(turn) : y + radius * Math.sin(turn);
  });

function dashed(points: readonly number[], dash: readonly number[]): number[][] {
  const pieces: number[][] = [];
  let [turn, left] = [0, dash[0]!];
  let now: number[] = [points[0]!, points[1]!];
  for (let i = 2; i < points.length; i += 2) {
    let [x, y] = [points[i - 2]!, points[i - 1]!];
    const [toX, toY] = [points[i]!, points[i + 1]!];
    let length = Math.hypot(toX - x, toY - y);
    while (length > left) {
      x += ((toX - x) * left) / length;
      y += ((toY - y) * left) / length;
      length -= left;
      if (turn % 2 === 0) pieces.push([...now, x, y]);
      turn++;
      left = dash[turn % dash.length]!;
      now = [x, y];
    }
    left -= length;
    if (turn % 2 === 0) now.push(toX, toY);
  }
  if (turn % 2 === 0 && now.length > 2) pieces.push(now);
  return pieces;
}
