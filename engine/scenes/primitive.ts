/** A part that stands in the world, made ready for rays: the innermost loops of the renderer. */
import { noise } from "./noise.ts";
import { placed, type Holes, type Knot, type Part, type Shape } from "./shapes.ts";
import { apply, column, dot, inverse, type Affine, type Matrix, type Vector } from "./vectors.ts";

/**
 * Rays are given in the shape's own coordinates, where a point of the world p is inward p + origin.
 * The map is affine, so a distance along a ray counts the same in both.
 */
export class Primitive {
  readonly shape: Shape["kind"];
  /** World to shape, linear part; normals go back to the world by its transpose. */
  readonly inward: Matrix;
  readonly origin: Vector;
  /** Shape to world. */
  readonly place: Affine;
  /** Half the box around it, about the centre, in shape coordinates. */
  readonly half: Vector;
  /** A sphere around it in the world. */
  readonly centre: Vector;
  readonly radius: number;
  readonly holes: Holes | undefined;
  /** Of a solid: normal and reach of each side, four numbers a side. */
  readonly sides: Float64Array;
  /** Of a turned shape: radius, height and the steepness of its normal, three numbers a knot. */
  readonly knots: Float64Array;
  private readonly widest: number;
  private readonly open: boolean;

  constructor(
    part: Part,
    standing: Affine,
    readonly object: number,
    readonly material: number,
  ) {
    const { shape, place } = placed(part, standing);
    this.shape = shape.kind;
    this.place = place;
    this.inward = inverse(place.linear);
    const back = apply(this.inward, place.offset);
    this.origin = [-back[0], -back[1], -back[2]];
    this.holes = shape.kind === "ball" ? shape.holes : undefined;
    this.sides = new Float64Array(
      shape.kind === "solid" ? shape.sides.flatMap(({ normal, reach }) => [...normal, reach]) : [],
    );
    this.open = shape.kind === "turned" && shape.open;
    this.knots = new Float64Array(shape.kind === "turned" ? shape.profile.length * 3 : 0);
    this.widest = 0;
    let local: Vector = [0, 0, 0];
    let half: Vector = [1, 1, 1];
    let reach = 1;
    if (shape.kind === "turned") {
      const { profile } = shape;
      this.widest = Math.max(...profile.map(([radius]) => radius));
      const low = profile[0]![1];
      const high = profile.at(-1)![1];
      local = [0, 0.5 * (low + high), 0];
      half = [this.widest, 0.5 * (high - low), this.widest];
      reach = Math.hypot(this.widest, 0.5 * (high - low));
      fillKnots(this.knots, profile);
    } else if (shape.kind === "solid") {
      half = shape.half;
      reach = Math.hypot(...half);
    }
    this.half = half;
    const middle = apply(place.linear, local);
    this.centre = [
      middle[0] + place.offset[0],
      middle[1] + place.offset[1],
      middle[2] + place.offset[2],
    ];
    this.radius = reach * stretch(place.linear);
  }

  /** @returns the least distance above `from` at which the ray meets the surface, or Infinity */
  meet(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    from: number,
  ): number {
    if (this.shape === "ball") return this.meetBall(ox, oy, oz, dx, dy, dz, from);
    if (this.shape === "solid") return this.meetSolid(ox, oy, oz, dx, dy, dz, from);
    return this.meetTurned(ox, oy, oz, dx, dy, dz, from);
  }

  private meetBall(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    from: number,
  ): number {
    const a = dx * dx + dy * dy + dz * dz;
    const b = ox * dx + oy * dy + oz * dz;
    const disc = b * b - a * (ox * ox + oy * oy + oz * oz - 1);
    if (disc < 0) return Infinity;
    const root = Math.sqrt(disc);
    const near = (-b - root) / a;
    const far = (-b + root) / a;
    const { holes } = this;
    if (holes === undefined) return near > from ? near : far > from ? far : Infinity;
    if (near > from && isLeaf(holes, ox + near * dx, oy + near * dy, oz + near * dz)) return near;
    if (far > from && isLeaf(holes, ox + far * dx, oy + far * dy, oz + far * dz)) return far;
    return Infinity;
  }

  private meetSolid(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    from: number,
  ): number {
    const { sides } = this;
    let enter = -Infinity;
    let leave = Infinity;
    for (let i = 0; i < sides.length; i += 4) {
      const along = sides[i]! * dx + sides[i + 1]! * dy + sides[i + 2]! * dz;
      const room = sides[i + 3]! - (sides[i]! * ox + sides[i + 1]! * oy + sides[i + 2]! * oz);
      if (along < 0) {
        const t = room / along;
        if (t > enter) enter = t;
      } else if (along > 0) {
        const t = room / along;
        if (t < leave) leave = t;
      } else if (room < 0) return Infinity;
      if (enter > leave) return Infinity;
    }
    return enter > from ? enter : leave > from ? leave : Infinity;
  }

  private meetTurned(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    from: number,
  ): number {
    const a = dx * dx + dz * dz;
    const b = ox * dx + oz * dz;
    const c = ox * ox + oz * oz;
    const { knots, widest } = this;
    if (b * b - a * (c - widest * widest) < 0) return Infinity;
    let best = Infinity;
    for (let i = 3; i < knots.length; i += 3) {
      const low = knots[i - 2]!;
      const high = knots[i + 1]!;
      if (!(high > low)) continue;
      const r0 = knots[i - 3]!;
      const slope = (knots[i]! - r0) / (high - low);
      const r = r0 + slope * (oy - low);
      const widening = slope * dy;
      const qa = a - widening * widening;
      const qb = b - r * widening;
      const disc = qb * qb - qa * (c - r * r);
      if (disc < 0) continue;
      const root = Math.sqrt(disc);
      const t0 = (-qb - root) / qa;
      const t1 = (-qb + root) / qa;
      if (t0 > from && t0 < best) {
        const y = oy + t0 * dy;
        if (y >= low && y <= high && r + widening * t0 >= 0) best = t0;
      }
      if (t1 > from && t1 < best) {
        const y = oy + t1 * dy;
        if (y >= low && y <= high && r + widening * t1 >= 0) best = t1;
      }
    }
    if (this.open || dy === 0) return best;
    for (let end = 0; end < 2; end++) {
      const at = end === 0 ? 0 : knots.length - 3;
      const t = (knots[at + 1]! - oy) / dy;
      if (!(t > from && t < best)) continue;
      const x = ox + t * dx;
      const z = oz + t * dz;
      if (x * x + z * z <= knots[at]! * knots[at]!) best = t;
    }
    return best;
  }

  /**
   * The normal of the shape at a point of its surface, in shape coordinates, pointing outward.
   * @param into filled with three numbers, not of unit length
   */
  normalAt(x: number, y: number, z: number, into: Float64Array): void {
    if (this.shape === "ball") set(into, x, y, z);
    else if (this.shape === "solid") this.solidNormal(x, y, z, into);
    else this.turnedNormal(x, y, z, into);
  }

  private solidNormal(x: number, y: number, z: number, into: Float64Array): void {
    const { sides } = this;
    let best = -Infinity;
    for (let i = 0; i < sides.length; i += 4) {
      const out = sides[i]! * x + sides[i + 1]! * y + sides[i + 2]! * z - sides[i + 3]!;
      if (out > best) {
        best = out;
        set(into, sides[i]!, sides[i + 1]!, sides[i + 2]!);
      }
    }
  }

  private turnedNormal(x: number, y: number, z: number, into: Float64Array): void {
    const { knots } = this;
    const radius = Math.sqrt(x * x + z * z);
    const last = knots.length - 3;
    const tiny = 1e-6;
    const onFloor = y <= knots[1]! + tiny && radius < knots[0]! - tiny;
    const onLid = y >= knots[last + 1]! - tiny && radius < knots[last]! - tiny;
    if (!this.open && (onFloor || onLid)) {
      set(into, 0, onLid ? 1 : -1, 0);
      return;
    }
    let i = 3;
    while (i < last && y > knots[i + 1]!) i += 3;
    const low = knots[i - 2]!;
    const share = Math.min(1, Math.max(0, (y - low) / (knots[i + 1]! - low || 1)));
    const lift = knots[i - 1]! * (1 - share) + knots[i + 2]! * share;
    const flat = Math.sqrt(Math.max(0, 1 - lift * lift)) / (radius || 1);
    set(into, flat * x, lift, flat * z);
  }
}

function set(into: Float64Array, x: number, y: number, z: number): void {
  into[0] = x;
  into[1] = y;
  into[2] = z;
}

function isLeaf({ frequency: f, threshold, phase }: Holes, x: number, y: number, z: number) {
  return noise(f * x + phase, f * y, f * z) < threshold;
}

/** Radius, height, and the upward part of the unit normal, mean of both sides of a knot. */
function fillKnots(into: Float64Array, profile: readonly Knot[]): void {
  const lift = (i: number): number | undefined => {
    const [from, to] = [profile[i], profile[i + 1]];
    if (!from || !to) return undefined;
    const along = Math.hypot(to[0] - from[0], to[1] - from[1]);
    return along === 0 ? undefined : (from[0] - to[0]) / along;
  };
  profile.forEach(([radius, height], i) => {
    const [before, after] = [lift(i - 1), lift(i)];
    const mean =
      before === undefined || after === undefined ? (before ?? after ?? 0) : 0.5 * (before + after);
    into.set([radius, height, mean], 3 * i);
  });
}

/** An upper bound of how much a map lengthens a vector (Gershgorin, of the map's square). */
function stretch(m: Matrix): number {
  const columns = [column(m, 0), column(m, 1), column(m, 2)];
  const rows = columns.map((a) => columns.reduce((sum, b) => sum + Math.abs(dot(a, b)), 0));
  return Math.sqrt(Math.max(...rows));
}
