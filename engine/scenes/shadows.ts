/** How much of the light each visible point sees: one ray a pixel to a point of a soft light. */
import type { Primitive } from "./primitive.ts";
import type { Scene } from "./scene.ts";
import type { Coordinates } from "./surface.ts";
import { cross, plus, times, unit, type Vector } from "./vectors.ts";

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
    lights: Float64Array,
  ) {
    const { centre, radius, inward } = primitive;
    [this.x, this.y, this.z] = centre;
    this.square = radius * radius;
    this.directions = new Float64Array(lights.length);
    for (let i = 0; i < lights.length; i += 3) {
      const x = lights[i]!;
      const y = lights[i + 1]!;
      const z = lights[i + 2]!;
      this.directions[i] = inward[0] * x + inward[1] * y + inward[2] * z;
      this.directions[i + 1] = inward[3] * x + inward[4] * y + inward[5] * z;
      this.directions[i + 2] = inward[6] * x + inward[7] * y + inward[8] * z;
    }
  }
}

export class Shadows {
  /** Three numbers for each point of the light. */
  private readonly directions: Float64Array;
  private readonly groups: readonly Group[];
  private readonly ray = new Float64Array(6);

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
      return groupOf(own, this.directions);
    });
  }

  /**
   * Whether the light is seen from a place.
   * @param number of the place among these
   * @param pixelX, pixelY say which point of the light is asked
   */
  seen(places: Coordinates, number: number, pixelX: number, pixelY: number): boolean {
    const x = places.x[number]!;
    const y = places.y[number]!;
    const z = places.z[number]!;
    // Along the diagonals, because every other pixel asks.
    const u = (pixelX + pixelY) >> 1;
    const v = (pixelX - pixelY) >> 1;
    const which = 3 * ((u & (patternSide - 1)) + patternSide * (v & (patternSide - 1)));
    const lx = this.directions[which]!;
    const ly = this.directions[which + 1]!;
    const lz = this.directions[which + 2]!;
    const { ray } = this;
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
        ray[0] = m[0] * x + m[1] * y + m[2] * z + o[0];
        ray[1] = m[3] * x + m[4] * y + m[5] * z + o[1];
        ray[2] = m[6] * x + m[7] * y + m[8] * z + o[2];
        ray[3] = directions[which]!;
        ray[4] = directions[which + 1]!;
        ray[5] = directions[which + 2]!;
        if (primitive.meet(ray, lift) < Infinity) return false;
      }
    }
    return true;
  }
}

function groupOf(primitives: readonly Primitive[], lights: Float64Array): Group {
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
