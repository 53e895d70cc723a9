/** Points of one surface that are worked on together: one number a point in every array. */
import type { Points } from "./noise.ts";
import type { Matrix, Vector } from "./vectors.ts";

/** So many at most: what a loop goes over stays near the processor. */
export const mostTogether = 256;

const numbers = () => new Float64Array(mostTogether);

/** Coordinates with room for as many points as a surface has. */
export interface Coordinates {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

const coordinates = (): Coordinates => ({ x: numbers(), y: numbers(), z: numbers() });

/** Filled anew for every few hundred points; each stage reads what the stages before it wrote. */
export class Surface {
  count = 0;
  /** Directions of view, one unit of depth long. */
  readonly view = coordinates();
  /** Along the direction of view in metres. */
  readonly depth = numbers();
  /** Share of the light that is seen. */
  readonly sunlit = numbers();
  /** In the world, in metres. */
  readonly place = coordinates();
  /** In the world, of unit length, towards the eye. */
  readonly normal = coordinates();
  /** Shape coordinates, and the normal in them, of no certain length. */
  readonly inShape = coordinates();
  readonly shapeNormal = coordinates();
  /** Object coordinates. */
  readonly inObject = coordinates();
  /** The same as the material's features count them, shifted by its phase. */
  readonly pattern = coordinates();
  /** 1 where a pattern's features are much larger than a pixel, down to 0. */
  readonly detail = numbers();
  /** What the pattern says: shares of the material's second and third colour, and a factor. */
  readonly second = numbers();
  readonly third = numbers();
  readonly shade = numbers();
  /** Whether the pattern has bumps: then how far the surface leans, as a gradient in object coordinates. */
  isBumpy = false;
  readonly lean = coordinates();
  /** Linear RGB: of the material, then of the light that comes from it. */
  readonly red = numbers();
  readonly green = numbers();
  readonly blue = numbers();
  /** The share of the sky that is seen. */
  readonly open = numbers();

  /** @returns the coordinates with their number, as noise takes them */
  pointsOf({ x, y, z }: Coordinates): Points {
    return { count: this.count, x, y, z };
  }
}

/**
 * to = linear from + offset, for all points. In this loop, as in all over a surface, what it reads
 * is in variables of its own: looked up anew at each point it takes twice the time.
 * @param to may be the same as from
 */
export function mapAll(
  count: number,
  from: Coordinates,
  [a, b, c, d, e, f, g, h, i]: Matrix,
  [p, q, r]: Vector,
  to: Coordinates,
): void {
  const { x, y, z } = from;
  const { x: u, y: v, z: w } = to;
  for (let k = 0; k < count; k++) {
    const px = x[k]!;
    const py = y[k]!;
    const pz = z[k]!;
    u[k] = a * px + b * py + c * pz + p;
    v[k] = d * px + e * py + f * pz + q;
    w[k] = g * px + h * py + i * pz + r;
  }
}
