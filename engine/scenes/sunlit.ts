/** What the visible points see of the sun: a ray for every other pixel, then smoothed. */
import { locate } from "./locate.ts";
import { Samples } from "./samples.ts";
import type { Scene } from "./scene.ts";
import { Shadows } from "./shadows.ts";
import { Surface } from "./surface.ts";
import { ground, sky, type Visibility } from "./visibility.ts";

/** Beyond this many metres there are no shadows. */
const shadowsTo = 12;

/** Rays start so many metres above their surface. */
const lift = 0.003;

/** Not asked: of two neighbours on a smooth surface only one is. */
const unasked = -2;

/** @returns [side, side], the share of the light that each pixel's centre sees */
export function findSunlit(scene: Scene, visibility: Visibility): Float32Array {
  const { side, depth } = visibility;
  const seen = new Float32Array(side * side).fill(-1);
  const objects = objectsOf(visibility);
  const shadows = new Shadows(scene, visibility.primitives);
  const surface = new Surface();
  const asked = Samples.kept("sunlit", mostAsked + side);
  for (let y = 0; y < side; y++) {
    chooseRow(y, visibility, objects, seen, asked);
    if (asked.count < mostAsked && y + 1 < side) continue;
    askAll(asked, scene, visibility, shadows, surface, seen);
    asked.count = 0;
  }
  const soft = soften(seen, objects, visibility);
  for (let i = 0; i < soft.length; i++) if (depth[i]! > shadowsTo) soft[i] = 1;
  return soft;
}

/** So many pixels ask together; the row that exceeds it is the last. */
const mostAsked = 8192;

function objectsOf({ owner, primitives }: Visibility): Int16Array {
  const objects = new Int16Array(owner.length);
  const objectOf = Int16Array.from(primitives, ({ object }) => object);
  for (let i = 0; i < owner.length; i++) {
    const number = owner[i]!;
    objects[i] = number < 0 ? number : objectOf[number]!;
  }
  return objects;
}

/** Every other pixel, and all along the edges of objects. */
function chooseRow(
  y: number,
  { side, owner, depth }: Visibility,
  objects: Int16Array,
  seen: Float32Array,
  into: Samples,
): void {
  for (let x = 0, i = y * side; x < side; x++, i++) {
    const object = objects[i]!;
    if (object === sky || depth[i]! > shadowsTo) continue;
    const isEdge =
      (x > 0 && objects[i - 1] !== object) || (x + 1 < side && objects[i + 1] !== object);
    if (!isEdge && ((x + y) & 1) === 1) seen[i] = unasked;
    else into.add(i, x + 0.5, y + 0.5, owner[i]!, depth[i]!, 0, 1);
  }
}

function askAll(
  asked: Samples,
  { light }: Scene,
  visibility: Visibility,
  shadows: Shadows,
  surface: Surface,
  seen: Float32Array,
): void {
  const { side, primitives } = visibility;
  const [lx, ly, lz] = light.direction;
  const { place, normal } = surface;
  asked.forEachOwner(primitives.length, (owner, some) => {
    locate(surface, visibility, owner, asked, some);
    for (let i = 0; i < some.length; i++) {
      const nx = normal.x[i]!;
      const ny = normal.y[i]!;
      const nz = normal.z[i]!;
      if (nx * lx + ny * ly + nz * lz <= 0) continue;
      place.x[i] = place.x[i]! + lift * nx;
      place.y[i] = place.y[i]! + lift * ny;
      place.z[i] = place.z[i]! + lift * nz;
      const pixel = asked.pixel[some[i]!]!;
      const y = Math.floor(pixel / side);
      seen[pixel] = shadows.seen(place, i, pixel - y * side, y) ? 1 : 0;
    }
  });
}

/** Where on a chequered field those who were asked sit, around one of them and around another. */
const askedAround = [
  [[1, 1], [-1, 1], [1, -1], [-1, -1], [2, 0], [-2, 0], [0, 2], [0, -2]],
  [[1, 0], [-1, 0], [0, 1], [0, -1], [2, 1], [-2, -1], [1, -2], [-1, 2]],
] as const; // prettier-ignore

/**
 * Averages what the pixels of a neighbourhood saw, over pixels of one object at about one depth.
 * @param seen [side, side]: 0 or 1, {@link unasked}, or -1 where the surface looks away from the
 *   light
 * @param objects [side, side], which object each pixel belongs to
 * @returns [side, side], 0 to 1
 */
function soften(
  seen: Float32Array,
  objects: Int16Array,
  { side, depth }: Visibility,
): Float32Array {
  const soft = new Float32Array(seen.length);
  const reach = side >= 160 ? 3 : 2;
  const last = side - 1;
  const steps = Int32Array.from(askedAround.flat(), ([dx, dy]) => dy * side + dx);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      if (seen[i] === -1) continue;
      if (x > 1 && y > 1 && x < last - 1 && y < last - 1) {
        // Most neighbourhoods are wholly in the sun or in the dark: a few looks tell.
        const around = ((x + y) & 1) * 8;
        const first = seen[i + steps[around]!]!;
        let alike = first >= 0 && (seen[i] === unasked || seen[i] === first);
        for (let k = 1; k < 8 && alike; k++) alike = seen[i + steps[around + k]!] === first;
        if (alike) {
          soft[i] = first;
          continue;
        }
      }
      const object = objects[i]!;
      const near = depth[i]! * (object === ground ? 0.8 : 0.94);
      const far = depth[i]! * (object === ground ? 1.25 : 1.06);
      const top = Math.max(0, y - reach);
      const bottom = Math.min(last, y + reach);
      const left = Math.max(0, x - reach);
      const right = Math.min(last, x + reach);
      let sum = 0;
      let count = 0;
      for (let v = top; v <= bottom; v++) {
        for (let j = v * side + left; j <= v * side + right; j++) {
          const value = seen[j]!;
          if (value < 0 || objects[j] !== object || depth[j]! < near || depth[j]! > far) continue;
          sum += value;
          count++;
        }
      }
      soft[i] = count > 0 ? sum / count : 1;
    }
  }
  return soft;
}
