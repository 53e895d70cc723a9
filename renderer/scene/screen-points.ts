/** Points from space to the screen, as point-cloud.ts draws them with WebGL. */
import {
  diamondSize,
  heldFront,
  heldSize,
  inkFrom,
  leastDiameter,
  paperFrom,
  pointDiameter,
  pointedFront,
  pointedSize,
  rimFrom,
  rimInk,
} from "./point-look.ts";
import { packed, type ScreenPoint } from "./raster.ts";
import { clipOf, type Screen } from "./screen-mesh.ts";
import { home } from "./space-camera.ts";
import type { Rgb } from "./space-colours.ts";
import { marks as kinds, type SpacePoints } from "./space-points.ts";

export interface PointLooks {
  /** uint8 [count, 4] */
  readonly colours: Uint8Array;
  /** uint8 [count] */
  readonly marks: Uint8Array;
  readonly ink: Rgb;
  readonly paper: Rgb;
}

/** @param ratio pixels of the screen for a CSS pixel */
export function pointsOnScreen(
  screen: Screen,
  { positions, count, mainCount }: SpacePoints,
  { colours, marks, ink, paper }: PointLooks,
  ratio: number,
): ScreenPoint[] {
  const { width, height } = screen;
  const atOne = pointDiameter(count) * ratio * home.length();
  const made: ScreenPoint[] = [];
  for (let i = 0; i < count; i++) {
    const [x, y, z, w] = clipOf(
      screen,
      positions[3 * i]!,
      positions[3 * i + 1]!,
      positions[3 * i + 2]!,
    );
    if (z <= -w || z > w) continue;
    const isDiamond = i >= mainCount;
    const mark = marks[i]!;
    const isMarked = mark !== kinds.plain;
    const isPointed = mark === kinds.pointed;
    const larger = isPointed ? pointedSize : isMarked ? heldSize : 1;
    const diameter =
      larger * Math.max(leastDiameter * ratio, atOne / w) * (isDiamond ? diamondSize : 1);
    const front = isPointed ? pointedFront : isMarked ? heldFront : 0;
    const fill: Rgb = [colours[4 * i]!, colours[4 * i + 1]!, colours[4 * i + 2]!];
    made.push({
      x: ((x / w + 1) / 2) * width,
      y: ((1 - y / w) / 2) * height,
      depth: (z / w) * (1 - front) - front,
      radius: diameter / 2,
      isDiamond,
      ...(isMarked
        ? {
            colours: [packed(...fill), packed(...paper), packed(...ink)],
            from: [paperFrom, inkFrom],
          }
        : {
            colours: [packed(...fill), packed(...fill), packed(...rimmed(fill, ink))],
            from: [rimFrom, rimFrom],
          }),
    });
  }
  return made;
}

function rimmed(fill: Rgb, ink: Rgb): Rgb {
  const mix = (c: 0 | 1 | 2) => Math.round(fill[c] + (ink[c] - fill[c]) * rimInk);
  return [mix(0), mix(1), mix(2)];
}
