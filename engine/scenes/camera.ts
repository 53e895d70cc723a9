/** A pinhole camera: where a point of the world falls in the picture, and back. */
import {
  cross,
  fromColumns,
  minus,
  plus,
  times,
  unit,
  type Matrix,
  type Vector,
} from "./vectors.ts";

export interface Camera {
  readonly eye: Vector;
  /** Columns: right, down and forward in the world; unit vectors. */
  readonly axes: Matrix;
  /** Focal length in parts of the picture's side. */
  readonly focal: number;
}

/** @param roll radians, about the direction of view */
export function cameraTowards(eye: Vector, target: Vector, focal: number, roll = 0): Camera {
  const forward = unit(minus(target, eye));
  const level = unit(cross([0, 1, 0], forward));
  const under = cross(forward, level);
  const [c, s] = [Math.cos(roll), Math.sin(roll)];
  const right = plus(times(level, c), times(under, -s));
  const up = plus(times(level, s), times(under, c));
  return { eye, axes: fromColumns(right, times(up, -1), forward), focal };
}

/** @returns in the camera's axes: right, down, forward (= depth); metres */
export function toCamera(camera: Camera, point: Vector): Vector {
  const { axes } = camera;
  const from = minus(point, camera.eye);
  return [
    axes[0] * from[0] + axes[3] * from[1] + axes[6] * from[2],
    axes[1] * from[0] + axes[4] * from[1] + axes[7] * from[2],
    axes[2] * from[0] + axes[5] * from[1] + axes[8] * from[2],
  ];
}

/**
 * @param side of the picture in pixels; the centre of the first pixel is (0.5, 0.5)
 * @returns pixels from the left and the top, and depth along the direction of view in metres;
 *   nothing for a point behind the camera
 */
export function project(
  camera: Camera,
  point: Vector,
  side: number,
): { x: number; y: number; depth: number } | undefined {
  const [right, down, depth] = toCamera(camera, point);
  if (depth <= nearest) return undefined;
  const scale = camera.focal / depth;
  return { x: (0.5 + scale * right) * side, y: (0.5 + scale * down) * side, depth };
}

/** The point of the world at a depth behind a place in the picture. */
export function unproject(
  camera: Camera,
  x: number,
  y: number,
  depth: number,
  side: number,
): Vector {
  const right = ((x / side - 0.5) / camera.focal) * depth;
  const down = ((y / side - 0.5) / camera.focal) * depth;
  const { axes, eye } = camera;
  return [
    eye[0] + axes[0] * right + axes[1] * down + axes[2] * depth,
    eye[1] + axes[3] * right + axes[4] * down + axes[5] * depth,
    eye[2] + axes[6] * right + axes[7] * down + axes[8] * depth,
  ];
}

/** Nothing nearer than this is drawn, in metres. */
export const nearest = 0.05;

/**
 * Where the ground (y = 0) lies on a ray, in units of depth; infinite where it never does.
 * @param upward the ray's y for one unit of depth
 */
export function groundDepth(camera: Camera, upward: number): number {
  return upward < -1e-6 ? -camera.eye[1] / upward : Infinity;
}
