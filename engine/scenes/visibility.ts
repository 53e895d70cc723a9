/** What is seen at the centre of every pixel: depth, and which part of which object. */
import { groundDepth, nearest, toCamera, type Camera } from "./camera.ts";
import { Primitive } from "./primitive.ts";
import type { Scene } from "./scene.ts";
import { apply, column, plus, times, type Matrix, type Vector } from "./vectors.ts";

/** Owners of pixels that no part owns. */
export const sky = -1;
export const ground = -2;

export interface Visibility {
  readonly side: number;
  readonly primitives: readonly Primitive[];
  /** [side, side], along the direction of view in metres; Infinity for sky. */
  readonly depth: Float64Array;
  /** [side, side], a number of a primitive, {@link sky} or {@link ground}. */
  readonly owner: Int16Array;
  readonly rays: Rays;
}

/** Directions of view: one unit of depth long. */
export class Rays {
  x = 0;
  y = 0;
  z = 0;
  private readonly axes: Matrix;
  /** Width of a pixel at a depth of one metre. */
  readonly pixel: number;
  private readonly middle: number;
  private readonly ray = new Float64Array(6);

  constructor(
    readonly camera: Camera,
    side: number,
  ) {
    this.axes = camera.axes;
    this.pixel = 1 / (side * camera.focal);
    this.middle = 0.5 * side;
  }

  /** Sets x, y and z to the direction through a place in the picture, in pixels. */
  aim(x: number, y: number): void {
    const { axes } = this;
    const right = (x - this.middle) * this.pixel;
    const down = (y - this.middle) * this.pixel;
    this.x = axes[0] * right + axes[1] * down + axes[2];
    this.y = axes[3] * right + axes[4] * down + axes[5];
    this.z = axes[6] * right + axes[7] * down + axes[8];
  }

  /** Depth at which a part is met, or Infinity. */
  meet(primitive: Primitive): number {
    const { inward: m, origin: o } = primitive;
    const { eye } = this.camera;
    const { x, y, z, ray } = this;
    ray[0] = m[0] * eye[0] + m[1] * eye[1] + m[2] * eye[2] + o[0];
    ray[1] = m[3] * eye[0] + m[4] * eye[1] + m[5] * eye[2] + o[1];
    ray[2] = m[6] * eye[0] + m[7] * eye[1] + m[8] * eye[2] + o[2];
    ray[3] = m[0] * x + m[1] * y + m[2] * z;
    ray[4] = m[3] * x + m[4] * y + m[5] * z;
    ray[5] = m[6] * x + m[7] * y + m[8] * z;
    return primitive.meet(ray, nearest);
  }
}

export function primitivesOf(scene: Scene): Primitive[] {
  return scene.objects.flatMap(({ blueprint, place }, object) =>
    blueprint.parts.map((part) => new Primitive(part, place, object, part.material)),
  );
}

/** @param side of the picture in pixels */
export function lookAt(scene: Scene, side: number): Visibility {
  const { camera } = scene;
  const depth = new Float64Array(side * side).fill(Infinity);
  const owner = new Int16Array(side * side).fill(sky);
  const rays = new Rays(camera, side);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      rays.aim(x + 0.5, y + 0.5);
      const t = groundDepth(camera, rays.y);
      if (t === Infinity) continue;
      depth[i] = t;
      owner[i] = ground;
    }
  }
  const primitives = primitivesOf(scene);
  primitives.forEach((primitive, number) => draw(primitive, number, rays, side, depth, owner));
  return { side, primitives, depth, owner, rays };
}

function draw(
  primitive: Primitive,
  number: number,
  rays: Rays,
  side: number,
  depth: Float64Array,
  owner: Int16Array,
): void {
  const bounds = screenBounds(primitive, rays.camera, side);
  if (!bounds) return;
  const { inward, origin } = primitive;
  const eye = apply(inward, rays.camera.eye);
  const ray = new Float64Array([...plus(eye, origin), 0, 0, 0]);
  // The ray's direction in the shape's coordinates is linear in the pixel.
  rays.aim(0.5, 0.5);
  const corner = apply(inward, [rays.x, rays.y, rays.z]);
  const right = apply(inward, times(column(rays.camera.axes, 0), rays.pixel));
  const down = apply(inward, times(column(rays.camera.axes, 1), rays.pixel));
  const [rx, ry, rz] = right;
  for (let y = bounds.top; y < bounds.bottom; y++) {
    const [sx, sy, sz] = plus(corner, times(down, y));
    for (let x = bounds.left; x < bounds.right; x++) {
      ray[3] = sx + x * rx;
      ray[4] = sy + x * ry;
      ray[5] = sz + x * rz;
      const t = primitive.meet(ray, nearest);
      const i = y * side + x;
      if (t < depth[i]!) {
        depth[i] = t;
        owner[i] = number;
      }
    }
  }
}

/** The rectangle of pixels that a shape may cover. */
function screenBounds(primitive: Primitive, camera: Camera, side: number) {
  const centre = toCamera(camera, primitive.centre);
  if (centre[2] + primitive.radius <= nearest) return undefined;
  if (centre[2] - primitive.radius <= nearest) {
    return { left: 0, top: 0, right: side, bottom: side };
  }
  const { linear } = primitive.place;
  const half = ([0, 1, 2] as const).map((i) =>
    turnToCamera(camera, times(column(linear, i), primitive.half[i])),
  );
  const [left, right] = spanOf(primitive, centre, half, 0);
  const [top, bottom] = spanOf(primitive, centre, half, 1);
  const toPixel = (value: number) => (0.5 + camera.focal * value) * side;
  const bounds = {
    left: Math.max(0, Math.floor(toPixel(left) - 0.5)),
    right: Math.min(side, Math.ceil(toPixel(right) + 0.5)),
    top: Math.max(0, Math.floor(toPixel(top) - 0.5)),
    bottom: Math.min(side, Math.ceil(toPixel(bottom) + 0.5)),
  };
  return bounds.left < bounds.right && bounds.top < bounds.bottom ? bounds : undefined;
}

/** From where to where a shape reaches along one axis of the picture, at a depth of 1. */
function spanOf(
  { shape }: Primitive,
  centre: Vector,
  half: readonly Vector[],
  axis: 0 | 1,
): [number, number] {
  if (shape !== "ball") {
    const corners = [-1, 1].flatMap((a) =>
      [-1, 1].flatMap((b) =>
        [-1, 1].map((c) => {
          const at = (i: 0 | 1 | 2) =>
            centre[i] + a * half[0]![i] + b * half[1]![i] + c * half[2]![i];
          return at(axis) / at(2);
        }),
      ),
    );
    return [Math.min(...corners), Math.max(...corners)];
  }
  // Tangents of the silhouette, which is a conic: its dual has these entries (Hartley and Zisserman,
  // "Multiple View Geometry", 2004, section 8.3).
  const entry = (j: 0 | 1 | 2, k: 0 | 1 | 2) =>
    half.reduce((sum, along) => sum + along[j] * along[k], 0) - centre[j] * centre[k];
  const a = entry(2, 2);
  const b = entry(axis, 2);
  const root = Math.sqrt(Math.max(0, b * b - a * entry(axis, axis)));
  const ends = [(b + root) / a, (b - root) / a];
  return [Math.min(...ends), Math.max(...ends)];
}

function turnToCamera({ axes }: Camera, [x, y, z]: Vector): Vector {
  return [
    axes[0] * x + axes[3] * y + axes[6] * z,
    axes[1] * x + axes[4] * y + axes[7] * z,
    axes[2] * x + axes[5] * y + axes[8] * z,
  ];
}
