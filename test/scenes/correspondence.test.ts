/** Points that belong together do: their depth, object and colour agree in both pictures. */
import { expect, test } from "vitest";
import { Workshop } from "../../engine/scenes/blueprint.ts";
import { cameraTowards } from "../../engine/scenes/camera.ts";
import { objectClasses } from "../../engine/scenes/classes.ts";
import {
  instancePair,
  matchViews,
  secondView,
  seenKeypoints,
  viewPair,
} from "../../engine/scenes/correspondence.ts";
import { Palette } from "../../engine/scenes/palette.ts";
import { RayCaster } from "../../engine/scenes/ray-caster.ts";
import { renderScene, sceneTruth, type Rendering } from "../../engine/scenes/render.ts";
import { drawScene, type Scene } from "../../engine/scenes/scene.ts";
import { identity } from "../../engine/scenes/vectors.ts";
import { Draws } from "../../engine/random/draws.ts";

const side = 96;

/** Without what depends on the place in the picture. */
function plain(scene: Scene): Scene {
  return { ...scene, lens: { ...scene.lens, aperture: 0, noise: 0, vignette: 0 } };
}

test("matched points show the same object in both views, in the same colour", () => {
  const differences: number[] = [];
  const shuffled: number[] = [];
  let total = 0;
  for (let index = 0; index < 6; index++) {
    const first = plain(drawScene(21, index));
    const second = plain(secondView(first));
    const one = renderScene(first, side);
    const other = renderScene(second, side);
    const points = matchViews(first, second, one, 40);
    total += points.length;
    points.forEach(({ from, to }, i) => {
      const a = pixelAt(from);
      const b = pixelAt(to);
      expect(one.instances[a]).toBeGreaterThan(0);
      // The nearest pixel's centre may fall beside a thin part; next to it there is the object.
      expect(around(other.instances, b)).toContain(one.instances[a]);
      differences.push(difference(one, a, other, b));
      shuffled.push(difference(one, a, other, pixelAt(points[(i + 7) % points.length]!.to)));
    });
  }
  expect(total).toBeGreaterThan(120);
  // Patterns are finer than a pixel here and there, and gloss moves with the eye: hence the median.
  expect(median(differences)).toBeLessThan(14);
  expect(median(shuffled)).toBeGreaterThan(2.5 * median(differences));
});

test("a match is where the second camera's ray finds the first one's point, and hidden ones are none", () => {
  const first = drawScene(21, 2, { kind: "gathering" });
  const second = secondView(first);
  const truth = sceneTruth(first, side);
  const from = new RayCaster(first, side);
  const to = new RayCaster(second, side);
  for (const point of matchViews(first, second, truth, 60)) {
    const a = from.pointAt(point.from.x, point.from.y)!;
    const b = to.pointAt(point.to.x, point.to.y)!;
    expect(b.object).toBe(a.object);
    // A ten-thousandth of the depth, at most three metres here.
    expect(Math.hypot(...a.point.map((v, i) => v - b.point[i]!))).toBeLessThan(2e-3);
  }
  // From the opposite side nothing of the same surface is left but what both graze.
  const { camera } = first;
  const behind = {
    ...first,
    camera: cameraTowards([-camera.eye[0], camera.eye[1], -camera.eye[2]], [0, 0.2, 0], 1.2),
  };
  const all = matchViews(first, second, truth, 1e9).length;
  expect(matchViews(first, behind, truth, 1e9).length).toBeLessThan(0.6 * all);
});

test("a pair of views says what its points are measured by, and where the first may lie", () => {
  const pair = viewPair(21, 4, side, 20);
  expect(pair.unit).toBe(side);
  expect(pair.points.length).toBeLessThanOrEqual(20);
  for (const { from } of pair.points) expect(pair.object![pixelAt(from)]).toBe(1);
  expect(viewPair(21, 4, side, 20)).toEqual(pair);
  expect(pair.first.pixels).not.toEqual(pair.second.pixels);
});

test("of a fish seen from its right, the right eye is seen and the left is not", () => {
  const scene = drawScene(21, 0);
  const shop = new Workshop(new Draws(1, 2), Palette.of(new Draws(1, 3)));
  objectClasses.fish.build(shop);
  const fish = {
    name: "fish",
    blueprint: shop.blueprint(),
    place: { linear: identity, offset: [0, 0, 0] },
    size: 1,
  } as const;
  const from = (z: number) => {
    const camera = cameraTowards([0, 0.5, z], [0, 0.3, 0], 1.3);
    const seen = seenKeypoints(new RayCaster({ ...scene, objects: [fish], camera }, side), 0);
    return new Map(seen.map(({ name, x, y }) => [name, { x, y }]));
  };
  const right = from(2);
  expect([...right.keys()].sort()).toEqual(
    ["back fin", "lower tail", "mouth", "right eye", "upper tail"].sort(),
  );
  // It looks along +x, which is to the left from here.
  expect(right.get("mouth")!.x).toBeLessThan(right.get("upper tail")!.x);
  expect(right.get("upper tail")!.y).toBeLessThan(right.get("lower tail")!.y);
  const left = from(-2);
  expect(left.has("left eye")).toBe(true);
  expect(left.has("right eye")).toBe(false);
  expect(left.get("mouth")!.x).toBeGreaterThan(left.get("upper tail")!.x);
  // Another fish before it hides it all.
  const screen = { ...fish, place: { linear: identity, offset: [0, 0, 1] } } as const;
  const camera = cameraTowards([0, 0.3, 2.5], [0, 0.3, 0], 1.3);
  const hidden = new RayCaster({ ...scene, objects: [fish, screen], camera }, side);
  expect(seenKeypoints(hidden, 0).map(({ name }) => name)).not.toContain("mouth");
});

test("two instances of a class share at least three keypoints, inside their pictures", () => {
  for (let index = 0; index < 11; index++) {
    const { points, unit, first, second, object } = instancePair(22, index, side);
    expect(points.length).toBeGreaterThanOrEqual(3);
    expect(unit).toBeGreaterThan(0.2 * side);
    expect(unit).toBeLessThanOrEqual(side);
    expect(first.pixels).not.toEqual(second.pixels);
    // A keypoint may miss its object's outline by a pixel.
    for (const { from, to } of points) {
      expect(around(object!, pixelAt(from))).toContain(1);
      for (const value of [from.x, from.y, to.x, to.y]) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(side);
      }
    }
  }
});

function pixelAt({ x, y }: { x: number; y: number }): number {
  return Math.floor(y) * side + Math.floor(x);
}

function around(mask: Uint8Array, pixel: number): number[] {
  return [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => mask[pixel + dy * side + dx] ?? 0));
}

function difference(one: Rendering, a: number, other: Rendering, b: number): number {
  return Math.max(
    ...[0, 1, 2].map((c) =>
      Math.abs(one.picture.pixels[3 * a + c]! - other.picture.pixels[3 * b + c]!),
    ),
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
