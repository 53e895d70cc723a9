/** The three shapes that objects are built of, and what a builder of objects says about each. */
import {
  apply,
  identity,
  minus,
  length,
  product,
  scaling,
  uprightTo,
  type Affine,
  type Matrix,
  type Vector,
} from "./vectors.ts";

/** A flat side: the shape lies where normal . p <= reach. */
export interface Side {
  readonly normal: Vector;
  readonly reach: number;
}

export type Shape =
  /** The unit ball. With holes, only its skin is there, and of that only where leaves are. */
  | { readonly kind: "ball"; readonly holes: Holes | undefined }
  /** Turned about the y axis: radius by height, from the bottom up. Corners where a point repeats. */
  | { readonly kind: "turned"; readonly profile: readonly Knot[]; readonly open: boolean }
  | { readonly kind: "solid"; readonly sides: readonly Side[]; readonly half: Vector };

/** Noise of this frequency above the threshold is air. */
export interface Holes {
  readonly frequency: number;
  readonly threshold: number;
  readonly phase: number;
}

export type Knot = readonly [radius: number, height: number];

/** A shape in its place in the object, of one of the object's materials. */
export interface Part {
  readonly shape: Shape;
  /** From the shape's coordinates to the object's. */
  readonly place: Affine;
  readonly material: number;
}

/** An ellipsoid. */
export function ball(
  material: number,
  centre: Vector,
  radii: Vector,
  turn: Matrix = identity,
  holes?: Holes,
): Part {
  const place = { linear: product(turn, scaling(...radii)), offset: centre };
  return { shape: { kind: "ball", holes }, place, material };
}

/** A box by its centre and half its edges. */
export function box(material: number, centre: Vector, half: Vector, turn: Matrix = identity): Part {
  const sides: Side[] = [];
  for (const axis of [0, 1, 2] as const) {
    for (const sign of [1, -1]) {
      const normal: [number, number, number] = [0, 0, 0];
      normal[axis] = sign;
      sides.push({ normal, reach: half[axis] });
    }
  }
  return solid(material, sides, half, centre, turn);
}

/** @param half reaches at least as far as the sides do, along each axis */
export function solid(
  material: number,
  sides: readonly Side[],
  half: Vector,
  centre: Vector,
  turn: Matrix = identity,
): Part {
  return {
    shape: { kind: "solid", sides, half },
    place: { linear: turn, offset: centre },
    material,
  };
}

/** @param options open: without lids, so that one sees into it */
export function turned(
  material: number,
  profile: readonly Knot[],
  options: { centre?: Vector; turn?: Matrix; open?: boolean } = {},
): Part {
  return {
    shape: { kind: "turned", profile, open: options.open ?? false },
    place: { linear: options.turn ?? identity, offset: options.centre ?? [0, 0, 0] },
    material,
  };
}

/** A limb with round ends, of one radius here and another there. */
export function limb(
  material: number,
  from: Vector,
  to: Vector,
  fromRadius: number,
  toRadius: number,
): Part {
  const along = minus(to, from);
  const reach = length(along);
  const profile: Knot[] = [];
  const steps = 3;
  for (let i = 0; i <= steps; i++) {
    const angle = (i / steps) * (Math.PI / 2);
    profile.push([fromRadius * Math.sin(angle), -fromRadius * Math.cos(angle)]);
  }
  for (let i = 0; i <= steps; i++) {
    const angle = (i / steps) * (Math.PI / 2);
    profile.push([toRadius * Math.cos(angle), reach + toRadius * Math.sin(angle)]);
  }
  return turned(material, profile, { centre: from, turn: uprightTo(along) });
}

/** A smooth profile through a few points (Catmull and Rom). */
export function smoothProfile(knots: readonly Knot[], stepsBetween = 3): Knot[] {
  const at = (i: number) => knots[Math.min(knots.length - 1, Math.max(0, i))]!;
  const profile: Knot[] = [];
  for (let i = 0; i + 1 < knots.length; i++) {
    for (let step = 0; step < stepsBetween; step++) {
      const t = step / stepsBetween;
      const along = (axis: 0 | 1) => {
        const [a, b, c, d] = [at(i - 1)[axis], at(i)[axis], at(i + 1)[axis], at(i + 2)[axis]];
        const slope = c - a;
        const bend = 2 * a - 5 * b + 4 * c - d;
        return b + 0.5 * t * (slope + t * (bend + t * (3 * b - a - 3 * c + d)));
      };
      profile.push([Math.max(0, along(0)), along(1)]);
    }
  }
  profile.push(at(knots.length - 1));
  return profile;
}

/** The upper or lower half of an ellipsoid of revolution, for caps and domes. */
export function domeProfile(radius: number, height: number, from: number, steps = 5): Knot[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = (i / steps) * (Math.PI / 2);
    return [radius * Math.cos(angle), from + height * Math.sin(angle)] as const;
  });
}

/** Resizes a part with its object. */
export function placed(part: Part, object: Affine): Part {
  const { linear, offset } = part.place;
  const moved = apply(object.linear, offset);
  return {
    ...part,
    place: {
      linear: product(object.linear, linear),
      offset: [
        moved[0] + object.offset[0],
        moved[1] + object.offset[1],
        moved[2] + object.offset[2],
      ],
    },
  };
}
