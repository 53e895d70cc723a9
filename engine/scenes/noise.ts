/** Noise that textures are made of: smooth, the same on every machine, repeating every 32 units. */
import { uniformAt } from "../random/counter.ts";

const bits = 5;
const side = 1 << bits;
const last = side - 1;

/** Uniform numbers on the corners of a lattice; the seed is part of how scenes look. */
const lattice = Float32Array.from({ length: side ** 3 }, (_, i) => uniformAt(0x5ce4e5, i));

/** @returns value noise in [0, 1), about 0.5 on average, with features about 1 unit wide */
export function noise(x: number, y: number, z: number): number {
  const floorX = Math.floor(x);
  const floorY = Math.floor(y);
  const floorZ = Math.floor(z);
  const fx = ease(x - floorX);
  const fy = ease(y - floorY);
  const fz = ease(z - floorZ);
  const x0 = floorX & last;
  const x1 = (floorX + 1) & last;
  const y0 = (floorY & last) << bits;
  const y1 = ((floorY + 1) & last) << bits;
  const z0 = (floorZ & last) << (2 * bits);
  const z1 = ((floorZ + 1) & last) << (2 * bits);
  const a = lattice[x0 + y0 + z0]! * (1 - fx) + lattice[x1 + y0 + z0]! * fx;
  const b = lattice[x0 + y1 + z0]! * (1 - fx) + lattice[x1 + y1 + z0]! * fx;
  const c = lattice[x0 + y0 + z1]! * (1 - fx) + lattice[x1 + y0 + z1]! * fx;
  const d = lattice[x0 + y1 + z1]! * (1 - fx) + lattice[x1 + y1 + z1]! * fx;
  return (a * (1 - fy) + b * fy) * (1 - fz) + (c * (1 - fy) + d * fy) * fz;
}

/** Two octaves of {@link noise}. */
export function roughNoise(x: number, y: number, z: number): number {
  return 0.66 * noise(x, y, z) + 0.34 * noise(2.1 * x + 7.3, 2.1 * y + 1.7, 2.1 * z + 4.1);
}

/** @returns uniform in [0, 1) for each cell of a grid of whole numbers */
export function cellValue(x: number, y: number, z: number): number {
  return lattice[(x & last) + ((y & last) << bits) + ((z & last) << (2 * bits))]!;
}

/** 0 below low, 1 above high, smooth between. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
