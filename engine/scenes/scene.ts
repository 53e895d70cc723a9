/** What stands where: a scene of the built-in world, drawn by (seed, index). */
import { Draws } from "../random/draws.ts";
import { Workshop, type Blueprint } from "./blueprint.ts";
import { cameraTowards, project, toCamera, type Camera } from "./camera.ts";
import {
  groundHues,
  groundNames,
  objectClasses,
  objectNames,
  skyHue,
  type GroundName,
  type ObjectName,
} from "./classes.ts";
import { drawMaterial, type Material } from "./materials.ts";
import { Palette } from "./palette.ts";
import { plus, product, rotation, scaling, unit, type Affine, type Vector } from "./vectors.ts";

/** A gathering has several objects of one rank; a portrait has one that dominates. */
export type SceneKind = "gathering" | "portrait";

export interface Standing {
  readonly name: ObjectName;
  readonly blueprint: Blueprint;
  /** Object coordinates to the world's, in metres. */
  readonly place: Affine;
  /** Metres in one unit of the object. */
  readonly size: number;
}

export interface Light {
  /** Towards the light; a unit vector. */
  readonly direction: Vector;
  /** Radius of the light as an angle's tangent: how soft shadows are. */
  readonly spread: number;
  /** Linear RGB. */
  readonly key: Vector;
  readonly sky: Vector;
  readonly horizon: Vector;
  /** Strength of clouds, 0 to 1, and where they begin in the noise. */
  readonly clouds: number;
  readonly phase: number;
}

export interface Lens {
  /** In metres. */
  readonly focus: number;
  /** Blur radius in parts of the side, for a point at infinity with focus at 1 m. */
  readonly aperture: number;
  /** Standard deviation of the sensor's noise, in parts of white. */
  readonly noise: number;
  readonly vignette: number;
  readonly exposure: number;
}

export interface Scene {
  readonly seed: number;
  readonly index: number;
  readonly kind: SceneKind;
  readonly ground: { readonly name: GroundName; readonly material: Material };
  readonly objects: readonly Standing[];
  readonly camera: Camera;
  readonly light: Light;
  readonly lens: Lens;
}

export interface SceneOptions {
  /** Of its own choice: gatherings and portraits about as three to two. */
  readonly kind?: SceneKind | undefined;
  /** The class of the dominant object of a portrait. */
  readonly subject?: ObjectName | undefined;
}

/** Keys of the streams of random numbers, so that each part of a scene can change by itself. */
const streams = { layout: 1, look: 2, object: 3 } as const;

/**
 * @param seed 0 to 2^32 - 1
 * @param index 0 to 2^32 - 1
 */
export function drawScene(seed: number, index: number, options: SceneOptions = {}): Scene {
  const draws = new Draws(seed, index, streams.layout);
  const own: SceneKind = draws.chance(0.6) ? "gathering" : "portrait";
  const kind = options.kind ?? own;
  const camera = drawCamera(draws, kind);

  const look = new Draws(seed, index, streams.look);
  const palette = Palette.of(look);
  const light = drawLight(look, palette);
  const name = groundNames[look.below(groundNames.length)]!;
  const ground = { name, material: drawGround(look, palette, name) };
  const objects = placeObjects(seed, index, kind, camera, draws, palette, options.subject);
  const focusOn = objects[0] ? toCamera(camera, objects[0].place.offset)[2] : 2.5;
  const lens: Lens = {
    focus: focusOn,
    aperture: look.chance(0.6) ? look.between(0.004, 0.016) : 0,
    noise: look.between(0.004, 0.028),
    vignette: look.between(0, 0.35),
    exposure: look.between(0.9, 1.25),
  };
  return { seed, index, kind, ground, objects, camera, light, lens };
}

/** Portraits are taken from where a subject of one metre, the size of all subjects, fills them. */
function drawCamera(draws: Draws, kind: SceneKind): Camera {
  const focal = draws.between(1.15, 1.45);
  const gathering = kind === "gathering";
  const distance = gathering ? draws.between(1.8, 2.4) : focal / draws.between(0.55, 0.78);
  const pitch = gathering ? draws.between(0.24, 0.66) : draws.between(0.14, 0.55);
  const aside = draws.between(-0.1, 0.1);
  const aim: Vector = [aside, gathering ? draws.between(0.1, 0.35) : draws.between(0.34, 0.48), 0];
  const eye = plus(aim, [0, distance * Math.sin(pitch), -distance * Math.cos(pitch)]);
  return cameraTowards(eye, aim, focal, 0.05 * draws.normal());
}

function drawLight(draws: Draws, palette: Palette): Light {
  const height = draws.between(0.45, 1.15);
  // Never straight from behind the scene: faces of objects would all be dark.
  const around = draws.between(-2.1, 2.1);
  const direction = unit([
    Math.sin(around) * Math.cos(height),
    Math.sin(height),
    -Math.cos(around) * Math.cos(height),
  ]);
  const warmth = draws.between(-0.12, 0.2);
  const strength = draws.between(1.5, 2.3);
  const bright = draws.between(0.7, 0.95);
  const air = palette.leaning(skyHue);
  return {
    direction,
    spread: draws.between(0.02, 0.09),
    key: [strength * (1 + warmth), strength, strength * (1 - warmth)],
    sky: air.next([bright - 0.28, bright - 0.05], [0.02, 0.11]),
    horizon: air.next([bright - 0.04, bright + 0.03], [0.01, 0.07]),
    clouds: draws.chance(0.6) ? draws.between(0.3, 0.9) : 0,
    phase: 32 * draws.uniform(),
  };
}

function drawGround(draws: Draws, palette: Palette, name: GroundName): Material {
  const frequency = {
    grass: draws.between(6, 8.5),
    tiles: draws.between(2, 3.6),
    sand: draws.between(3.4, 5.4),
  }[name];
  const first = draws.between(0.42, 0.75);
  const step = draws.between(0.1, 0.2) * (first > 0.58 ? -1 : 1);
  const earth = palette.leaning(groundHues[name]);
  const tone = (at: number): Vector => earth.next([at, at + 0.05], [0.02, 0.1]);
  return drawMaterial(draws, palette, name, {
    frequency,
    colours: [tone(first), tone(first + step), tone(first + 1.6 * step)],
    gloss: name === "tiles" ? draws.between(0.1, 0.7) : 0,
  });
}

/** Puts objects side by side where the camera sees them; the first is the nearest to its aim. */
function placeObjects(
  seed: number,
  index: number,
  kind: SceneKind,
  camera: Camera,
  draws: Draws,
  palette: Palette,
  subject: ObjectName | undefined,
): Standing[] {
  const wanted = kind === "gathering" ? 3 + draws.below(5) : 1 + draws.below(3);
  const taken: { x: number; z: number; radius: number }[] = [];
  const objects: Standing[] = [];
  for (let i = 0; i < wanted; i++) {
    const own = new Draws(seed, index, streams.object, i);
    const drawn = objectNames[own.below(objectNames.length)]!;
    const main = i === 0 && kind === "portrait";
    const name = main ? (subject ?? drawn) : drawn;
    const [low, high] = objectClasses[name].size;
    const size = main
      ? own.between(0.88, 1.05)
      : own.between(low, high) * (kind === "portrait" ? 0.62 : 1);
    const radius = 0.42 * size;
    const spot = main
      ? { x: own.between(-0.1, 0.1), z: own.between(-0.1, 0.1) }
      : freeSpot(own, camera, radius, taken, kind);
    if (!spot) continue;
    taken.push({ ...spot, radius });
    const { build, hue } = objectClasses[name];
    const shop = new Workshop(own, palette.leaning(hue));
    build(shop);
    const shape = product(
      rotation("y", own.between(0, 2 * Math.PI)),
      scaling(
        size * own.between(0.9, 1.12),
        size * own.between(0.88, 1.14),
        size * own.between(0.9, 1.12),
      ),
    );
    const place: Affine = { linear: shape, offset: [spot.x, 0, spot.z] };
    objects.push({ name, blueprint: shop.blueprint(), place, size });
  }
  return objects;
}

function freeSpot(
  draws: Draws,
  camera: Camera,
  radius: number,
  taken: readonly { x: number; z: number; radius: number }[],
  kind: SceneKind,
): { x: number; z: number } | undefined {
  const tries = 24;
  for (let i = 0; i < tries; i++) {
    const x = draws.between(-1.5, 1.5);
    const z = kind === "gathering" ? draws.between(-0.9, 1.25) : draws.between(0.55, 1.7);
    const seen = project(camera, [x, 0.5 * radius, z], 1);
    const inside = seen && seen.x > 0.06 && seen.x < 0.94 && seen.y < 0.93 && seen.depth > 1.35;
    // A little nearer than side by side, so that some hide others.
    const free = taken.every((t) => Math.hypot(t.x - x, t.z - z) > 0.97 * (t.radius + radius));
    if (inside && free) return { x, z };
  }
  return undefined;
}
