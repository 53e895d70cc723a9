/** What surfaces look like: patterns over object coordinates, in three colours and a bump. */
import type { Draws } from "../random/draws.ts";
import { cellValue, noise, roughNoise, smoothStep } from "./noise.ts";
import type { Palette } from "./palette.ts";
import { unit, type Vector } from "./vectors.ts";

/** "leaves" and what follows belong to a structure: a crown, a roof, a trunk. */
export type Pattern =
  | "plain"
  | "rings"
  | "stripes"
  | "spots"
  | "marble"
  | "patches"
  | "checks"
  | "speckle"
  | "leaves"
  | "panels"
  | "scales"
  | "wool"
  | "ribs"
  | "bricks"
  | "grass"
  | "tiles"
  | "sand";

export interface Material {
  readonly pattern: Pattern;
  /** Linear RGB. */
  readonly colours: readonly [Vector, Vector, Vector];
  /** Features in a unit of the object (of the ground: in a metre). */
  readonly frequency: number;
  /** Shifts the noise, so that no two instances repeat. */
  readonly phase: Vector;
  /** Direction of stripes; a unit vector. */
  readonly axis: Vector;
  /** 0 dull to 1 glazed. */
  readonly gloss: number;
}

export function drawMaterial(
  draws: Draws,
  palette: Palette,
  pattern: Pattern,
  given: Partial<Material> = {},
): Material {
  const axis: Vector = [draws.normal(), draws.normal(), draws.normal() + 1e-3];
  return {
    pattern,
    colours: palette.trio(),
    frequency: draws.logBetween(4, 9),
    phase: [32 * draws.uniform(), 32 * draws.uniform(), 32 * draws.uniform()],
    axis: unit(axis),
    gloss: draws.chance(0.5) ? draws.between(0.2, 0.9) : draws.between(0, 0.15),
    ...given,
  };
}

/** What a ray found, in the coordinates that patterns need; filled anew for every pixel. */
export class Surface {
  /** Object coordinates. */
  x = 0;
  y = 0;
  z = 0;
  /** Shape coordinates, and the normal in them. */
  u = 0;
  v = 0;
  w = 0;
  nu = 0;
  nv = 0;
  nw = 0;
  /** 1 where a pattern's features are much larger than a pixel, down to 0. */
  detail = 1;
  /** Out: linear RGB. */
  red = 0;
  green = 0;
  blue = 0;
  /** Out: how far the surface leans, as a gradient in object coordinates. */
  leanX = 0;
  leanY = 0;
  leanZ = 0;
}

/** Colours the surface by its material. */
export function paint(s: Surface, material: Material): void {
  const f = material.frequency;
  const x = s.x * f + material.phase[0];
  const y = s.y * f + material.phase[1];
  const z = s.z * f + material.phase[2];
  s.leanX = s.leanY = s.leanZ = 0;
  let second = 0;
  let third = 0;
  let shade = 1;
  switch (material.pattern) {
    case "plain":
      second = 0.25 * noise(0.5 * x, 0.5 * y, 0.5 * z);
      break;
    case "rings":
    case "stripes": {
      const { axis } = material;
      const place =
        material.pattern === "rings" ? s.y : axis[0] * s.x + axis[1] * s.y + axis[2] * s.z;
      const along = 0.8 * f * place + 0.3 * noise(x, y, z) + material.phase[0];
      const wave = along - Math.floor(along);
      second = pulse(wave, 0.5, 0.06);
      third = pulse(wave, 0.12, 0.05);
      break;
    }
    case "spots":
      second = spots(x, y, z);
      break;
    case "marble": {
      const { axis } = material;
      const along =
        2.2 * (axis[0] * x + axis[1] * y + axis[2] * z) + 5 * roughNoise(0.6 * x, 0.6 * y, 0.6 * z);
      second = Math.pow(0.5 + 0.5 * Math.sin(along), 3);
      break;
    }
    case "patches":
      second = smoothStep(0.5, 0.56, roughNoise(0.55 * x, 0.55 * y, 0.55 * z));
      break;
    case "checks": {
      const odd = Math.floor(0.7 * x) + Math.floor(0.7 * y) + Math.floor(0.7 * z);
      second = odd & 1;
      break;
    }
    case "speckle":
      second = smoothStep(0.62, 0.72, noise(3 * x, 3 * y, 3 * z));
      third = smoothStep(0.7, 0.78, noise(2 * x + 9, 2 * y + 5, 2 * z));
      break;
    case "panels": {
      const angle = (Math.atan2(s.w, s.u) / (2 * Math.PI) + 0.5) * 6;
      const panel = Math.floor(angle);
      const seam = Math.abs(angle - panel - 0.5) * Math.sqrt(1 - Math.min(1, s.v * s.v));
      second = panel & 1;
      third = Math.abs(s.v) > 0.93 ? 1 : 0;
      shade = 1 - 0.3 * smoothStep(0.44, 0.5, seam);
      break;
    }
    case "scales": {
      const row = Math.floor(s.u * f);
      const across = (Math.atan2(s.w, s.v) / Math.PI) * f + 0.5 * (row & 1);
      const dx = s.u * f - row;
      const dy = across - Math.floor(across) - 0.5;
      const rim = Math.sqrt(dx * dx * 0.8 + 2.4 * dy * dy);
      second = smoothStep(0.4, 0.9, rim) * s.detail;
      shade = 1 - 0.35 * smoothStep(0.55, 0.95, rim) * s.detail;
      break;
    }
    case "wool":
      lean(s, x, y, z, 1.6, 0.55 * s.detail);
      second = roughNoise(x, y, z) * 0.5;
      shade = 0.72 + 0.5 * noise(1.6 * x, 1.6 * y, 1.6 * z);
      break;
    case "leaves": {
      lean(s, x, y, z, 1.2, 0.8 * s.detail);
      const leaf = noise(1.2 * x, 1.2 * y, 1.2 * z);
      second = smoothStep(0.35, 0.7, leaf);
      third = 0.6 * smoothStep(0.68, 0.85, noise(2.3 * x, 2.3 * y, 2.3 * z));
      shade = 0.6 + 0.7 * leaf;
      break;
    }
    case "ribs": {
      const rib = Math.cos(Math.atan2(s.w, s.u) * material.axis[0]);
      shade = 0.72 + 0.34 * rib;
      second = 0.7 * smoothStep(-0.55, -0.9, rib);
      third = smoothStep(0.86, 0.97, rib) * smoothStep(0.5, 0.75, noise(0.5, 3 * y, 0.5));
      break;
    }
    case "bricks":
    case "tiles": {
      const onFloor = material.pattern === "tiles";
      const sideways = Math.abs(s.nu) > Math.abs(s.nw);
      const across = onFloor ? s.x : sideways ? s.w : s.u;
      const up = onFloor ? s.z : Math.abs(s.nv) > 0.9 ? s.w : s.v;
      const course = up * f + material.phase[0];
      const row = Math.floor(course);
      // Bricks are twice as long as high, and every other course is shifted.
      const long = onFloor ? 1 : 0.55;
      const place = across * f * long + (onFloor ? 0 : 0.5 * (row & 1)) + material.phase[1];
      const cell = Math.floor(place);
      const gapX = 0.5 - (0.5 - Math.abs(place - cell - 0.5)) / long;
      const gapY = Math.abs(course - row - 0.5);
      const joint = smoothStep(0.41, 0.46, Math.max(gapX, gapY)) * s.detail;
      const tone = cellValue(cell, row, 3);
      const chequered = onFloor && material.phase[2] > 16 ? 0.6 * ((cell + row) & 1) : 0;
      second = (0.35 * tone + chequered) * (1 - joint);
      third = 0.8 * joint;
      shade = (0.92 + 0.16 * tone) * (1 - 0.22 * joint);
      break;
    }
    case "grass": {
      // Blades, seen from afar and along them, with flowers between; taller in some places.
      // Far away they melt into their mean.
      let blade = 0.75;
      if (s.detail > 0) {
        const bend = 0.5 * noise(1.5 * x, 0.5, 1.5 * z);
        blade = noise(4.6 * x + bend, 0.5, 0.9 * z + bend) + 0.5 * noise(7 * x, 4.5, 2.2 * z);
      }
      const tuft = roughNoise(0.3 * x, 3.5, 0.3 * z);
      second = 0.5 + 1.5 * (blade - 0.75) * s.detail + 0.5 * (tuft - 0.5);
      third = s.detail > 0 ? flower(1.3 * x, 1.3 * z) * s.detail : 0;
      shade = 1 + 0.95 * (blade - 0.75) * s.detail * (1 - third);
      break;
    }
    case "sand": {
      const wind = x + 1.1 * roughNoise(0.45 * x, 5.5, 0.45 * z);
      const phase = 3.6 * wind + 1.3 * z;
      s.leanX = 0.3 * Math.cos(phase) * s.detail;
      s.leanZ = 0.11 * Math.cos(phase) * s.detail;
      second = 0.35 * roughNoise(0.4 * x, 2.5, 0.4 * z) + 0.3 * (0.5 + 0.5 * Math.sin(phase));
      shade = 0.96 + 0.08 * noise(9 * x, 1.5, 9 * z);
      break;
    }
  }
  const a = material.colours[0];
  const b = material.colours[1];
  const c = material.colours[2];
  s.red = shade * mix(mix(a[0], b[0], second), c[0], third);
  s.green = shade * mix(mix(a[1], b[1], second), c[1], third);
  s.blue = shade * mix(mix(a[2], b[2], second), c[2], third);
}

/** Adds the gradient of noise to how the surface leans. */
function lean(s: Surface, x: number, y: number, z: number, f: number, strength: number): void {
  const step = 0.3;
  const here = noise(f * x, f * y, f * z);
  s.leanX += (strength * (noise(f * x + step, f * y, f * z) - here)) / step;
  s.leanY += (strength * (noise(f * x, f * y + step, f * z) - here)) / step;
  s.leanZ += (strength * (noise(f * x, f * y, f * z + step) - here)) / step;
}

/** One dot in each cell of space, wholly inside it. */
function spots(x: number, y: number, z: number): number {
  const cx = Math.floor(x);
  const cy = Math.floor(y);
  const cz = Math.floor(z);
  const radius = 0.28 + 0.16 * cellValue(cx, cy, cz + 7);
  const room = 0.5 - radius;
  const dx = x - cx - 0.5 - room * (2 * cellValue(cx + 3, cy, cz) - 1);
  const dy = y - cy - 0.5 - room * (2 * cellValue(cx, cy + 5, cz) - 1);
  const dz = z - cz - 0.5 - room * (2 * cellValue(cx, cy, cz + 9) - 1);
  return 1 - smoothStep(radius - 0.06, radius, Math.sqrt(dx * dx + dy * dy + dz * dz));
}

/** A round flower in some cells of the plane. */
function flower(x: number, z: number): number {
  const cx = Math.floor(x);
  const cz = Math.floor(z);
  if (cellValue(cx, 11, cz) > 0.22) return 0;
  const dx = x - cx - 0.25 - 0.5 * cellValue(cx, 13, cz);
  const dz = z - cz - 0.25 - 0.5 * cellValue(cx, 17, cz);
  return 1 - smoothStep(0.14, 0.22, Math.sqrt(dx * dx + dz * dz));
}

/** 1 for the first part of a wave, with soft flanks. */
function pulse(wave: number, width: number, flank: number): number {
  return smoothStep(0, flank, wave) * (1 - smoothStep(width, width + flank, wave));
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * Math.min(1, Math.max(0, share));
}
