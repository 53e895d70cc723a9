/** The extents of what is seen of each object. */
import type { Box } from "../labels/labelled.ts";
import type { Truth } from "./render.ts";

export interface InstanceBox {
  /** As in the instance mask, from 1. */
  readonly instance: number;
  readonly box: Box;
  /** Pixels of the object that are seen. */
  readonly area: number;
}

/** Boxes of the objects that are seen at all, in the order of their instances. */
export function boxesOf({ instances, side }: Pick<Truth, "instances" | "side">): InstanceBox[] {
  const found: { left: number; top: number; right: number; bottom: number; area: number }[] = [];
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      const instance = instances[i]!;
      if (instance === 0) continue;
      const own = (found[instance] ??= { left: x, top: y, right: x, bottom: y, area: 0 });
      own.left = Math.min(own.left, x);
      own.right = Math.max(own.right, x);
      own.bottom = y;
      own.area++;
    }
  }
  return found.flatMap(({ left, top, right, bottom, area }, instance) => [
    { instance, area, box: { x: left, y: top, w: right + 1 - left, h: bottom + 1 - top } },
  ]);
}
