/** Where a point of one picture lies in another: the patch whose feature is most like its own. */
import type { MatchedPair, Point } from "../labels/labelled.ts";
import type { Rows } from "../probes/rows.ts";
import { normaliseRows } from "../probes/rows.ts";
import type { FrozenFeatures } from "./frozen.ts";
import { cosines, type PreparedPrograms } from "./similarity.ts";

export interface MatchSettings {
  /**
   * The feature that asks: of the patch that holds the point; between the four patches around it;
   * or between them as Probe3D samples (align_corners: the picture's corner is a patch's centre).
   */
  readonly sampling: "patch" | "bilinear" | "bilinear-corners";
  /** Where a patch is: its centre, or its upper left corner, as Probe3D has it for SPair. */
  readonly place: "centre" | "corner";
  /** Move the answer by up to half a patch to the top of a parabola through its neighbours. */
  readonly isRefined: boolean;
}

export interface Match {
  readonly from: Point;
  /** The truth. */
  readonly to: Point;
  readonly found: Point;
  readonly cosine: number;
  /** Distance of what was found from the truth, in parts of the pair's unit. */
  readonly error: number;
}

type Asked = MatchedPair["points"];

/** @returns one match a point, in their order */
export async function matchPoints(
  pair: Pick<MatchedPair, "first" | "second" | "unit">,
  points: Asked,
  [first, second]: readonly [FrozenFeatures, FrozenFeatures],
  settings: MatchSettings,
  programs: PreparedPrograms,
  signal?: AbortSignal,
): Promise<Match[]> {
  const asking = queries(pair, points, first, settings.sampling);
  const count = second.rows * second.cols;
  const answering = { data: second.patches, count, width: second.width };
  const similarity = await cosines(asking, answering, programs, signal);
  return points.map(({ from, to }, k) => {
    const row = similarity.subarray(k * count, (k + 1) * count);
    let best = 0;
    for (let i = 1; i < count; i++) if (row[i]! > row[best]!) best = i;
    const cell = { x: best % second.cols, y: Math.floor(best / second.cols) };
    const offset = settings.isRefined ? peakOffset(row, cell, second) : { x: 0, y: 0 };
    const middle = settings.place === "centre" ? 0.5 : 0;
    const found = {
      x: ((cell.x + middle + offset.x) / second.cols) * pair.second.width,
      y: ((cell.y + middle + offset.y) / second.rows) * pair.second.height,
    };
    const error = Math.hypot(found.x - to.x, found.y - to.y) / pair.unit;
    return { from, to, found, cosine: row[best]!, error };
  });
}

/**
 * The points for a match of every patch (Probe3D's geometric protocol, El Banani et al. 2024,
 * arXiv:2404.08636): the given point nearest to the patch's centre, of those in the patch. A patch
 * without one, or with its centre off the object, does not ask.
 */
export function densePoints(
  { first, points, object }: MatchedPair,
  { rows, cols }: Pick<FrozenFeatures, "rows" | "cols">,
): Asked {
  const nearest = new Map<number, { point: Asked[number]; distance: number }>();
  for (const point of points) {
    const x = (point.from.x / first.width) * cols;
    const y = (point.from.y / first.height) * rows;
    const [col, row] = [inside(Math.floor(x), cols), inside(Math.floor(y), rows)];
    const centreX = Math.floor(((col + 0.5) / cols) * first.width);
    const centreY = Math.floor(((row + 0.5) / rows) * first.height);
    if (object?.[centreY * first.width + centreX] === 0) continue;
    const distance = Math.hypot(x - col - 0.5, y - row - 0.5);
    const known = nearest.get(row * cols + col);
    if (!known || distance < known.distance) nearest.set(row * cols + col, { point, distance });
  }
  return [...nearest].sort(([a], [b]) => a - b).map(([, { point }]) => point);
}

/** @returns [points, d] */
function queries(
  { first }: Pick<MatchedPair, "first">,
  points: Asked,
  { patches, rows, cols, width }: FrozenFeatures,
  sampling: MatchSettings["sampling"],
): Rows {
  // Of length 1 before they are mixed, as Probe3D does it: directions count, not lengths.
  const unit = normaliseRows({ data: patches, count: rows * cols, width }).data;
  const data = new Float32Array(points.length * width);
  points.forEach(({ from }, k) => {
    for (const { patch, weight } of patchesAt(from, first, rows, cols, sampling)) {
      for (let j = 0; j < width; j++) data[k * width + j]! += weight * unit[patch * width + j]!;
    }
  });
  return { data, count: points.length, width };
}

/** The patches that make a point's feature, with weights of sum 1. */
export function patchesAt(
  point: Point,
  { width, height }: { readonly width: number; readonly height: number },
  rows: number,
  cols: number,
  sampling: MatchSettings["sampling"],
): { patch: number; weight: number }[] {
  const [u, v] = [point.x / width, point.y / height];
  if (sampling === "patch") {
    const [col, row] = [inside(Math.floor(u * cols), cols), inside(Math.floor(v * rows), rows)];
    return [{ patch: row * cols + col, weight: 1 }];
  }
  const isCorners = sampling === "bilinear-corners";
  const x = Math.min(cols - 1, Math.max(0, isCorners ? u * (cols - 1) : u * cols - 0.5));
  const y = Math.min(rows - 1, Math.max(0, isCorners ? v * (rows - 1) : v * rows - 0.5));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(cols - 1, left + 1), Math.min(rows - 1, top + 1)];
  const [p, q] = [x - left, y - top];
  return [
    { patch: top * cols + left, weight: (1 - p) * (1 - q) },
    { patch: top * cols + right, weight: p * (1 - q) },
    { patch: bottom * cols + left, weight: (1 - p) * q },
    { patch: bottom * cols + right, weight: p * q },
  ];
}

/** Along each axis the top of the parabola through the best patch and its two neighbours, in patches. */
function peakOffset(
  row: Float32Array,
  { x, y }: Point,
  { rows, cols }: Pick<FrozenFeatures, "rows" | "cols">,
): Point {
  const top = (before: number, here: number, after: number): number => {
    const bend = before - 2 * here + after;
    return bend < 0 ? Math.min(0.5, Math.max(-0.5, (before - after) / (2 * bend))) : 0;
  };
  const at = y * cols + x;
  return {
    x: x > 0 && x + 1 < cols ? top(row[at - 1]!, row[at]!, row[at + 1]!) : 0,
    y: y > 0 && y + 1 < rows ? top(row[at - cols]!, row[at]!, row[at + cols]!) : 0,
  };
}

function inside(index: number, count: number): number {
  return Math.min(count - 1, Math.max(0, index));
}
