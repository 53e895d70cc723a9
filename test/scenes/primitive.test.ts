/** Rays meet shapes where a march in small steps through the inside of the shape finds them. */
import { expect, test } from "vitest";
import { Draws } from "../../engine/random/draws.ts";
import { Primitive } from "../../engine/scenes/primitive.ts";
import {
  ball,
  box,
  limb,
  smoothProfile,
  turned,
  type Knot,
  type Part,
} from "../../engine/scenes/shapes.ts";
import {
  apply,
  applyAffine,
  dot,
  plus,
  product,
  rotation,
  scaling,
  times,
  unit,
  type Affine,
  type Vector,
} from "../../engine/scenes/vectors.ts";

const standing: Affine = {
  linear: product(rotation("y", 0.7), scaling(0.8, 1.2, 0.9)),
  offset: [0.3, 0.1, -0.2],
};

const vaseProfile: readonly Knot[] = smoothProfile([
  [0.2, -0.5],
  [0.45, -0.1],
  [0.12, 0.4],
  [0.25, 0.6],
]);

/** Shapes, and whether a point in the shape's own coordinates is inside, said once more. */
const shapes: Record<string, { part: Part; inside(p: Vector): boolean }> = {
  ball: {
    part: ball(0, [0.1, 0.2, 0], [0.5, 0.3, 0.4], rotation("z", 0.4)),
    inside: (p) => dot(p, p) < 1,
  },
  box: {
    part: box(0, [0, 0.1, 0.2], [0.5, 0.2, 0.3], rotation("x", 0.5)),
    inside: ([x, y, z]) => Math.abs(x) < 0.5 && Math.abs(y) < 0.2 && Math.abs(z) < 0.3,
  },
  vase: {
    part: turned(0, vaseProfile),
    inside: insideOf(vaseProfile),
  },
  limb: {
    part: limb(0, [0, 0, 0], [0.3, 0.4, 0.2], 0.2, 0.1),
    inside: insideOf(profileOf(limb(0, [0, 0, 0], [0.3, 0.4, 0.2], 0.2, 0.1))),
  },
};

function profileOf({ shape }: Part): readonly Knot[] {
  if (shape.kind !== "turned") throw new Error("a limb is turned");
  return shape.profile;
}

function insideOf(profile: readonly Knot[]): (p: Vector) => boolean {
  return ([x, y, z]) => {
    for (let i = 0; i + 1 < profile.length; i++) {
      const [[r0, y0], [r1, y1]] = [profile[i]!, profile[i + 1]!];
      if (y < y0 || y >= y1) continue;
      return Math.hypot(x, z) < r0 + ((r1 - r0) * (y - y0)) / (y1 - y0);
    }
    return false;
  };
}

function drawRay(draws: Draws, aim: Vector): { from: Vector; along: Vector } {
  const from = plus(aim, times(unit([draws.normal(), draws.normal(), draws.normal()]), 3));
  const to = plus(aim, [0.3 * draws.normal(), 0.3 * draws.normal(), 0.3 * draws.normal()]);
  return { from, along: unit(plus(to, times(from, -1))) };
}

function meet(primitive: Primitive, from: Vector, along: Vector): number {
  const origin = plus(apply(primitive.inward, from), primitive.origin);
  return primitive.meet(Float64Array.of(...origin, ...apply(primitive.inward, along)), 0);
}

test.each(Object.entries(shapes))("a ray meets a %s where a march finds it", (_, found) => {
  const primitive = new Primitive(found.part, standing, 0, 0);
  const draws = new Draws(3, 1);
  let hits = 0;
  for (let i = 0; i < 400; i++) {
    const { from, along } = drawRay(draws, primitive.centre);
    const t = meet(primitive, from, along);
    const step = 0.004;
    let marched = Infinity;
    for (let s = 0; s < 6 && marched === Infinity; s += step) {
      const local = plus(apply(primitive.inward, plus(from, times(along, s))), primitive.origin);
      if (found.inside(local)) marched = s;
    }
    // The march overlooks a grazed corner that is thinner than a step; it never finds too much.
    if (marched === Infinity) {
      if (t < Infinity) expect(isThin(primitive, found.inside, from, along, t, step)).toBe(true);
      continue;
    }
    hits++;
    expect(t).toBeGreaterThan(marched - 1.01 * step - 1e-9);
    expect(t).toBeLessThanOrEqual(marched + 1e-9);
  }
  expect(hits).toBeGreaterThan(80);
});

function isThin(
  primitive: Primitive,
  inside: (p: Vector) => boolean,
  from: Vector,
  along: Vector,
  t: number,
  step: number,
): boolean {
  const end = plus(from, times(along, t + 1.01 * step));
  return !inside(plus(apply(primitive.inward, end), primitive.origin));
}

function pointAt([x, y, z]: Vector) {
  return { count: 1, x: Float64Array.of(x), y: Float64Array.of(y), z: Float64Array.of(z) };
}

test.each(Object.entries(shapes))("the normal of a %s points to where it ends", (_, found) => {
  const primitive = new Primitive(found.part, standing, 0, 0);
  const draws = new Draws(3, 2);
  const normal = pointAt([0, 0, 0]);
  for (let i = 0; i < 200; i++) {
    const { from, along } = drawRay(draws, primitive.centre);
    const t = meet(primitive, from, along);
    if (t === Infinity) continue;
    const p = plus(apply(primitive.inward, plus(from, times(along, t))), primitive.origin);
    primitive.normalsAt(pointAt(p), normal);
    const n = unit([normal.x[0]!, normal.y[0]!, normal.z[0]!]);
    // Normals of turned shapes are smoothed between rings, so a small step may graze.
    const out = 0.02;
    expect(found.inside(plus(p, times(n, out)))).toBe(false);
    expect(found.inside(plus(p, times(n, -out)))).toBe(true);
  }
});

test("a sphere around every shape holds all of it", () => {
  const draws = new Draws(3, 3);
  for (const { part } of Object.values(shapes)) {
    const primitive = new Primitive(part, standing, 0, 0);
    for (let i = 0; i < 100; i++) {
      const { from, along } = drawRay(draws, primitive.centre);
      const t = meet(primitive, from, along);
      if (t === Infinity) continue;
      const p = plus(from, times(along, t));
      expect(Math.hypot(...plus(p, times(primitive.centre, -1)))).toBeLessThanOrEqual(
        primitive.radius + 1e-9,
      );
    }
  }
});

test("leaves leave holes: rays through a skin with holes go on to what is behind", () => {
  const holes = { frequency: 4, threshold: 0.5, phase: 3 };
  const skin = new Primitive(ball(0, [0, 0, 0], [1, 1, 1], undefined, holes), standing, 0, 0);
  const whole = new Primitive(ball(0, [0, 0, 0], [1, 1, 1]), standing, 0, 0);
  const draws = new Draws(3, 4);
  const counts = { front: 0, back: 0, through: 0 };
  for (let i = 0; i < 400; i++) {
    const { from, along } = drawRay(draws, skin.centre);
    const first = meet(whole, from, along);
    if (first === Infinity) continue;
    const t = meet(skin, from, along);
    if (t === first) counts.front++;
    else if (t === Infinity) counts.through++;
    else counts.back++;
    expect(t).toBeGreaterThanOrEqual(first);
  }
  expect(Math.min(counts.front, counts.back, counts.through)).toBeGreaterThan(30);
  expect(applyAffine(standing, [0, 0, 0])).toEqual(standing.offset);
});
