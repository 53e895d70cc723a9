/** How space is seen: the one camera of the page's canvas and of figures, from a place and for a shape. */
import { Matrix4, PerspectiveCamera, Vector3 } from "three";
import type { SpaceSight } from "../store/space-sight.ts";

/** From where everything is seen; the box has its middle at 0 and reaches from -1 to 1. */
export const home = new Vector3(1.7, 1.15, 2.35).setLength(3.5);

/** Angle from straight above, radians: nearer to it, left and right would be lost. */
export const leastPolar = 0.01;

/** From below a surface shows nothing. */
export const mostPolar = (isAbove: boolean): number =>
  isAbove ? 0.49 * Math.PI : Math.PI - leastPolar;

export const spaceCamera = (): PerspectiveCamera => {
  const camera = new PerspectiveCamera(38, 1, 0.05, 40);
  camera.position.copy(home);
  return camera;
};

export function setAspect(camera: PerspectiveCamera, aspect: number): void {
  camera.aspect = aspect;
  // A narrow pane sees as much to the sides as a wide one sees up and down.
  camera.zoom = Math.min(1, aspect * 0.84);
  camera.updateProjectionMatrix();
}

/**
 * The camera as OrbitControls would place it.
 *
 * @param sight   undefined is home
 * @param isAbove whether the eye stays over the floor
 */
export function cameraAt(
  sight: SpaceSight | undefined,
  aspect: number,
  isAbove: boolean,
): PerspectiveCamera {
  const camera = spaceCamera();
  const toward = new Vector3(...(sight?.toward ?? [0, 0, 0]));
  if (sight) camera.position.set(...sight.from);
  const offset = camera.position.clone().sub(toward);
  const radius = offset.length();
  const lowest = radius * Math.cos(mostPolar(isAbove));
  const across = Math.sqrt(offset.x * offset.x + offset.z * offset.z);
  if (isAbove && offset.y < lowest && across > 0) {
    const wider = Math.sqrt(radius * radius - lowest * lowest) / across;
    offset.set(offset.x * wider, lowest, offset.z * wider);
    camera.position.copy(toward).add(offset);
  }
  camera.lookAt(toward);
  setAspect(camera, aspect);
  return camera;
}

/** Projection times view. */
export function matrixOf(camera: PerspectiveCamera): Matrix4 {
  camera.updateMatrixWorld();
  return new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
}
