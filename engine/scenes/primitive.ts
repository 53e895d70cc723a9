/** A part that stands in the world, made ready for rays: the innermost loops of the renderer. */
import { noise, type Points } from "./noise.ts";
import { placed, type Holes, type Knot, type Part, type Shape } from "./shapes.ts";
import type { Coordinates } from "./surface.ts";
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

  /**
   * @param ray origin and direction in the shape's coordinates, six numbers: in an array, because
   *   numbers that are handed to a function one by one are boxed
   * @returns the least distance above `from` at which the ray meets the surface, or Infinity
   */
  meet(ray: Float64Array, from: number): number {
    if (this.shape === "ball") return this.meetBall(ray, from);
    if (this.shape === "solid") return this.meetSolid(ray, from);
    return this.meetTurned(ray, from);
  }

  private meetBall(ray: Float64Array, from: number): number {
    const ox = ray[0]!;
    const oy = ray[1]!;
    const oz = ray[2]!;
    const dx = ray[3]!;
    const dy = ray[4]!;
    const dz = ray[5]!;
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

  private meetSolid(ray: Float64Array, from: number): number {
    const ox = ray[0]!;
    const oy = ray[1]!;
    const oz = ray[2]!;
    const dx = ray[3]!;
    const dy = ray[4]!;
    const dz = ray[5]!;
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

  private meetTurned(ray: Float64Array, from: number): number {
    const ox = ray[0]!;
    const oy = ray[1]!;
    const oz = ray[2]!;
    const dx = ray[3]!;
    const dy = ray[4]!;
    const dz = ray[5]!;
    const a = dx * dx + dz * dz;
    const b = ox * dx + oz * dz;
    const c = ox * ox + oz * oz;
    const { knots, widest } = this;
    const room = b * b - a * (c - widest * widest);
    if (room < 0) return Infinity;
    // From where to where the ray rises while it is near the axis: few rings lie there. The margin
    // is far above what rounding does; where the ray is upright these are no numbers, and all do.
    const middle = oy - (b / a) * dy;
    const rise = Math.abs((Math.sqrt(room) / a) * dy) + 1e-6;
    const lowest = middle - rise;
    const highest = middle + rise;
    let best = Infinity;
    for (let i = 3; i < knots.length; i += 3) {
      const low = knots[i - 2]!;
      const high = knots[i + 1]!;
      if (!(high > low) || high < lowest || low > highest) continue;
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
   * The normals of the shape at points of its surface, in shape coordinates, pointing outward.
   * @param into filled with normals that are not of unit length
   */
  normalsAt(points: Points, into: Coordinates): void {
    if (this.shape === "ball") {
      into.x.set(points.x);
      into.y.set(points.y);
      into.z.set(points.z);
    } else if (this.shape === "solid") this.solidNormals(points, into);
    else this.turnedNormals(points, into);
  }

  private solidNormals({ count, x, y, z }: Points, into: Coordinates): void {
    const { sides } = this;
    for (let k = 0; k < count; k++) {
      let best = -Infinity;
      let side = 0;
      for (let i = 0; i < sides.length; i += 4) {
        const up = sides[i]! * x[k]! + sides[i + 1]! * y[k]! + sides[i + 2]! * z[k]!;
        const out = up - sides[i + 3]!;
        if (out <= best) continue;
        best = out;
        side = i;
      }
      into.x[k] = sides[side]!;
      into.y[k] = sides[side + 1]!;
      into.z[k] = sides[side + 2]!;
    }
  }

  private turnedNormals({ count, x, y, z }: Points, into: Coordinates): void {
    const { knots } = this;
    const last = knots.length - 3;
    const tiny = 1e-6;
    for (let k = 0; k < count; k++) {
      const high = y[k]!;
      const radius = Math.sqrt(x[k]! * x[k]! + z[k]! * z[k]!);
      const onFloor = high <= knots[1]! + tiny && radius < knots[0]! - tiny;
      const onLid = high >= knots[last + 1]! - tiny && radius < knots[last]! - tiny;
      if (!this.open && (onFloor || onLid)) {
        into.x[k] = 0;
        into.y[k] = onLid ? 1 : -1;
        into.z[k] = 0;
        continue;
      }
      let i = 3;
      while (i < last && high > knots[i + 1]!) i += 3;
      const low = knots[i - 2]!;
      const share = Math.min(1, Math.max(0, (high - low) / (knots[i + 1]! - low || 1)));
      const lift = knots[i - 1]! * (1 - share) + knots[i + 2]! * share;
      const flat = Math.sqrt(Math.max(0, 1 - lift * lift)) / (radius || 1);
      into.x[k] = flat * x[k]!;
      into.y[k] = lift;
      into.z[k] = flat * z[k]!;
    }
  }
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
