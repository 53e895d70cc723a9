/** The box around what is drawn in space: its edges, where its axes are named, and what of a view it fills. */
import { Vector3, Vector4, type Matrix4 } from "three";
import { reliefHeight, type Vector } from "./height-field.ts";
import type { SpacePoints } from "./space-points.ts";

export type Edge = readonly [Vector, Vector];

/** Each edge of the box by the signs of its ends; four along each axis. */
const edges: readonly Edge[] = [0, 1, 2].flatMap((axis) =>
  [-1, 1].flatMap((a) =>
    [-1, 1].map((b): Edge => {
      const end = (along: number): Vector => {
        const others = [a, b];
        const at = [0, 1, 2].map((k) => (k === axis ? along : others.shift()!));
        return [at[0]!, at[1]!, at[2]!];
      };
      return [end(-1), end(1)];
    }),
  ),
);

/** A place in a view, -1..1 rightward and upward. */
type OnScreen = readonly [number, number];

/** The name of an axis, 0..1 rightward and downward. */
export interface AxisName {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Whether it stands over this place, or under it. */
  readonly isOver: boolean;
}

export class SpaceBox {
  /**
   * @param extent  half the length of each side
   * @param axes    names of x, y and z, or none
   * @param isFloor only the lowest four edges are drawn: the others would cross what they stand around
   */
  constructor(
    readonly extent: Vector,
    readonly axes: readonly string[],
    private readonly isFloor: boolean,
  ) {}

  /** The edges that are drawn. */
  get lines(): Edge[] {
    const isDrawn = (edge: Edge) => !this.isFloor || edge.every(([, y]) => y < 0);
    return edges.filter(isDrawn).map(([a, b]) => [this.placeOf(a), this.placeOf(b)]);
  }

  /** The part of the view that the box fills, 0..1; all of it where it goes round the eye. */
  bounds(matrix: Matrix4): { left: number; right: number; top: number; bottom: number } {
    const corners = edges.flat().map((at) => {
      const corner = new Vector4(...this.placeOf(at), 1).applyMatrix4(matrix);
      return corner.w > 0 ? [corner.x / corner.w, -corner.y / corner.w] : [NaN, NaN];
    });
    const ends = (axis: 0 | 1) => {
      const values = corners.map((corner) => (corner[axis]! + 1) / 2);
      if (values.some(Number.isNaN)) return [0, 1] as const;
      return [Math.max(0, Math.min(...values)), Math.min(1, Math.max(...values))] as const;
    };
    const [[left, right], [top, bottom]] = [ends(0), ends(1)];
    return { left, right, top, bottom };
  }

  /** The names whole, and where each stands. */
  names(matrix: Matrix4): AxisName[] {
    return this.axes.map((text, axis) => {
      const [x, y] = this.nameAt(axis, matrix);
      return { text, x: (x + 1) / 2, y: (1 - y) / 2, isOver: isOver(axis) };
    });
  }

  /** Over the upper end of the upright edge that is farthest to the left, under the middles of the lowest others. */
  nameAt(axis: number, matrix: Matrix4): OnScreen {
    const along = edges.slice(4 * axis, 4 * axis + 4);
    if (isOver(axis)) {
      const ends = along.map(([, upper]) => this.onScreen(upper, matrix));
      return ends.reduce((best, end) => (end[0] < best[0] ? end : best));
    }
    const middles = along.map(([a, b]) =>
      this.onScreen([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2], matrix),
    );
    return middles.reduce((best, middle) => (middle[1] < best[1] ? middle : best));
  }

  private placeOf(signs: Vector): [number, number, number] {
    return [signs[0] * this.extent[0], signs[1] * this.extent[1], signs[2] * this.extent[2]];
  }

  private onScreen(signs: Vector, matrix: Matrix4): OnScreen {
    const at = new Vector3(...this.placeOf(signs)).applyMatrix4(matrix);
    return [at.x, at.y];
  }
}

/** Whether the name of an axis stands over its place: that of the upright one. */
export const isOver = (axis: number): boolean => axis === 1;

export const boxOfPoints = ({ extent, axes }: SpacePoints): SpaceBox =>
  new SpaceBox(extent, axes, false);

/** @param axes what x, height and z are */
export const boxOfSurface = (axes: readonly string[]): SpaceBox =>
  new SpaceBox([1, reliefHeight, 1], axes, true);
