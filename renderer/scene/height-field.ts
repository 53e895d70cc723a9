/** A square matrix as a landscape over the square from -1 to 1: its heights, its mesh and what a ray meets. */
import { tableIndex } from "../../engine/protocol/colormap.ts";

/** Half the height of the landscape, where half its width is 1. */
export const reliefHeight = 0.42;

export interface HeightField {
  /** float32 [side, side], row by row. */
  readonly values: Float32Array;
  readonly side: number;
  /** Lowest and highest value of the scale. */
  readonly range: readonly [number, number];
}

export type Vector = readonly [number, number, number];

/** Height of a value: the range lies from -reliefHeight to +reliefHeight. */
export function heightOf(value: number, [low, high]: readonly [number, number]): number {
  const t = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  return reliefHeight * (2 * t - 1);
}

/** Middle of a row or column, -1..1. */
export const placeOfCell = (index: number, side: number): number => (2 * (index + 0.5)) / side - 1;

/** Columns run along x, rows along z, values upward. @returns float32 [side * side, 3] */
export function fieldPositions({ values, side, range }: HeightField): Float32Array {
  const out = new Float32Array(3 * side * side);
  for (let i = 0; i < side * side; i++) {
    out[3 * i] = placeOfCell(i % side, side);
    out[3 * i + 1] = heightOf(values[i]!, range);
    out[3 * i + 2] = placeOfCell(Math.floor(i / side), side);
  }
  return out;
}

/**
 * Two triangles between every four neighbours among the rows and columns that are taken: every
 * `stride`-th, and the last.
 * @returns uint32 [(taken - 1)^2 * 6], indices of cells
 */
export function fieldTriangles(side: number, stride = 1): Uint32Array {
  const taken = Array.from({ length: Math.ceil((side - 1) / stride) }, (_, i) => i * stride);
  taken.push(side - 1);
  const out = new Uint32Array(6 * (taken.length - 1) ** 2);
  let at = 0;
  for (let i = 0; i + 1 < taken.length; i++) {
    for (let j = 0; j + 1 < taken.length; j++) {
      const [upper, lower] = [taken[i]! * side, taken[i + 1]! * side];
      const [left, right] = [taken[j]!, taken[j + 1]!];
      const [b, c] = [lower + left, upper + right];
      out.set([upper + left, b, c, c, b, lower + right], at);
      at += 6;
    }
  }
  return out;
}

/**
 * How bright each cell is, lit from above: by its slope alone, enough to see relief and little enough
 * to read the colours. Worked out once, where a shader would for every pixel of every frame.
 *
 * @returns float32 [side * side], 0.7 to 1
 */
export function fieldLight({ values, side, range }: HeightField): Float32Array {
  const height = (row: number, col: number) => {
    const within = (at: number) => Math.min(side - 1, Math.max(0, at));
    return heightOf(values[within(row) * side + within(col)]!, range);
  };
  // Neighbours on both sides are two cells apart.
  const run = 4 / side;
  return Float32Array.from({ length: side * side }, (_, i) => {
    const row = Math.floor(i / side);
    const col = i % side;
    const across = (height(row, col + 1) - height(row, col - 1)) / run;
    const along = (height(row + 1, col) - height(row - 1, col)) / run;
    return 0.7 + 0.3 / Math.hypot(1, across, along);
  });
}

/**
 * The colour of each cell in its light.
 *
 * @param light as fieldLight gives it
 * @param table uint8 [256, 3]
 * @param out   uint8 [side * side, 4]; alpha is left as it is
 */
export function fieldColours(
  { values, range }: HeightField,
  light: Float32Array,
  table: Uint8Array,
  out: Uint8Array,
): void {
  for (let i = 0; i < values.length; i++) {
    const entry = 3 * tableIndex(values[i]!, range);
    for (let c = 0; c < 3; c++) out[4 * i + c] = table[entry + c]! * light[i]!;
  }
}

/** How much nearer, in depth from -1 to 1, lines are drawn than the surface under them. */
export const lineLift = 0.002;

/** Heights along one row and one column, as a line just over the surface. @returns float32 [2 * side, 3] */
export function crossLines(
  field: HeightField,
  row: number,
  col: number,
): [Float32Array, Float32Array] {
  const { values, side, range } = field;
  const lift = 0.012;
  const line = (cell: (i: number) => readonly [number, number]) => {
    const out = new Float32Array(3 * side);
    for (let i = 0; i < side; i++) {
      const [r, c] = cell(i);
      const height = heightOf(values[r * side + c]!, range) + lift;
      out.set([placeOfCell(c, side), height, placeOfCell(r, side)], 3 * i);
    }
    return out;
  };
  return [line((i) => [row, i]), line((i) => [i, col])];
}

/**
 * The first cell that a ray from above meets. It is followed in steps of a third of a cell, so that no
 * cell is stepped over.
 *
 * @param direction of any length but 0
 * @returns undefined where it passes by
 */
export function hitField(
  field: HeightField,
  origin: Vector,
  direction: Vector,
): { readonly row: number; readonly col: number } | undefined {
  const span = insideBox(origin, direction);
  if (!span) return undefined;
  const { values, side, range } = field;
  const [from, to] = span;
  const cell = 2 / side;
  const pace = cell / 3 / Math.hypot(...direction);
  const at = (t: number, axis: 0 | 1 | 2) => origin[axis] + t * direction[axis];
  const index = (place: number) => Math.min(side - 1, Math.max(0, Math.floor((place + 1) / cell)));
  for (let t = from; t <= to + pace; t += pace) {
    const now = Math.min(t, to);
    const [row, col] = [index(at(now, 2)), index(at(now, 0))];
    if (at(now, 1) <= heightOf(values[row * side + col]!, range)) return { row, col };
  }
  return undefined;
}

/** Where a ray is within the box of the landscape; undefined where it never is. */
function insideBox(origin: Vector, direction: Vector): [number, number] | undefined {
  const half: Vector = [1, reliefHeight + 1e-6, 1];
  let from = 0;
  let to = Infinity;
  for (const axis of [0, 1, 2] as const) {
    const [o, d, h] = [origin[axis], direction[axis], half[axis]];
    if (Math.abs(d) < 1e-12) {
      if (Math.abs(o) > h) return undefined;
      continue;
    }
    const [a, b] = [(-h - o) / d, (h - o) / d];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  return from < to ? [from, to] : undefined;
}
