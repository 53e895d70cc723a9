/** The patterns of materials: what colour the points of a surface have, and how bumpy it is. */
import { paintGrass, paintSand } from "./grounds.ts";
import type { Material, Pattern } from "./materials.ts";
import { cellValue, noiseAt, roughNoiseAt, smoothStep } from "./noise.ts";
import { mapAll, mostTogether, type Surface } from "./surface.ts";
import { scaling } from "./vectors.ts";

/** Fills in the shares of the second and third colour and the shade, which are 0, 0 and 1 before. */
type Painter = (surface: Surface, material: Material) => void;

const painters: Readonly<Record<Pattern, Painter>> = {
  plain: paintPlain,
  rings: paintStripes,
  stripes: paintStripes,
  spots: paintSpots,
  marble: paintMarble,
  patches: paintPatches,
  checks: paintChecks,
  speckle: paintSpeckle,
  leaves: paintLeaves,
  panels: paintPanels,
  scales: paintScales,
  wool: paintWool,
  ribs: paintRibs,
  bricks: paintBricks,
  grass: paintGrass,
  tiles: paintBricks,
  sand: paintSand,
};

/** Colours the points of a surface by its material. */
export function paint(surface: Surface, material: Material): void {
  const { count, second, third, shade } = surface;
  const { frequency: f, phase } = material;
  mapAll(count, surface.inObject, scaling(f, f, f), phase, surface.pattern);
  second.fill(0, 0, count);
  third.fill(0, 0, count);
  shade.fill(1, 0, count);
  surface.isBumpy = false;
  painters[material.pattern](surface, material);
  mixColours(surface, material.colours);
}

function mixColours(s: Surface, [a, b, c]: Material["colours"]): void {
  const { count, second, third, shade, red, green, blue } = s;
  const [ar, ag, ab] = a;
  const [br, bg, bb] = [b[0] - ar, b[1] - ag, b[2] - ab];
  const [cr, cg, cb] = c;
  for (let i = 0; i < count; i++) {
    const two = clamp(second[i]!);
    const three = clamp(third[i]!);
    const strength = shade[i]!;
    const r = ar + br * two;
    const g = ag + bg * two;
    const l = ab + bb * two;
    red[i] = strength * (r + (cr - r) * three);
    green[i] = strength * (g + (cg - g) * three);
    blue[i] = strength * (l + (cb - l) * three);
  }
}

/** Noise at the points in hand, for the pattern that is being painted. */
const grain = new Float64Array(mostTogether);
const finer = new Float64Array(mostTogether);

function paintPlain(s: Surface): void {
  noiseAt(s.second, s.pointsOf(s.pattern), 0.5);
  for (let i = 0; i < s.count; i++) s.second[i]! *= 0.25;
}

function paintStripes(s: Surface, { pattern, axis, frequency, phase }: Material): void {
  const { x, y, z } = s.inObject;
  const [ax, ay, az] = pattern === "rings" ? ([0, 1, 0] as const) : axis;
  noiseAt(grain, s.pointsOf(s.pattern));
  for (let i = 0; i < s.count; i++) {
    const place = ax * x[i]! + ay * y[i]! + az * z[i]!;
    const along = 0.8 * frequency * place + 0.3 * grain[i]! + phase[0];
    const wave = along - Math.floor(along);
    s.second[i] = pulse(wave, 0.5, 0.06);
    s.third[i] = pulse(wave, 0.12, 0.05);
  }
}

/** One dot in each cell of space, wholly inside it. */
function paintSpots(s: Surface): void {
  const { x, y, z } = s.pattern;
  for (let i = 0; i < s.count; i++) {
    const cx = Math.floor(x[i]!);
    const cy = Math.floor(y[i]!);
    const cz = Math.floor(z[i]!);
    const radius = 0.28 + 0.16 * cellValue(cx, cy, cz + 7);
    const room = 0.5 - radius;
    const dx = x[i]! - cx - 0.5 - room * (2 * cellValue(cx + 3, cy, cz) - 1);
    const dy = y[i]! - cy - 0.5 - room * (2 * cellValue(cx, cy + 5, cz) - 1);
    const dz = z[i]! - cz - 0.5 - room * (2 * cellValue(cx, cy, cz + 9) - 1);
    const away = Math.sqrt(dx * dx + dy * dy + dz * dz);
    s.second[i] = 1 - smoothStep(radius - 0.06, radius, away);
  }
}

function paintMarble(s: Surface, { axis }: Material): void {
  const { x, y, z } = s.pattern;
  roughNoiseAt(grain, s.pointsOf(s.pattern), 0.6);
  for (let i = 0; i < s.count; i++) {
    const along = 2.2 * (axis[0] * x[i]! + axis[1] * y[i]! + axis[2] * z[i]!) + 5 * grain[i]!;
    const wave = 0.5 + 0.5 * Math.sin(along);
    s.second[i] = wave * wave * wave;
  }
}

function paintPatches(s: Surface): void {
  roughNoiseAt(grain, s.pointsOf(s.pattern), 0.55);
  for (let i = 0; i < s.count; i++) s.second[i] = smoothStep(0.5, 0.56, grain[i]!);
}

function paintChecks(s: Surface): void {
  const { x, y, z } = s.pattern;
  for (let i = 0; i < s.count; i++) {
    const sum = Math.floor(0.7 * x[i]!) + Math.floor(0.7 * y[i]!) + Math.floor(0.7 * z[i]!);
    s.second[i] = sum & 1;
  }
}

function paintSpeckle(s: Surface): void {
  noiseAt(grain, s.pointsOf(s.pattern), 3);
  noiseAt(finer, s.pointsOf(s.pattern), 2, [9, 5, 0]);
  for (let i = 0; i < s.count; i++) {
    s.second[i] = smoothStep(0.62, 0.72, grain[i]!);
    s.third[i] = smoothStep(0.7, 0.78, finer[i]!);
  }
}

function paintPanels(s: Surface): void {
  const { x: u, y: v, z: w } = s.inShape;
  for (let i = 0; i < s.count; i++) {
    const angle = (Math.atan2(w[i]!, u[i]!) / (2 * Math.PI) + 0.5) * 6;
    const panel = Math.floor(angle);
    const seam = Math.abs(angle - panel - 0.5) * Math.sqrt(1 - Math.min(1, v[i]! * v[i]!));
    s.second[i] = panel & 1;
    s.third[i] = Math.abs(v[i]!) > 0.93 ? 1 : 0;
    s.shade[i] = 1 - 0.3 * smoothStep(0.44, 0.5, seam);
  }
}

function paintScales(s: Surface, { frequency: f }: Material): void {
  const { x: u, y: v, z: w } = s.inShape;
  for (let i = 0; i < s.count; i++) {
    const row = Math.floor(u[i]! * f);
    const across = (Math.atan2(w[i]!, v[i]!) / Math.PI) * f + 0.5 * (row & 1);
    const dx = u[i]! * f - row;
    const dy = across - Math.floor(across) - 0.5;
    const rim = Math.sqrt(dx * dx * 0.8 + 2.4 * dy * dy);
    s.second[i] = smoothStep(0.4, 0.9, rim) * s.detail[i]!;
    s.shade[i] = 1 - 0.35 * smoothStep(0.55, 0.95, rim) * s.detail[i]!;
  }
}

function paintWool(s: Surface): void {
  paintBumps(s, 1.6, 0.55);
  roughNoiseAt(s.second, s.pointsOf(s.pattern));
  for (let i = 0; i < s.count; i++) {
    s.second[i]! *= 0.5;
    s.shade[i] = 0.72 + 0.5 * grain[i]!;
  }
}

function paintLeaves(s: Surface): void {
  paintBumps(s, 1.2, 0.8);
  noiseAt(finer, s.pointsOf(s.pattern), 2.3);
  for (let i = 0; i < s.count; i++) {
    s.second[i] = smoothStep(0.35, 0.7, grain[i]!);
    s.third[i] = 0.6 * smoothStep(0.68, 0.85, finer[i]!);
    s.shade[i] = 0.6 + 0.7 * grain[i]!;
  }
}

/** Fills in how the surface leans: the gradient of noise of this frequency, which stays in `grain`. */
function paintBumps(s: Surface, frequency: number, strength: number): void {
  const step = 0.3;
  const points = s.pointsOf(s.pattern);
  s.isBumpy = true;
  noiseAt(grain, points, frequency);
  noiseAt(s.lean.x, points, frequency, [step, 0, 0]);
  noiseAt(s.lean.y, points, frequency, [0, step, 0]);
  noiseAt(s.lean.z, points, frequency, [0, 0, step]);
  const { x, y, z } = s.lean;
  for (let i = 0; i < s.count; i++) {
    const high = strength * s.detail[i]!;
    x[i] = (high * (x[i]! - grain[i]!)) / step;
    y[i] = (high * (y[i]! - grain[i]!)) / step;
    z[i] = (high * (z[i]! - grain[i]!)) / step;
  }
}

function paintRibs(s: Surface, { axis }: Material): void {
  const { x: u, z: w } = s.inShape;
  const { y } = s.pattern;
  const middle = finer.fill(0.5);
  const along = { count: s.count, x: middle, y: grain, z: middle };
  for (let i = 0; i < s.count; i++) grain[i] = 3 * y[i]!;
  noiseAt(s.third, along);
  for (let i = 0; i < s.count; i++) {
    const rib = Math.cos(Math.atan2(w[i]!, u[i]!) * axis[0]);
    s.shade[i] = 0.72 + 0.34 * rib;
    s.second[i] = 0.7 * smoothStep(-0.55, -0.9, rib);
    s.third[i] = smoothStep(0.86, 0.97, rib) * smoothStep(0.5, 0.75, s.third[i]!);
  }
}

/** Bricks of a wall, or tiles of a floor. */
function paintBricks(s: Surface, { pattern, frequency: f, phase }: Material): void {
  const onFloor = pattern === "tiles";
  const { x, z } = s.inObject;
  const { x: u, y: v, z: w } = s.inShape;
  const { x: nu, y: nv, z: nw } = s.shapeNormal;
  const isChequered = onFloor && phase[2] > 16;
  // Bricks are twice as long as high, and every other course is shifted.
  const long = onFloor ? 1 : 0.55;
  const shift = onFloor ? 0 : 0.5;
  for (let i = 0; i < s.count; i++) {
    const sideways = Math.abs(nu[i]!) > Math.abs(nw[i]!);
    const across = onFloor ? x[i]! : sideways ? w[i]! : u[i]!;
    const up = onFloor ? z[i]! : Math.abs(nv[i]!) > 0.9 ? w[i]! : v[i]!;
    const course = up * f + phase[0];
    const row = Math.floor(course);
    const place = across * f * long + shift * (row & 1) + phase[1];
    const cell = Math.floor(place);
    const gapX = 0.5 - (0.5 - Math.abs(place - cell - 0.5)) / long;
    const gapY = Math.abs(course - row - 0.5);
    const joint = smoothStep(0.41, 0.46, Math.max(gapX, gapY)) * s.detail[i]!;
    const tone = cellValue(cell, row, 3);
    const chequered = isChequered ? 0.6 * ((cell + row) & 1) : 0;
    s.second[i] = (0.35 * tone + chequered) * (1 - joint);
    s.third[i] = 0.8 * joint;
    s.shade[i] = (0.92 + 0.16 * tone) * (1 - 0.22 * joint);
  }
}

/** 1 for the first part of a wave, with soft flanks. */
function pulse(wave: number, width: number, flank: number): number {
  return smoothStep(0, flank, wave) * (1 - smoothStep(width, width + flank, wave));
}

function clamp(share: number): number {
  return share <= 0 ? 0 : share >= 1 ? 1 : share;
}
