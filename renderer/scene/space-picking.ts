/** Which points lie under the pointer or in a lasso: all of them are projected once a view, on the processor. */

/** Points on the screen: x and y in CSS pixels from the upper left; NaN where they are behind. */
export interface Projected {
  /** float32 [count, 2] */
  readonly at: Float32Array;
  /** Depth after projection, -1 nearest to 1 farthest, float32 [count]. */
  readonly depth: Float32Array;
}

export interface Point2 {
  readonly x: number;
  readonly y: number;
}

/**
 * @param positions float32 [count, 3]
 * @param matrix    projection times view, 16 numbers by columns, as three.js and WebGL keep it
 */
export function projectPoints(
  positions: Float32Array,
  matrix: ArrayLike<number>,
  { width, height }: { readonly width: number; readonly height: number },
): Projected {
  const count = positions.length / 3;
  const at = new Float32Array(count * 2).fill(NaN);
  const depth = new Float32Array(count).fill(NaN);
  const m = Float64Array.from(matrix);
  for (let i = 0; i < count; i++) {
    const x = positions[3 * i]!;
    const y = positions[3 * i + 1]!;
    const z = positions[3 * i + 2]!;
    const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
    if (!(w > 0)) continue;
    at[2 * i] = (((m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) / w + 1) / 2) * width;
    at[2 * i + 1] = ((1 - (m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) / w) / 2) * height;
    depth[i] = (m[2]! * x + m[6]! * y + m[10]! * z + m[14]!) / w;
  }
  return { at, depth };
}

/**
 * The point that a person means: of those drawn under the pointer the foremost, else the nearest.
 *
 * @param drawn  radius of a point, in CSS pixels
 * @param reach  how far beside a point still counts
 * @returns undefined where none is near
 */
export function pickPoint(
  { at, depth }: Projected,
  { x, y }: Point2,
  drawn: number,
  reach: number,
): number | undefined {
  let best: number | undefined;
  let bestScore = Infinity;
  for (let i = 0; i < depth.length; i++) {
    const distance = Math.hypot(at[2 * i]! - x, at[2 * i + 1]! - y);
    if (!(distance <= Math.max(drawn, reach))) continue;
    // Whatever is under the pointer comes before what is beside it.
    const score = distance <= drawn ? depth[i]! - 4 : distance;
    if (score < bestScore) {
      bestScore = score;
      best = i;
    }
  }
  return best;
}

/** Indices of the points inside a closed line, by the even-odd rule. */
export function pointsInLasso({ at, depth }: Projected, lasso: readonly Point2[]): number[] {
  if (lasso.length < 3) return [];
  const xs = lasso.map(({ x }) => x);
  const ys = lasso.map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const inside: number[] = [];
  for (let i = 0; i < depth.length; i++) {
    const x = at[2 * i]!;
    const y = at[2 * i + 1]!;
    // Most points are outside the box, and NaN is in no box.
    if (!(x >= left && x <= right && y >= top && y <= bottom)) continue;
    if (isInLasso({ x, y }, lasso)) inside.push(i);
  }
  return inside;
}

/** Crossings of the line to the right of the point: an odd number means inside. */
export function isInLasso({ x, y }: Point2, lasso: readonly Point2[]): boolean {
  let isInside = false;
  for (let i = 0, j = lasso.length - 1; i < lasso.length; j = i++) {
    const a = lasso[i]!;
    const b = lasso[j]!;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) {
      isInside = !isInside;
    }
  }
  return isInside;
}
