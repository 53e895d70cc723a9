/** Single rays into a scene, for questions between pixels: what is seen at exactly this place? */
import { groundDepth, project, unproject } from "./camera.ts";
import type { Scene } from "./scene.ts";
import type { Vector } from "./vectors.ts";
import { ground, primitivesOf, Rays, sky } from "./visibility.ts";

export interface Seen {
  /** Along the direction of view in metres; Infinity for sky. */
  readonly depth: number;
  /** Which object of the scene; {@link sky} or {@link ground} for none. */
  readonly object: number;
}

/** A point of the world that both lies in the picture and is seen there. */
export interface SeenPoint {
  readonly x: number;
  readonly y: number;
}

export class RayCaster {
  private readonly primitives;
  private readonly rays: Rays;

  /** @param side of the picture in pixels */
  constructor(
    readonly scene: Scene,
    readonly side: number,
  ) {
    this.primitives = primitivesOf(scene);
    this.rays = new Rays(scene.camera, side);
  }

  /** @param x in pixels from the left; the first pixel's centre is at 0.5 */
  at(x: number, y: number): Seen {
    const { rays } = this;
    rays.aim(x, y);
    let depth = groundDepth(rays.camera, rays.y);
    let object = depth === Infinity ? sky : ground;
    for (const primitive of this.primitives) {
      const t = rays.meet(primitive);
      if (t >= depth) continue;
      depth = t;
      object = primitive.object;
    }
    return { depth, object };
  }

  /** The point of the world that is seen at a place of the picture; nothing for sky. */
  pointAt(x: number, y: number): (Seen & { readonly point: Vector }) | undefined {
    const seen = this.at(x, y);
    if (seen.object === sky) return undefined;
    return { ...seen, point: unproject(this.scene.camera, x, y, seen.depth, this.side) };
  }

  /**
   * Where a point of the world is seen.
   * @param object that it belongs to
   * @param slack metres by which the surface that shows it may lie before or behind it
   * @param reach pixels by which the point may miss its object, for tips on the outline
   */
  find(
    point: Vector,
    object: number,
    slack: { readonly before: number; readonly behind: number },
    reach = 0,
  ): SeenPoint | undefined {
    const { side } = this;
    const place = project(this.scene.camera, point, side);
    if (!place || place.x < 0 || place.y < 0 || place.x >= side || place.y >= side) {
      return undefined;
    }
    const around = reach === 0 ? [[0, 0] as const] : cross;
    const isSeen = around.some(([dx, dy]) => {
      const seen = this.at(place.x + reach * dx, place.y + reach * dy);
      return (
        seen.object === object &&
        seen.depth > place.depth - slack.before &&
        seen.depth < place.depth + slack.behind
      );
    });
    return isSeen ? { x: place.x, y: place.y } : undefined;
  }
}

const cross = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;
