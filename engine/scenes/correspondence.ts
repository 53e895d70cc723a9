/** Points that belong together: in two views of a scene, and on two instances of a class. */
import type { Box, MatchedPair, Point } from "../labels/labelled.ts";
import { Draws } from "../random/draws.ts";
import { boxesOf } from "./boxes.ts";
import { cameraTowards } from "./camera.ts";
import { objectNames, type ObjectName } from "./classes.ts";
import { RayCaster } from "./ray-caster.ts";
import { renderScene, type Rendering } from "./render.ts";
import { drawScene, type Scene } from "./scene.ts";
import { applyAffine, minus, plus, apply, length, rotation, type Vector } from "./vectors.ts";

/** Keys of the streams of random numbers of pairs, apart from those of scenes. */
const streams = { camera: 11, points: 12, instances: 13 } as const;

/** A surface point is the same in both views if it is so near, in parts of its depth. */
const sameDepth = 1e-4;

/**
 * The same scene from elsewhere: the camera goes round what it looks at by 10 to 35 degrees, and
 * nearer or farther by up to a sixth.
 */
export function secondView(scene: Scene): Scene {
  const draws = new Draws(scene.seed, scene.index, streams.camera);
  const { camera } = scene;
  const centre = middleOf(scene);
  const angle = draws.between(0.17, 0.61) * (draws.chance(0.5) ? 1 : -1);
  const away = apply(rotation("y", angle), minus(camera.eye, centre));
  const distance = draws.between(0.85, 1.17);
  const raised: Vector = [away[0], away[1] * draws.between(0.8, 1.25), away[2]];
  const scaled = raised.map((value) => value * distance) as unknown as Vector;
  const eye = plus(centre, scaled);
  const lowest = 0.3;
  const lifted: Vector = [eye[0], Math.max(lowest, eye[1]), eye[2]];
  const moved = cameraTowards(lifted, centre, camera.focal, 0.05 * draws.normal());
  const focus = length(minus(lifted, centre));
  return { ...scene, camera: moved, lens: { ...scene.lens, focus } };
}

function middleOf({ objects }: Scene): Vector {
  const count = Math.max(1, objects.length);
  const sum = objects.reduce<Vector>((total, { place }) => plus(total, place.offset), [0, 0, 0]);
  return [sum[0] / count, 0.3, sum[2] / count];
}

/**
 * Two views of a scene, and points of its objects that both see.
 * @param side of the pictures in pixels
 * @param count of points at most; there are fewer where the views share little
 */
export function viewPair(seed: number, index: number, side: number, count = 64): MatchedPair {
  const first = drawScene(seed, index);
  const second = secondView(first);
  const one = renderScene(first, side);
  const other = renderScene(second, side, 1);
  const object = one.instances.map((instance) => (instance > 0 ? 1 : 0));
  const points = matchViews(first, second, one, count);
  return { first: one.picture, second: other.picture, points, unit: side, object };
}

/** Random pixels of the first view's objects whose points the second view sees too. */
export function matchViews(
  first: Scene,
  second: Scene,
  { instances, side }: Pick<Rendering, "instances" | "side">,
  count: number,
): { from: Point; to: Point }[] {
  const draws = new Draws(first.seed, first.index, streams.points);
  const pixels: number[] = [];
  for (let i = 0; i < instances.length; i++) if (instances[i]! > 0) pixels.push(i);
  draws.shuffle(pixels);
  const from = new RayCaster(first, side);
  const to = new RayCaster(second, side);
  const points: { from: Point; to: Point }[] = [];
  for (const pixel of pixels) {
    if (points.length === count) break;
    const place = { x: (pixel % side) + 0.5, y: Math.floor(pixel / side) + 0.5 };
    const seen = from.pointAt(place.x, place.y);
    if (!seen) continue;
    const near = sameDepth * seen.depth;
    const found = to.find(seen.point, seen.object, { before: near, behind: near });
    if (found) points.push({ from: place, to: found });
  }
  return points;
}

/** A keypoint of an object where the picture shows it. */
export interface SeenKeypoint extends Point {
  readonly name: string;
}

/** The keypoints of one object that are seen. */
export function seenKeypoints(caster: RayCaster, object: number): SeenKeypoint[] {
  const { blueprint, place, size } = caster.scene.objects[object]!;
  return blueprint.keypoints.flatMap(({ name, at, slack }) => {
    const point = applyAffine(place, at);
    const found = caster.find(point, object, { before: slack * size, behind: 0.06 * size }, 1);
    return found ? [{ name, ...found }] : [];
  });
}

/** Fewer common keypoints than this do not make a pair. */
const fewest = 3;
const tries = 12;

/**
 * Two portraits of different instances of one class, and the keypoints that both show. Classes
 * take turns: index i has class i modulo their number, without those that have few keypoints.
 * @param side of the pictures in pixels
 */
export function instancePair(seed: number, index: number, side: number): MatchedPair {
  const subject = pairedClasses[index % pairedClasses.length]!;
  let best: { first: Scene; second: Scene; points: { from: Point; to: Point }[] } | undefined;
  for (let i = 0; i < tries && (best?.points.length ?? 0) < fewest; i++) {
    const draws = new Draws(seed, index, streams.instances, i);
    const [a, b] = [draws.below(2 ** 32), draws.below(2 ** 32)];
    const first = drawScene(seed, a, { kind: "portrait", subject });
    const second = drawScene(seed, b, { kind: "portrait", subject });
    const points = matchInstances(first, second, side);
    if (!best || points.length > best.points.length) best = { first, second, points };
  }
  const { first, second, points } = best!;
  const one = renderScene(first, side);
  const other = renderScene(second, side);
  const box = boxesOf(other).find(({ instance }) => instance === 1)?.box ?? whole(side);
  const object = one.instances.map((instance) => (instance === 1 ? 1 : 0));
  const unit = Math.max(box.w, box.h);
  return { first: one.picture, second: other.picture, points, unit, object };
}

function matchInstances(first: Scene, second: Scene, side: number) {
  const seen = seenKeypoints(new RayCaster(second, side), 0);
  return seenKeypoints(new RayCaster(first, side), 0).flatMap((from) => {
    const to = seen.find(({ name }) => name === from.name);
    return to ? [{ from: { x: from.x, y: from.y }, to: { x: to.x, y: to.y } }] : [];
  });
}

/** A ball has two keypoints, and those are hardly ever seen together. */
const pairedClasses: readonly ObjectName[] = objectNames.filter((name) => name !== "ball");

function whole(side: number): Box {
  return { x: 0, y: 0, w: side, h: side };
}
