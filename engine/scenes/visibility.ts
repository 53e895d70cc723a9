/** What is seen at the centre of every pixel: depth, and which part of which object. */
import { groundDepth, nearest, toCamera, type Camera } from "./camera.ts";
import { Primitive } from "./primitive.ts";
import type { Scene } from "./scene.ts";
import { apply, column, type Matrix, type Vector } from "./vectors.ts";

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
  private readonly pixel: number;
  private readonly middle: number;

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
  const [ox, oy, oz] = [eye[0] + origin[0], eye[1] + origin[1], eye[2] + origin[2]];
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = inward;
  for (let y = bounds.top; y < bounds.bottom; y++) {
    for (let x = bounds.left; x < bounds.right; x++) {
      rays.aim(x + 0.5, y + 0.5);
      const dx = m0 * rays.x + m1 * rays.y + m2 * rays.z;
      const dy = m3 * rays.x + m4 * rays.y + m5 * rays.z;
      const dz = m6 * rays.x + m7 * rays.y + m8 * rays.z;
      const t = primitive.meet(ox, oy, oz, dx, dy, dz, nearest);
      const i = y * side + x;
      if (t < depth[i]!) {
        depth[i] = t;
        owner[i] = number;
      }
    }
  }
}

/** The rectangle of pixels that an ellipsoid, or the sphere around another shape, may cover. */
function screenBounds(primitive: Primitive, camera: Camera, side: number) {
  const isBall = primitive.shape === "ball";
  const centre = toCamera(camera, primitive.centre);
  if (centre[2] + primitive.radius <= nearest) return undefined;
  const all = { left: 0, top: 0, right: side, bottom: side };
  if (centre[2] - primitive.radius <= nearest) return all;
  const { linear } = primitive.place;
  const { radius } = primitive;
  const half: readonly Vector[] = isBall
    ? ([0, 1, 2] as const).map((i) => turnToCamera(camera, column(linear, i)))
    : [
        [radius, 0, 0],
        [0, radius, 0],
        [0, 0, radius],
      ];
  // Tangents of the silhouette, which is a conic: its dual has these entries (Hartley and Zisserman,
  // "Multiple View Geometry", 2004, section 8.3).
  const entry = (j: 0 | 1 | 2, k: 0 | 1 | 2) =>
    half.reduce((sum, axis) => sum + axis[j] * axis[k], 0) - centre[j] * centre[k];
  const range = (j: 0 | 1): [number, number] => {
    const a = entry(2, 2);
    const b = entry(j, 2);
    const root = Math.sqrt(Math.max(0, b * b - a * entry(j, j)));
    const one = (b + root) / a;
    const other = (b - root) / a;
    const toPixel = (value: number) => (0.5 + camera.focal * value) * side;
    return [
      Math.max(0, Math.floor(toPixel(Math.min(one, other)) - 0.5)),
      Math.min(side, Math.ceil(toPixel(Math.max(one, other)) + 0.5)),
    ];
  };
  const [left, right] = range(0);
  const [top, bottom] = range(1);
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}

function turnToCamera({ axes }: Camera, [x, y, z]: Vector): Vector {
  return [
    axes[0] * x + axes[3] * y + axes[6] * z,
    axes[1] * x + axes[4] * y + axes[7] * z,
    axes[2] * x + axes[5] * y + axes[8] * z,
  ];
}
