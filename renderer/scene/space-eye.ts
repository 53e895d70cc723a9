/** From where a scene is looked at: turned, moved and brought nearer by OrbitControls, by keys and by code. */
import { Matrix4, PerspectiveCamera, Vector3 } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

/** From where everything is seen; the box has its middle at 0 and reaches from -1 to 1. */
export const home = new Vector3(1.7, 1.15, 2.35).setLength(3.5);

export class SpaceEye {
  readonly camera = new PerspectiveCamera(38, 1, 0.05, 40);
  private readonly controls: OrbitControls;

  /** @param element that listens to the pointer */
  constructor(element: HTMLElement, onChange: () => void) {
    this.camera.position.copy(home);
    this.controls = new OrbitControls(this.camera, element);
    this.controls.minDistance = 0.4;
    this.controls.maxDistance = 12;
    this.controls.addEventListener("change", onChange);
  }

  set aspect(aspect: number) {
    this.camera.aspect = aspect;
    // A narrow pane sees as much to the sides as a wide one sees up and down.
    this.camera.zoom = Math.min(1, aspect * 0.84);
    this.camera.updateProjectionMatrix();
  }

  /** From below a surface shows nothing. */
  set isAbove(isAbove: boolean) {
    this.controls.maxPolarAngle = isAbove ? 0.49 * Math.PI : Math.PI;
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
    const most = Math.min(Math.PI - 0.01, this.controls.maxPolarAngle);
    offset.setFromSphericalCoords(radius, Math.min(most, Math.max(0.01, polar)), azimuth);
    this.camera.position.copy(this.controls.target).add(offset);
    this.controls.update();
  }

  /** Move the picture by parts of its height. */
  pan(right: number, up: number): void {
    const height = 2 * this.distance * Math.tan((this.camera.fov * Math.PI) / 360);
    const move = new Vector3(-right * height, -up * height, 0).applyQuaternion(
      this.camera.quaternion,
    );
    this.controls.target.add(move);
    this.camera.position.add(move);
    this.controls.update();
  }

  zoomBy(factor: number): void {
    const { minDistance, maxDistance, target } = this.controls;
    const next = Math.min(maxDistance, Math.max(minDistance, this.distance / factor));
    this.camera.position.sub(target).setLength(next).add(target);
    this.controls.update();
  }

  /** Back to where everything is seen. */
  goHome(): void {
    this.controls.target.set(0, 0, 0);
    this.camera.position.copy(home);
    this.controls.update();
  }

  /** From where it is seen, and toward what. */
  get sight(): { readonly from: readonly number[]; readonly toward: readonly number[] } {
    return { from: this.camera.position.toArray(), toward: this.controls.target.toArray() };
  }

  /** Projection times view. */
  matrix(): Matrix4 {
    this.camera.updateMatrixWorld();
    return new Matrix4().multiplyMatrices(
      this.camera.projectionMatrix,
      this.camera.matrixWorldInverse,
    );
  }

  dispose(): void {
    this.controls.dispose();
  }

  private get distance(): number {
    return this.camera.position.distanceTo(this.controls.target);
  }
}
