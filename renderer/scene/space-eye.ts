/** From where a scene is looked at: turned, moved and brought nearer by OrbitControls, by keys and by code. */
import { Vector3, type Matrix4, type PerspectiveCamera } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { formatSight, roundedSight, sightLimits, type SpaceSight } from "../store/space-sight.ts";
import { home, leastPolar, matrixOf, mostPolar, setAspect, spaceCamera } from "./space-camera.ts";

export class SpaceEye {
  readonly camera: PerspectiveCamera = spaceCamera();
  private readonly controls: OrbitControls;

  /**
   * @param element  that listens to the pointer
   * @param onChange at every frame of a turn
   * @param onRest   when a turn has ended
   */
  constructor(
    element: HTMLElement,
    onChange: () => void,
    private readonly onRest: () => void,
  ) {
    this.controls = new OrbitControls(this.camera, element);
    this.controls.minDistance = sightLimits.nearest;
    this.controls.maxDistance = sightLimits.farthest;
    this.controls.maxTargetRadius = sightLimits.reach;
    this.controls.minPolarAngle = leastPolar;
    this.controls.maxPolarAngle = mostPolar(false);
    this.controls.addEventListener("change", onChange);
    this.controls.addEventListener("end", onRest);
  }

  set aspect(aspect: number) {
    setAspect(this.camera, aspect);
  }

  /** From below a surface shows nothing. */
  set isAbove(isAbove: boolean) {
    this.controls.maxPolarAngle = mostPolar(isAbove);
    this.controls.update();
  }

  /** While a lasso is drawn, dragging turns nothing. */
  set isTurning(isTurning: boolean) {
    this.controls.enabled = isTurning;
  }

  /** Turn by angles in radians. */
  turn(across: number, up: number): void {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const radius = offset.length();
    const polar = Math.acos(Math.min(1, Math.max(-1, offset.y / radius))) - up;
    const azimuth = Math.atan2(offset.x, offset.z) - across;
    const { minPolarAngle, maxPolarAngle } = this.controls;
    const kept = Math.min(maxPolarAngle, Math.max(minPolarAngle, polar));
    offset.setFromSphericalCoords(radius, kept, azimuth);
    this.camera.position.copy(this.controls.target).add(offset);
    this.moved();
  }

  /** Move the picture by parts of its height. */
  pan(right: number, up: number): void {
    const height = 2 * this.distance * Math.tan((this.camera.fov * Math.PI) / 360);
    const move = new Vector3(-right * height, -up * height, 0).applyQuaternion(
      this.camera.quaternion,
    );
    this.controls.target.add(move);
    this.camera.position.add(move);
    this.moved();
  }

  zoomBy(factor: number): void {
    const { minDistance, maxDistance, target } = this.controls;
    const next = Math.min(maxDistance, Math.max(minDistance, this.distance / factor));
    this.camera.position.sub(target).setLength(next).add(target);
    this.moved();
  }

  /** Back to where everything is seen. */
  goHome(): void {
    this.sight = undefined;
    this.onRest();
  }

  /** From where it is seen, and toward what; undefined is home, from where everything is seen. */
  get sight(): SpaceSight | undefined {
    const sight = roundedSight(this.camera.position.toArray(), this.controls.target.toArray());
    return formatSight(sight) === atHome ? undefined : sight;
  }

  set sight(sight: SpaceSight | undefined) {
    this.controls.target.set(...(sight?.toward ?? [0, 0, 0]));
    if (sight) this.camera.position.set(...sight.from);
    else this.camera.position.copy(home);
    this.controls.update();
  }

  /** Projection times view. */
  matrix(): Matrix4 {
    return matrixOf(this.camera);
  }

  dispose(): void {
    this.controls.dispose();
  }

  private get distance(): number {
    return this.camera.position.distanceTo(this.controls.target);
  }

  private moved(): void {
    this.controls.update();
    this.onRest();
  }
}

const atHome = formatSight(roundedSight(home.toArray(), [0, 0, 0]));
