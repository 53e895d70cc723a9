/** How much of the light each visible point sees: one ray a pixel to a point of a soft light. */
import { ground, type Visibility } from "./visibility.ts";
import type { Primitive } from "./primitive.ts";
import type { Scene } from "./scene.ts";
import { apply, cross, plus, times, unit, type Vector } from "./vectors.ts";

/** Points of the light in a pattern of so many by so many pixels. */
const patternSide = 4;

/** How far a shadow ray starts above its surface, in metres. */
const lift = 0.004;

/** An object's primitives within a sphere. */
interface Group {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly radius: number;
  readonly square: number;
  readonly members: readonly Caster[];
}

/** Plain fields of its own: this is read for every pixel. */
class Caster {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly square: number;
  /** Directions to the points of the light in the shape's coordinates, three numbers each. */
  readonly directions: Float64Array;

  constructor(
    readonly primitive: Primitive,
    lights: readonly Vector[],
  ) {
    const { centre, radius, inward } = primitive;
    [this.x, this.y, this.z] = centre;
    this.square = radius * radius;
    this.directions = Float64Array.from(lights.flatMap((light) => apply(inward, light)));
  }
}

export class Shadows {
  /** Three numbers for each point of the light. */
  private readonly directions: Float64Array;
  private readonly groups: readonly Group[];

  constructor(scene: Scene, primitives: readonly Primitive[]) {
    const { direction, spread } = scene.light;
    const across = unit(cross(direction, [0.3, 0.1, 1]));
    const along = cross(direction, across);
    const count = patternSide ** 2;
    // Points evenly over a disc: a sunflower, taken in an order that scatters neighbours.
    const lights = Array.from({ length: count }, (_, i) => {
      const seat = (i * 7 + 3) % count;
      const out = spread * Math.sqrt((seat + 0.5) / count);
      const angle = seat * 2.399963;
      return unit(
        plus(
          direction,
          plus(times(across, out * Math.cos(angle)), times(along, out * Math.sin(angle))),
        ),
      );
    });
    this.directions = Float64Array.from(lights.flat());
    this.groups = scene.objects.map((_, object) => {
      const own = primitives.filter((primitive) => primitive.object === object);
      return groupOf(own, lights);
    });
  }

  /**
   * @param pixel x and y say which point of the light is asked
   * @returns 1 where the light is seen, else 0
   */
  seen(x: number, y: number, z: number, pixelX: number, pixelY: number): number {
    // Along the diagonals, because every other pixel asks.
    const u = (pixelX + pixelY) >> 1;
    const v = (pixelX - pixelY) >> 1;
    const which = 3 * ((u & (patternSide - 1)) + patternSide * (v & (patternSide - 1)));
    const lx = this.directions[which]!;
    const ly = this.directions[which + 1]!;
    const lz = this.directions[which + 2]!;
    for (let g = 0; g < this.groups.length; g++) {
      const group = this.groups[g]!;
      const cx = group.x - x;
      const cy = group.y - y;
      const cz = group.z - z;
      const along = cx * lx + cy * ly + cz * lz;
      const apart = cx * cx + cy * cy + cz * cz - along * along;
      if (apart > group.square || along < -group.radius) continue;
      const { members } = group;
      for (let k = 0; k < members.length; k++) {
        const caster = members[k]!;
        const px = caster.x - x;
        const py = caster.y - y;
        const pz = caster.z - z;
        const ahead = px * lx + py * ly + pz * lz;
        const square = px * px + py * py + pz * pz;
        if (square - ahead * ahead > caster.square) continue;
        if (ahead < 0 && square > caster.square) continue;
        const { primitive, directions } = caster;
        const m = primitive.inward;
        const o = primitive.origin;
        const ox = m[0] * x + m[1] * y + m[2] * z + o[0];
        const oy = m[3] * x + m[4] * y + m[5] * z + o[1];
        const oz = m[6] * x + m[7] * y + m[8] * z + o[2];
        const dx = directions[which]!;
        const dy = directions[which + 1]!;
        const dz = directions[which + 2]!;
        if (primitive.meet(ox, oy, oz, dx, dy, dz, lift) < Infinity) return 0;
      }
    }
    return 1;
  }
}

function groupOf(primitives: readonly Primitive[], lights: readonly Vector[]): Group {
  const centre = times(
    primitives.reduce<Vector>((sum, { centre: c }) => plus(sum, c), [0, 0, 0]),
    1 / primitives.length,
  );
  const radius = Math.max(
    ...primitives.map(
      ({ centre: c, radius: r }) =>
        r + Math.hypot(c[0] - centre[0], c[1] - centre[1], c[2] - centre[2]),
    ),
  );
  const [x, y, z] = centre;
  // The largest first: they hide the light most often. The smallest throw no shadow worth a ray.
  const members = primitives
    .filter((primitive) => primitive.radius > 0.12 * radius)
    .sort((a, b) => b.radius - a.radius)
    .map((primitive) => new Caster(primitive, lights));
  return { x, y, z, radius, square: radius * radius, members };
}

/** Not asked: of two neighbours on a smooth surface only one is. */
export const unasked = -2;

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
export function soften(
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
      let sum = 0;
      let count = 0;
      for (let v = Math.max(0, y - reach); v <= Math.min(last, y + reach); v++) {
        for (let u = Math.max(0, x - reach); u <= Math.min(last, x + reach); u++) {
          const j = v * side + u;
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
