/** From space to the screen: triangles, and lines of some width, cut where they come behind the eye. */
import { cornerNumbers, type ScreenTriangles } from "./raster.ts";
import type { Rgb } from "./space-colours.ts";

/** A place as the camera's matrix gives it: x, y, z and w. */
type Clip = readonly [number, number, number, number];
type Corner = readonly [Clip, Rgb];

/** What the camera sees, and the pixels that it is drawn in. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  /** Projection times view, 16 numbers by columns. */
  readonly matrix: ArrayLike<number>;
}

export function clipOf({ matrix: m }: Pick<Screen, "matrix">, x: number, y: number, z: number) {
  const row = (i: number) => m[i]! * x + m[4 + i]! * y + m[8 + i]! * z + m[12 + i]!;
  return [row(0), row(1), row(2), row(3)] as const;
}

/** Triangles over the corners of a grid. @param colours uint8 [corners, 4] @param positions float32 [corners, 3] */
export function meshOnScreen(
  screen: Screen,
  positions: Float32Array,
  colours: Uint8Array,
  indices: Uint32Array,
): ScreenTriangles {
  const made = new ScreenMesh(screen);
  const corners: Clip[] = [];
  for (let i = 0; 3 * i < positions.length; i++) {
    corners.push(clipOf(screen, positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!));
  }
  const rgb = (i: number): Rgb => [colours[4 * i]!, colours[4 * i + 1]!, colours[4 * i + 2]!];
  const isSeen = corners.map(([, , z, w]) => z > -w);
  corners.forEach((at, i) => made.corner(isSeen[i] ? at : aside, rgb(i)));
  for (let i = 0; i < indices.length; i += 3) {
    const three = [indices[i]!, indices[i + 1]!, indices[i + 2]!];
    if (three.every((at) => isSeen[at])) made.face(three[0]!, three[1]!, three[2]!);
    else if (three.some((at) => isSeen[at])) made.cut(three.map((at) => [corners[at]!, rgb(at)]));
  }
  return made.triangles();
}

/** In place of what is behind the eye, which no face has for a corner. */
const aside: Clip = [0, 0, 0, 1];

/** @param path places in space, joined one to the next */
export interface SpaceLine {
  readonly path: readonly (readonly [number, number, number])[];
  readonly colour: Rgb;
  /** In pixels of the screen. */
  readonly width: number;
  /** How much nearer it is than it lies, in depth. */
  readonly lift: number;
}

/** Lines as what covers them: a rectangle for each piece, and a disc where two of them meet. */
export function linesOnScreen(screen: Screen, lines: readonly SpaceLine[]): ScreenTriangles {
  const made = new ScreenMesh(screen);
  for (const { path, colour, width, lift } of lines) {
    const places = path.map((at): Clip => {
      const [x, y, z, w] = clipOf(screen, ...at);
      return [x, y, z - lift * w, w];
    });
    const radius = width / 2;
    places.forEach((at, i) => {
      if (at[2] > -at[3]) made.disc(at, radius, colour);
      const before = places[i - 1];
      if (before) made.piece(before, at, radius, colour);
    });
  }
  return made.triangles();
}

/** Of the disc where pieces of a line meet: twelve on a circle of radius 1, each an angle of 30 degrees on. */
const discCorners: readonly Pixel[] = (() => {
  const rim: [number, number][] = [[1, 0]];
  const [cos, sin] = [Math.sqrt(3) / 2, 0.5];
  while (rim.length < 12) {
    const [x, y] = rim.at(-1)!;
    rim.push([x * cos - y * sin, x * sin + y * cos]);
  }
  return rim;
})();

class ScreenMesh {
  private readonly corners: number[] = [];
  private readonly indices: number[] = [];

  constructor(private readonly screen: Screen) {}

  triangles(): ScreenTriangles {
    return {
      corners: Float64Array.from(this.corners),
      indices: Uint32Array.from(this.indices),
    };
  }

  corner([x, y, z, w]: Clip, [red, green, blue]: Rgb): number {
    const { width, height } = this.screen;
    const across = ((x / w + 1) / 2) * width;
    const down = ((1 - y / w) / 2) * height;
    this.corners.push(across, down, z / w, 1 / w, red / w, green / w, blue / w);
    return this.corners.length / cornerNumbers - 1;
  }

  face(a: number, b: number, c: number): void {
    this.indices.push(a, b, c);
  }

  /** The part of a triangle that is before the eye. */
  cut(triangle: readonly Corner[]): void {
    const kept: number[] = [];
    triangle.forEach((here, i) => {
      const next = triangle[(i + 1) % triangle.length]!;
      const [a, b] = [distanceOf(here[0]), distanceOf(next[0])];
      if (a > 0) kept.push(this.corner(...here));
      if (a > 0 !== b > 0) kept.push(this.corner(...between(here, next, a / (a - b))));
    });
    for (let i = 2; i < kept.length; i++) this.face(kept[0]!, kept[i - 1]!, kept[i]!);
  }

  /** A straight piece of a line; nothing of it where all is behind the eye. */
  piece(from: Clip, to: Clip, radius: number, colour: Rgb): void {
    const [a, b] = [distanceOf(from), distanceOf(to)];
    if (a <= 0 && b <= 0) return;
    const edge = () => between([from, colour], [to, colour], a / (a - b))[0];
    const ends = [a > 0 ? from : edge(), b > 0 ? to : edge()] as const;
    const [[x0, y0], [x1, y1]] = ends.map(([x, y, , w]) => this.pixelOf(x, y, w)) as [Pixel, Pixel];
    const length = Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
    if (length === 0) return;
    const [right, down] = [((y0 - y1) / length) * radius, ((x1 - x0) / length) * radius];
    const [p, q] = ends;
    const four = [
      this.moved(p, right, down, colour),
      this.moved(p, -right, -down, colour),
      this.moved(q, right, down, colour),
      this.moved(q, -right, -down, colour),
    ] as const;
    this.face(four[0], four[1], four[2]);
    this.face(four[2], four[1], four[3]);
  }

  disc(at: Clip, radius: number, colour: Rgb): void {
    const rim = discCorners.map(([x, y]) => this.moved(at, radius * x, radius * y, colour));
    for (let i = 2; i < rim.length; i++) this.face(rim[0]!, rim[i - 1]!, rim[i]!);
  }

  /** A corner some pixels beside a place. */
  private moved([x, y, z, w]: Clip, right: number, down: number, colour: Rgb): number {
    const { width, height } = this.screen;
    return this.corner(
      [x + ((2 * right) / width) * w, y - ((2 * down) / height) * w, z, w],
      colour,
    );
  }

  private pixelOf(x: number, y: number, w: number): Pixel {
    const { width, height } = this.screen;
    return [((x / w + 1) / 2) * width, ((1 - y / w) / 2) * height];
  }
}

type Pixel = readonly [number, number];

/** From the plane behind which nothing is seen. */
const distanceOf = ([, , z, w]: Clip) => z + w;

function between([p, a]: Corner, [q, b]: Corner, part: number): [Clip, Rgb] {
  const mix = (from: number, to: number) => from + (to - from) * part;
  return [
    [mix(p[0], q[0]), mix(p[1], q[1]), mix(p[2], q[2]), mix(p[3], q[3])],
    [mix(a[0], b[0]), mix(a[1], b[1]), mix(a[2], b[2])],
  ];
}
