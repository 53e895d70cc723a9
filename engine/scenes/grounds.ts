/** The patterns of the ground that are made of noise: grass and sand. */
import {
  cellValue,
  noisePlane,
  planeNoiseAt,
  roughNoisePlanes,
  roughPlaneNoiseAt,
  smoothStep,
} from "./noise.ts";
import { mostTogether, type Surface } from "./surface.ts";

/** The ground is flat: each of its noises is that of one plane. */
const planes = {
  blades: noisePlane(0.5),
  stalks: noisePlane(4.5),
  tufts: roughNoisePlanes(3.5),
  wind: roughNoisePlanes(5.5),
  damp: roughNoisePlanes(2.5),
  grains: noisePlane(1.5),
};

const numbers = () => new Float64Array(mostTogether);
const [bend, blade, stalk, acrossBlades, alongBlades, tuft] = [
  numbers(), numbers(), numbers(), numbers(), numbers(), numbers(),
] as const; // prettier-ignore

/**
 * Blades, seen from afar and along them, with flowers between; taller in some places. Far away they
 * melt into their mean.
 */
export function paintGrass(s: Surface): void {
  const { count, detail } = s;
  const { x, z } = s.pattern;
  roughPlaneNoiseAt(tuft, planes.tufts, { count, x, z }, 0.3);
  if (!anyDetail(s)) {
    for (let i = 0; i < count; i++) s.second[i] = 0.5 + 0.5 * (tuft[i]! - 0.5);
    return;
  }
  planeNoiseAt(bend, planes.blades, { count, x, z }, 1.5);
  for (let i = 0; i < count; i++) {
    acrossBlades[i] = 4.6 * x[i]! + 0.5 * bend[i]!;
    alongBlades[i] = 0.9 * z[i]! + 0.5 * bend[i]!;
  }
  planeNoiseAt(blade, planes.blades, { count, x: acrossBlades, z: alongBlades });
  planeNoiseAt(stalk, planes.stalks, { count, x, z }, 7, 2.2);
  for (let i = 0; i < count; i++) {
    const seen = detail[i]!;
    const high = blade[i]! + 0.5 * stalk[i]! - 0.75;
    s.second[i] = 0.5 + 1.5 * high * seen + 0.5 * (tuft[i]! - 0.5);
    s.third[i] = flower(1.3 * x[i]!, 1.3 * z[i]!) * seen;
    s.shade[i] = 1 + 0.95 * high * seen * (1 - s.third[i]!);
  }
}

/** Ripples that the wind made, damp in some places. */
export function paintSand(s: Surface): void {
  const { count, detail } = s;
  const { x, z } = s.pattern;
  const [wind, damp, grains] = [bend, blade, stalk];
  roughPlaneNoiseAt(wind, planes.wind, { count, x, z }, 0.45);
  roughPlaneNoiseAt(damp, planes.damp, { count, x, z }, 0.4);
  planeNoiseAt(grains, planes.grains, { count, x, z }, 9);
  s.isBumpy = anyDetail(s);
  for (let i = 0; i < count; i++) {
    const phase = 3.6 * (x[i]! + 1.1 * wind[i]!) + 1.3 * z[i]!;
    s.second[i] = 0.35 * damp[i]! + 0.3 * (0.5 + 0.5 * Math.sin(phase));
    s.shade[i] = 0.96 + 0.08 * grains[i]!;
    if (!s.isBumpy) continue;
    const slope = Math.cos(phase) * detail[i]!;
    s.lean.x[i] = 0.3 * slope;
    s.lean.y[i] = 0;
    s.lean.z[i] = 0.11 * slope;
  }
}

function anyDetail({ count, detail }: Surface): boolean {
  for (let i = 0; i < count; i++) if (detail[i]! > 0) return true;
  return false;
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
