/** A scene as a picture, and what is in each of its pixels. */
import type { Picture } from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";
import { groundDepth, nearest } from "./camera.ts";
import { groundClass, objectClass, skyClass } from "./classes.ts";
import { expose } from "./lens.ts";
import { drawScene, type Scene, type SceneOptions } from "./scene.ts";
import { Shader, type Radiance } from "./shading.ts";
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
const samples = [
  [-0.125, -0.375],
  [0.375, -0.125],
  [0.125, 0.375],
  [-0.375, 0.125],
] as const;

function paintLight(scene: Scene, visibility: Visibility): Radiance {
  const { side, owner } = visibility;
  const shader = new Shader(scene, visibility);
  const light = new Float32Array(side * side * 3);
  const around = new Int16Array(9);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      const own = owner[i]!;
      const isEdge =
        (x > 0 && owner[i - 1] !== own) ||
        (x + 1 < side && owner[i + 1] !== own) ||
        (y > 0 && owner[i - side] !== own) ||
        (y + 1 < side && owner[i + side] !== own);
      if (!isEdge) {
        shader.shadePixel(x, y);
        light[3 * i] = shader.red;
        light[3 * i + 1] = shader.green;
        light[3 * i + 2] = shader.blue;
        continue;
      }
      const count = ownersAround(visibility, x, y, around);
      for (const [dx, dy] of samples) {
        shadeBetween(shader, visibility, x, y, dx, dy, around, count);
        light[3 * i] = light[3 * i]! + 0.25 * shader.red;
        light[3 * i + 1] = light[3 * i + 1]! + 0.25 * shader.green;
        light[3 * i + 2] = light[3 * i + 2]! + 0.25 * shader.blue;
      }
    }
  }
  return light;
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

function shadeBetween(
  shader: Shader,
  visibility: Visibility,
  x: number,
  y: number,
  dx: number,
  dy: number,
  parts: Int16Array,
  count: number,
): void {
  const { rays, primitives } = visibility;
  const atX = x + 0.5 + dx;
  const atY = y + 0.5 + dy;
  rays.aim(atX, atY);
  const { eye } = rays.camera;
  let best = groundDepth(rays.camera, rays.y);
  let owner = best === Infinity ? sky : ground;
  for (let k = 0; k < count; k++) {
    const { inward: m, origin: o } = primitives[parts[k]!]!;
    const t = primitives[parts[k]!]!.meet(
      m[0] * eye[0] + m[1] * eye[1] + m[2] * eye[2] + o[0],
      m[3] * eye[0] + m[4] * eye[1] + m[5] * eye[2] + o[1],
      m[6] * eye[0] + m[7] * eye[1] + m[8] * eye[2] + o[2],
      m[0] * rays.x + m[1] * rays.y + m[2] * rays.z,
      m[3] * rays.x + m[4] * rays.y + m[5] * rays.z,
      m[6] * rays.x + m[7] * rays.y + m[8] * rays.z,
      nearest,
    );
    if (t >= best) continue;
    best = t;
    owner = parts[k]!;
  }
  shader.shade(owner, best, atX, atY, owner === sky ? 0 : shader.sunlitNear(owner, x, y));
}
