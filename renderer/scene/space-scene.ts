/** Draws points or a surface in space with three.js, only when something changed; turns, zooms and picks. */
import { LinearSRGBColorSpace, Scene, Vector3, WebGLRenderer } from "three";
import { FieldMesh } from "./field-mesh.ts";
import { hasFastGraphics } from "./fast-graphics.ts";
import { hitField, type HeightField } from "./height-field.ts";
import { PointCloud } from "./point-cloud.ts";
import { boxOfPoints, boxOfSurface, SpaceBox } from "./space-box.ts";
import { home } from "./space-camera.ts";
import { SpaceEye } from "./space-eye.ts";
import { SpaceFrame } from "./space-frame.ts";
import {
  pickPoint,
  pointsInLasso,
  projectPoints,
  type Point2,
  type Projected,
} from "./space-picking.ts";
import type { SpacePoints } from "./space-points.ts";
import { recordFrame } from "./timings.ts";

/** Colours as CSS gives them. */
export interface SpaceTheme {
  readonly ink: string;
  readonly line: string;
  readonly paper: string;
}

export interface SpaceSceneOptions {
  /** Wait for each drawing to end, for measurements. */
  readonly isMeasuring: boolean;
  /** When a turn ended, or was one step. */
  onRest(): void;
  onLost(): void;
  onRestored(): void;
}

/** A pointer this near to a point means it. */
const reachPx = 8;

export class SpaceScene {
  private readonly renderer: WebGLRenderer;
  /** Where graphics are drawn by the processor, smooth edges and fine pixels cost more than they show. */
  private readonly isFast: boolean;
  private readonly scene = new Scene();
  readonly eye: SpaceEye;
  private readonly frame: SpaceFrame;
  private readonly ended = new AbortController();
  private cloud: PointCloud | undefined;
  private surface: FieldMesh | undefined;
  private theme: SpaceTheme = { ink: "#000", line: "#888", paper: "#fff" };
  private projected: Projected | undefined;
  private wanted: number | undefined;

  /**
   * @param host an element of which the drawing fills all
   * @throws when there is no WebGL 2
   */
  constructor(
    private readonly host: HTMLElement,
    private readonly options: SpaceSceneOptions,
  ) {
    this.isFast = hasFastGraphics();
    this.renderer = new WebGLRenderer({ antialias: this.isFast, alpha: true });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.setClearColor(0, 0);
    const { domElement } = this.renderer;
    host.prepend(domElement);
    const { signal } = this.ended;
    domElement.addEventListener("webglcontextlost", options.onLost, { signal });
    // After three's own listener, which sets the context up again; what is shown again is drawn.
    domElement.addEventListener("webglcontextrestored", options.onRestored, { signal });
    this.frame = new SpaceFrame(host);
    this.scene.add(this.frame.object);
    this.eye = new SpaceEye(domElement, () => this.viewChanged(), options.onRest);
    this.resize();
  }

  get points(): SpacePoints | undefined {
    return this.cloud?.points;
  }

  get field(): HeightField | undefined {
    return this.surface?.field;
  }

  /** @param points undefined takes them away */
  showPoints(points: SpacePoints | undefined): void {
    if (points === this.cloud?.points) return;
    this.clear();
    if (points) {
      this.cloud = new PointCloud(points);
      this.scene.add(this.cloud.object);
      this.frame.set(boxOfPoints(points));
    }
    this.contentChanged();
  }

  /** @param axes what x, height and z are */
  showSurface(field: HeightField | undefined, axes: readonly string[]): void {
    if (field === this.surface?.field) return;
    this.clear();
    if (field) {
      this.surface = new FieldMesh(field, this.isFast);
      this.scene.add(this.surface.object);
      this.frame.set(boxOfSurface(axes));
    }
    this.contentChanged();
  }

  recolourPoints(write: (out: Uint8Array) => void): void {
    this.cloud?.recolour(write);
    this.ask();
  }

  markPoints(marks: Uint8Array): void {
    this.cloud?.remark(marks);
    this.ask();
  }

  recolourSurface(table: Uint8Array): void {
    this.surface?.recolour(table);
    this.ask();
  }

  markSurface(row: number | undefined, col: number | undefined): void {
    this.surface?.mark(row, col);
    this.ask();
  }

  setTheme(theme: SpaceTheme): void {
    this.theme = theme;
    this.applyTheme();
    this.ask();
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width < 1 || height < 1) return;
    this.renderer.setPixelRatio(this.isFast ? Math.min(2, devicePixelRatio) : 1);
    this.renderer.setSize(width, height);
    this.eye.aspect = width / height;
    this.viewChanged();
  }

  /** @param at CSS pixels from the upper left of the host */
  pick(at: Point2): number | undefined {
    return this.cloud && pickPoint(this.project(), at, this.cloud.diameter / 2, reachPx);
  }

  lasso(line: readonly Point2[]): number[] {
    return this.cloud ? pointsInLasso(this.project(), line) : [];
  }

  pickCell({ x, y }: Point2): { readonly row: number; readonly col: number } | undefined {
    if (!this.surface) return undefined;
    const { clientWidth: width, clientHeight: height } = this.host;
    const through = new Vector3((2 * x) / width - 1, 1 - (2 * y) / height, 0.5);
    through.unproject(this.eye.camera).sub(this.eye.camera.position);
    return hitField(this.surface.field, this.eye.camera.position.toArray(), through.toArray());
  }

  dispose(): void {
    if (this.wanted !== undefined) cancelAnimationFrame(this.wanted);
    this.clear();
    this.eye.dispose();
    this.frame.dispose();
    this.ended.abort();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.renderer.domElement.remove();
  }

  private clear(): void {
    for (const part of [this.cloud, this.surface]) {
      if (!part) continue;
      this.scene.remove(part.object);
      part.dispose();
    }
    this.cloud = undefined;
    this.surface = undefined;
    this.frame.set(new SpaceBox([1, 1, 1], [], false));
  }

  private contentChanged(): void {
    this.frame.object.visible = this.cloud !== undefined || this.surface !== undefined;
    this.applyTheme();
    this.viewChanged();
  }

  private applyTheme(): void {
    const { ink, line, paper } = this.theme;
    this.frame.setTheme(line);
    this.cloud?.setTheme(ink, paper);
    this.surface?.setTheme(ink);
  }

  private viewChanged(): void {
    this.projected = undefined;
    this.surface?.turned(() => this.ask());
    this.ask();
  }

  /** Many changes before the next frame are one drawing. */
  private ask(): void {
    this.wanted ??= requestAnimationFrame(() => {
      this.wanted = undefined;
      this.draw();
    });
  }

  private draw(): void {
    const startedAt = performance.now();
    const { clientWidth: width, clientHeight: height } = this.host;
    this.cloud?.setScale(this.renderer.getPixelRatio(), home.length());
    this.renderer.render(this.scene, this.eye.camera);
    this.frame.place(this.eye.matrix(), width, height);
    if (!this.options.isMeasuring) return;
    const gl = this.renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    recordFrame({ ms: performance.now() - startedAt, points: this.cloud?.points.count ?? 0 });
  }

  private project(): Projected {
    const { clientWidth: width, clientHeight: height } = this.host;
    const { positions } = this.cloud!.points;
    this.projected ??= projectPoints(positions, this.eye.matrix().elements, { width, height });
    return this.projected;
  }
}
