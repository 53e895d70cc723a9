/** The map over one photograph: owns the painter, and falls back to a slower one when it must. */
import { colormapTable, type ColormapName } from "../../engine/protocol/colormap.ts";
import { canvas2dPainter, pixelsOf } from "./canvas2d-painter.ts";
import type { MapPicture } from "./map-picture.ts";
import type { PaintPath, Painter } from "./painter.ts";
import { isMotionReduced } from "./reduced-motion.ts";
import { webglPainter } from "./webgl-painter.ts";

export interface StageSceneOptions {
  /** Draw on a 2D canvas from the start. */
  readonly force2d: boolean;
  /** @param why one sentence, when it is not the fast path */
  onPath(path: PaintPath, why: string | undefined): void;
}

const fadeMs = 180;

export class StageScene {
  private painter: Painter;
  private map: MapPicture | undefined;
  private colormap: ColormapName | undefined;
  private isDisposed = false;
  private subject: string | undefined;
  private leaving: HTMLCanvasElement | undefined;

  /** @param host an element that the photograph fills */
  constructor(
    host: HTMLElement,
    private readonly options: StageSceneOptions,
  ) {
    this.painter = this.createPainter();
    host.append(this.painter.canvas);
  }

  get path(): PaintPath {
    return this.painter.path;
  }

  /**
   * @param opacity 0..1, left to the compositor
   * @param subject whose map it is; that of another fades in over the older one
   * @returns whether a map was drawn
   */
  show(
    map: MapPicture | undefined,
    opacity: number,
    colormap: ColormapName,
    subject?: string,
  ): boolean {
    const { style } = this.painter.canvas;
    if (map) {
      const isOther = this.subject !== undefined && subject !== this.subject;
      if (isOther && this.map && this.colormap) this.leave(this.map, this.colormap);
      this.subject = subject;
    }
    style.opacity = String(opacity);
    style.visibility = map ? "visible" : "hidden";
    const isNew = map !== undefined && (map !== this.map || colormap !== this.colormap);
    if (map && colormap !== this.colormap) this.painter.setTable(colormapTable(colormap));
    if (map) this.colormap = colormap;
    const before = this.map;
    this.map = map;
    if (isNew) this.paint(map, before);
    return isNew;
  }

  finish(): void {
    this.painter.finish();
  }

  dispose(): void {
    this.isDisposed = true;
    this.leaving?.remove();
    this.painter.dispose();
  }

  /** A copy of what is drawn goes away slowly, over what comes. */
  private leave(map: MapPicture, colormap: ColormapName): void {
    this.leaving?.remove();
    if (isMotionReduced()) return;
    const { canvas } = this.painter;
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [map.cols, map.rows];
    const context = copy.getContext("2d");
    if (!context) return;
    // Coloured anew: to read a picture back from the graphics processor would make the next one wait.
    context.putImageData(pixelsOf(map, colormapTable(colormap)), 0, 0);
    copy.style.cssText = canvas.style.cssText;
    canvas.after(copy);
    this.leaving = copy;
    const fading = copy.animate([{ opacity: canvas.style.opacity }, { opacity: 0 }], fadeMs);
    fading.onfinish = () => copy.remove();
  }

  private paint(map: MapPicture, before?: MapPicture): void {
    if (map.kind === "scalar" && before?.kind === "scalar" && map.values === before.values) {
      this.painter.setRange(map.range);
      this.painter.draw();
      return;
    }
    const [x, y, width, height] = map.region;
    Object.assign(this.painter.canvas.style, {
      left: `${100 * x}%`,
      top: `${100 * y}%`,
      width: `${100 * width}%`,
      height: `${100 * height}%`,
    });
    this.painter.setMap(map);
    this.painter.draw();
  }

  private createPainter(): Painter {
    if (this.options.force2d) {
      this.options.onPath("canvas2d", "as the address asks");
      return canvas2dPainter();
    }
    try {
      const painter = webglPainter(() => this.fallBack());
      this.options.onPath("webgl", undefined);
      return painter;
    } catch {
      this.options.onPath("canvas2d", "this browser has no WebGL 2");
      return canvas2dPainter();
    }
  }

  /** The graphics context can be taken away at any time, by a driver reset for one. */
  private fallBack(): void {
    if (this.isDisposed) return;
    const lost = this.painter;
    this.painter = canvas2dPainter();
    this.options.onPath("canvas2d", "the browser took the WebGL context away");
    lost.canvas.replaceWith(this.painter.canvas);
    lost.dispose();
    const { map, colormap } = this;
    if (!map || !colormap) return;
    this.painter.canvas.style.opacity = lost.canvas.style.opacity;
    this.painter.setTable(colormapTable(colormap));
    this.paint(map);
  }
}
