/** A scene as a picture, and what is in each of its pixels. */
import type { Picture } from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";
import { groundDepth } from "./camera.ts";
import { groundClass, objectClass, skyClass } from "./classes.ts";
import { expose, type Radiance } from "./lens.ts";
import { Samples } from "./samples.ts";
import { drawScene, type Scene, type SceneOptions } from "./scene.ts";
import { Shader } from "./shading.ts";
import { findSunlit } from "./sunlit.ts";
import { ground, lookAt, sky, type Visibility } from "./visibility.ts";

/** Everything is [side, side] and holds for the centres of pixels. */
export interface Truth {
  readonly side: number;
  /** Classes, as in classNames. */
  readonly semantic: Uint8Array;
  /** 0 where there is no object; object i of the scene has i + 1. */
  readonly instances: Uint8Array;
  /** Along the direction of view in metres; 0 for sky. */
  readonly depth: Float32Array;
}

export interface Rendering extends Truth {
  readonly picture: Picture;
}

const sides: readonly [number, number] = [16, 2048];

/**
 * The picture of a scene and nothing else, for training.
 * @param side of the picture in pixels, 16 to 2048
 * @throws EngineError "option.invalid"
 */
export function scenePicture(
  seed: number,
  index: number,
  side: number,
  options: SceneOptions = {},
): Picture {
  checkSide(side);
  const scene = drawScene(seed, index, options);
  return paintPicture(scene, lookAt(scene, side), 0);
}

/**
 * @param side of the picture in pixels, 16 to 2048
 * @param frame gives each frame of a sequence a sensor noise of its own
 * @throws EngineError "option.invalid"
 */
export function renderScene(scene: Scene, side: number, frame = 0): Rendering {
  checkSide(side);
  const visibility = lookAt(scene, side);
  return { picture: paintPicture(scene, visibility, frame), ...truthOf(scene, visibility) };
}

/** What is in each pixel, without the picture. */
export function sceneTruth(scene: Scene, side: number): Truth {
  checkSide(side);
  return truthOf(scene, lookAt(scene, side));
}

/** @throws EngineError "option.invalid" for a side that is not 16 to 2048 */
export function checkSide(side: number): void {
  const [low, high] = sides;
  if (Number.isInteger(side) && side >= low && side <= high) return;
  throw new EngineError(
    "option.invalid",
    `The side of a scene's picture must be a whole number of pixels from ${low} to ${high}, not ${side}`,
    { hint: `Give a side of ${low} to ${high}; 224 is usual.` },
  );
}

function truthOf(scene: Scene, { side, owner, depth, primitives }: Visibility): Truth {
  const semantic = new Uint8Array(side * side);
  const instances = new Uint8Array(side * side);
  const metres = new Float32Array(side * side);
  const below = groundClass(scene.ground.name);
  const classes = scene.objects.map(({ name }) => objectClass(name));
  for (let i = 0; i < owner.length; i++) {
    const number = owner[i]!;
    const object = number < 0 ? -1 : primitives[number]!.object;
    semantic[i] = number === sky ? skyClass : number === ground ? below : classes[object]!;
    instances[i] = object + 1;
    metres[i] = number === sky ? 0 : depth[i]!;
  }
  return { side, semantic, instances, depth: metres };
}

function paintPicture(scene: Scene, visibility: Visibility, frame: number): Picture {
  const { side, depth } = visibility;
  const { seed, index, lens } = scene;
  const radiance = paintLight(scene, visibility);
  const grain = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca77) ^ frame) >>> 0;
  const pixels = expose(radiance, depth, side, lens, grain);
  return { name: `scene ${index}`, width: side, height: side, pixels };
}

/** Places within a pixel that are looked at where parts meet: a square, turned a little. */
const between = {
  x: [-0.125, 0.375, 0.125, -0.375],
  y: [-0.375, -0.125, 0.375, 0.125],
} as const;
const betweenCount = between.x.length;

/** So many samples are shaded together; the row that exceeds it is the last. */
const mostSamples = 16384;

function paintLight(scene: Scene, visibility: Visibility): Radiance {
  const { side } = visibility;
  const shader = new Shader(scene, visibility);
  const sunlit = findSunlit(scene, visibility);
  const light = new Float32Array(side * side * 3);
  const samples = Samples.kept("picture", mostSamples + betweenCount * side);
  for (let y = 0; y < side; y++) {
    sampleRow(y, visibility, sunlit, samples);
    if (samples.count < mostSamples && y + 1 < side) continue;
    shader.shade(samples);
    gather(samples, light);
    samples.count = 0;
  }
  return light;
}

/** Adds the samples of pixels up. */
function gather({ count, pixel, share, red, green, blue }: Samples, light: Radiance): void {
  for (let i = 0; i < count; i++) {
    const at = 3 * pixel[i]!;
    const part = share[i]!;
    light[at] = light[at]! + part * red[i]!;
    light[at + 1] = light[at + 1]! + part * green[i]!;
    light[at + 2] = light[at + 2]! + part * blue[i]!;
  }
}

/** One sample for a pixel within a part, several where parts meet. */
function sampleRow(
  y: number,
  visibility: Visibility,
  sunlit: Float32Array,
  samples: Samples,
): void {
  const { side, owner, depth } = visibility;
  for (let x = 0, i = y * side; x < side; x++, i++) {
    const own = owner[i]!;
    const isEdge =
      (x > 0 && owner[i - 1] !== own) ||
      (x + 1 < side && owner[i + 1] !== own) ||
      (y > 0 && owner[i - side] !== own) ||
      (y + 1 < side && owner[i + side] !== own);
    if (!isEdge) samples.add(i, x + 0.5, y + 0.5, own, depth[i]!, sunlit[i]!, 1);
    else sampleEdge(x, y, visibility, sunlit, samples);
  }
}

/** The parts that are seen by a pixel and its neighbours. */
const around = new Int16Array(9);

function sampleEdge(
  x: number,
  y: number,
  visibility: Visibility,
  sunlit: Float32Array,
  samples: Samples,
): void {
  const { rays, primitives, side } = visibility;
  const count = ownersAround(visibility, x, y, around);
  for (let place = 0; place < betweenCount; place++) {
    const atX = x + 0.5 + between.x[place]!;
    const atY = y + 0.5 + between.y[place]!;
    rays.aim(atX, atY);
    let best = groundDepth(rays.camera, rays.y);
    let owner = best === Infinity ? sky : ground;
    for (let k = 0; k < count; k++) {
      const t = rays.meet(primitives[around[k]!]!);
      if (t >= best) continue;
      best = t;
      owner = around[k]!;
    }
    const lit = owner === sky ? 0 : sunlitNear(visibility, sunlit, owner, x, y);
    samples.add(y * side + x, atX, atY, owner, best, lit, 1 / betweenCount);
  }
}

/** Lists the parts seen by a pixel and its neighbours; only they are looked for between them. */
function ownersAround(visibility: Visibility, x: number, y: number, into: Int16Array): number {
  const { side, owner } = visibility;
  let count = 0;
  for (let v = Math.max(0, y - 1); v <= Math.min(side - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(side - 1, x + 1); u++) {
      const found = owner[v * side + u]!;
      let known = found < 0;
      for (let k = 0; k < count && !known; k++) known = into[k] === found;
      if (!known) into[count++] = found;
    }
  }
  return count;
}

/** What the neighbourhood's pixel of this owner sees of the sun, for a place between pixels. */
function sunlitNear(
  { side, owner: owners }: Visibility,
  sunlit: Float32Array,
  owner: number,
  x: number,
  y: number,
): number {
  const bottom = Math.min(side - 1, y + 1);
  const left = Math.max(0, x - 1);
  const right = Math.min(side - 1, x + 1);
  let found = 0;
  for (let v = Math.max(0, y - 1); v <= bottom; v++) {
    for (let i = v * side + left; i <= v * side + right; i++) {
      if (owners[i] === owner && sunlit[i]! > found) found = sunlit[i]!;
    }
  }
  return found;
}
