/** Value noise from a table: the same on every machine, repeating every 32 units. */
import { uniformAt } from "../random/counter.ts";

const bits = 5;
const side = 1 << bits;
const last = side - 1;

/** The first corners are there again behind the last, so that no cell's far corners need wrapping. */
const row = side + 1;
const layer = row * row;

/** Uniform numbers on the corners of a lattice; the seed is part of how scenes look. */
const lattice = new Float32Array(row ** 3);
for (let z = 0, i = 0; z < row; z++) {
  for (let y = 0; y < row; y++) {
    for (let x = 0; x < row; x++, i++) {
      const corner = (x & last) + ((y & last) << bits) + ((z & last) << (2 * bits));
      lattice[i] = uniformAt(0x5ce4e5, corner);
    }
  }
}

/** Coordinates of points: one number a point in each array. */
export interface Points {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

/** @returns value noise in [0, 1), about 0.5 on average, with features about 1 unit wide */
export function noise(x: number, y: number, z: number): number {
  const floorX = Math.floor(x);
  const floorY = Math.floor(y);
  const floorZ = Math.floor(z);
  const fx = ease(x - floorX);
  const fy = ease(y - floorY);
  const fz = ease(z - floorZ);
  const at = (floorX & last) + row * (floorY & last) + layer * (floorZ & last);
  const a = between(lattice[at]!, lattice[at + 1]!, fx);
  const b = between(lattice[at + row]!, lattice[at + row + 1]!, fx);
  const c = between(lattice[at + layer]!, lattice[at + layer + 1]!, fx);
  const d = between(lattice[at + layer + row]!, lattice[at + layer + row + 1]!, fx);
  return between(between(a, b, fy), between(c, d, fy), fz);
}

/** into = {@link noise} of scale * point + shift. Many at once, because calls one by one box numbers. */
export function noiseAt(
  into: Float64Array,
  { count, x, y, z }: Points,
  scale = 1,
  [dx, dy, dz]: readonly [number, number, number] = unmoved,
): void {
  for (let i = 0; i < count; i++) {
    into[i] = noise(scale * x[i]! + dx, scale * y[i]! + dy, scale * z[i]! + dz);
  }
}

const unmoved = [0, 0, 0] as const;

/** Two octaves of {@link noise}. */
export function roughNoiseAt(into: Float64Array, { count, x, y, z }: Points, scale = 1): void {
  for (let i = 0; i < count; i++) {
    into[i] = 0.66 * noise(scale * x[i]!, scale * y[i]!, scale * z[i]!);
  }
  for (let i = 0; i < count; i++) {
    const px = 2.1 * (scale * x[i]!) + 7.3;
    const py = 2.1 * (scale * y[i]!) + 1.7;
    const pz = 2.1 * (scale * z[i]!) + 4.1;
    into[i] = into[i]! + 0.34 * noise(px, py, pz);
  }
}

/** The noise at one height y, [33, 33] by z and x: half the work for what is flat. */
export type NoisePlane = Float64Array;

export function noisePlane(y: number): NoisePlane {
  const floorY = Math.floor(y);
  const fy = ease(y - floorY);
  const from = row * (floorY & last);
  return Float64Array.from({ length: layer }, (_, i) => {
    const at = from + (i % row) + layer * Math.floor(i / row);
    return between(lattice[at]!, lattice[at + row]!, fy);
  });
}

/** into = noise of (scaleX * x, the plane's y, scaleZ * z). */
export function planeNoiseAt(
  into: Float64Array,
  plane: NoisePlane,
  { count, x, z }: Pick<Points, "count" | "x" | "z">,
  scaleX = 1,
  scaleZ = scaleX,
): void {
  for (let i = 0; i < count; i++) into[i] = onPlane(plane, scaleX * x[i]!, scaleZ * z[i]!);
}

/** Two planes, whose octaves {@link roughPlaneNoiseAt} adds up. */
export function roughNoisePlanes(y: number): readonly [NoisePlane, NoisePlane] {
  return [noisePlane(y), noisePlane(2.1 * y + 1.7)];
}

/** As {@link roughNoiseAt}, at one height. */
export function roughPlaneNoiseAt(
  into: Float64Array,
  [first, second]: readonly [NoisePlane, NoisePlane],
  { count, x, z }: Pick<Points, "count" | "x" | "z">,
  scale = 1,
): void {
  for (let i = 0; i < count; i++) {
    const px = scale * x[i]!;
    const pz = scale * z[i]!;
    const octave = onPlane(second, 2.1 * px + 7.3, 2.1 * pz + 4.1);
    into[i] = 0.66 * onPlane(first, px, pz) + 0.34 * octave;
  }
}

function onPlane(plane: NoisePlane, x: number, z: number): number {
  const floorX = Math.floor(x);
  const floorZ = Math.floor(z);
  const fx = ease(x - floorX);
  const at = (floorX & last) + row * (floorZ & last);
  const a = between(plane[at]!, plane[at + 1]!, fx);
  const b = between(plane[at + row]!, plane[at + row + 1]!, fx);
  return between(a, b, ease(z - floorZ));
}

/** @returns uniform in [0, 1) for each cell of a grid of whole numbers */
export function cellValue(x: number, y: number, z: number): number {
  return lattice[(x & last) + row * (y & last) + layer * (z & last)]!;
}

/** 0 below low, 1 above high, smooth between. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = (value - low) / (high - low);
  return t <= 0 ? 0 : t >= 1 ? 1 : t * t * (3 - 2 * t);
}

function between(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
