/** Vectors and matrices of three dimensions, for laying scenes out; the tracer unrolls its own. */

/** x to the right, y up, z away from an unmoved camera. In metres, or in units of an object. */
export type Vector = readonly [x: number, y: number, z: number];

/** Row-major 3 x 3. */
export type Matrix = readonly [
  number, number, number,
  number, number, number,
  number, number, number,
]; // prettier-ignore

/** p -> linear p + offset. */
export interface Affine {
  readonly linear: Matrix;
  readonly offset: Vector;
}

export const identity: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function plus(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function times(a: Vector, factor: number): Vector {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function length(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

export function unit(a: Vector): Vector {
  return times(a, 1 / length(a));
}

export function mixed(a: Vector, b: Vector, share: number): Vector {
  return plus(times(a, 1 - share), times(b, share));
}

export function apply(m: Matrix, v: Vector): Vector {
  return [
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
    m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
    m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
  ];
}

export function applyAffine({ linear, offset }: Affine, point: Vector): Vector {
  return plus(apply(linear, point), offset);
}

export function fromColumns(a: Vector, b: Vector, c: Vector): Matrix {
  return [a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]];
}

export function column(m: Matrix, index: 0 | 1 | 2): Vector {
  return [m[index], m[index + 3]!, m[index + 6]!];
}

export function transposed(m: Matrix): Matrix {
  return [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
}

/** The map that applies the second first. */
export function product(a: Matrix, b: Matrix): Matrix {
  return fromColumns(apply(a, column(b, 0)), apply(a, column(b, 1)), apply(a, column(b, 2)));
}

export function scaling(x: number, y: number, z: number): Matrix {
  return [x, 0, 0, 0, y, 0, 0, 0, z];
}

export function inverse(m: Matrix): Matrix {
  const [a, b, c] = [column(m, 0), column(m, 1), column(m, 2)];
  const determinant = dot(a, cross(b, c));
  return transposed(
    fromColumns(
      times(cross(b, c), 1 / determinant),
      times(cross(c, a), 1 / determinant),
      times(cross(a, b), 1 / determinant),
    ),
  );
}

/** @param angle in radians; positive turns y to z, z to x and x to y */
export function rotation(axis: "x" | "y" | "z", angle: number): Matrix {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  if (axis === "x") return [1, 0, 0, 0, c, -s, 0, s, c];
  if (axis === "y") return [c, 0, s, 0, 1, 0, -s, 0, c];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** A rotation that carries the y axis to a direction. */
export function uprightTo(direction: Vector): Matrix {
  const y = unit(direction);
  const x = unit(cross(y, Math.abs(y[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0]));
  return fromColumns(x, y, cross(x, y));
}
