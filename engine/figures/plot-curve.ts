/** A curve as lines of the page: what is in sight, no finer than can be seen, cut at the plot's edges. */
import type { Box } from "./drawing.ts";

/** Where a step and a value lie on the page, in points; NaN where a value lies nowhere. */
export interface Scales {
  x(step: number): number;
  y(value: number): number;
}

/**
 * Points in sight, and one on either side of them. Where several fall on one column of pixels, its
 * smallest and its largest stand for them, in the order in which they came.
 *
 * @param column points (1/72 inch) that a pixel is wide
 * @returns x, y, x, y ... for each stretch without a gap
 */
export function curveStretches(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
  { x, y }: Scales,
  box: Box,
  column: number,
): number[][] {
  const stretches: number[][] = [];
  let now: number[] = [];
  let bucket: Bucket | undefined;
  const flush = () => {
    if (bucket) now.push(...endsOf(bucket));
    bucket = undefined;
  };
  const [from, to] = inSight(steps, x, box);
  for (let i = from; i < to; i++) {
    const [px, py] = [x(steps[i]!), y(values[i]!)];
    if (!Number.isFinite(py)) {
      flush();
      if (now.length > 0) stretches.push(now);
      now = [];
      continue;
    }
    const at = Math.floor((px - box.x) / column);
    if (bucket?.at !== at) {
      flush();
      bucket = { at, least: [px, py], most: [px, py], isRising: true };
    } else if (py < bucket.least[1]) {
      bucket.least = [px, py];
      bucket.isRising = false;
    } else if (py > bucket.most[1]) {
      bucket.most = [px, py];
      bucket.isRising = true;
    }
  }
  flush();
  if (now.length > 0) stretches.push(now);
  return stretches.flatMap((stretch) => cutLine(stretch, box));
}

interface Bucket {
  readonly at: number;
  least: readonly [number, number];
  most: readonly [number, number];
  /** Whether the largest came last. */
  isRising: boolean;
}

function endsOf({ least, most, isRising }: Bucket): number[] {
  if (least === most || (least[0] === most[0] && least[1] === most[1])) return [...least];
  return isRising ? [...least, ...most] : [...most, ...least];
}

/** From the last step before the box to the first after it, end excluded. */
export function inSight(
  steps: ArrayLike<number>,
  x: Scales["x"],
  { x: left, width }: Box,
): [number, number] {
  let from = 0;
  let to = steps.length;
  while (from + 1 < to && x(steps[from + 1]!) < left) from++;
  while (to - 1 > from && x(steps[to - 2]!) > left + width) to--;
  return [from, to];
}

/** The parts of a line that lie in the box. */
export function cutLine(points: readonly number[], box: Box): number[][] {
  const inside = (x: number, y: number) =>
    x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
  if (points.length === 2) return inside(points[0]!, points[1]!) ? [[...points]] : [];
  const pieces: number[][] = [];
  let now: number[] = [];
  for (let i = 2; i < points.length; i += 2) {
    const from = [points[i - 2]!, points[i - 1]!] as const;
    const to = [points[i]!, points[i + 1]!] as const;
    const cut = cutStretch(from, to, box);
    if (!cut) continue;
    const [a, b] = cut;
    if (now.length === 0 || now.at(-2) !== a[0] || now.at(-1) !== a[1]) {
      if (now.length > 0) pieces.push(now);
      now = [...a];
    }
    now.push(...b);
  }
  if (now.length > 0) pieces.push(now);
  return pieces;
}

type Point = readonly [number, number];

/** Liang and Barsky 1984. */
function cutStretch(from: Point, to: Point, box: Box): [Point, Point] | undefined {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  let [first, last] = [0, 1];
  for (const [p, q] of [
    [-dx, from[0] - box.x],
    [dx, box.x + box.width - from[0]],
    [-dy, from[1] - box.y],
    [dy, box.y + box.height - from[1]],
  ] as const) {
    if (p === 0 && q < 0) return undefined;
    if (p < 0) first = Math.max(first, q / p);
    if (p > 0) last = Math.min(last, q / p);
  }
  if (first > last) return undefined;
  const at = (part: number): Point =>
    part === 0 ? from : part === 1 ? to : [from[0] + part * dx, from[1] + part * dy];
  return [at(first), at(last)];
}
