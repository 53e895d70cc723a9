/** Draws triangles and points into pixels with a depth for each, on the processor: a band of rows at a time. */

/** Numbers of a corner: x, y, depth, 1/w, and red, green and blue over w. */
export const cornerNumbers = 7;

/** Triangles on the screen, in pixels rightward and downward; depth -1 nearest to 1 farthest. */
export interface ScreenTriangles {
  /** float64 [corners, 7] */
  readonly corners: Float64Array;
  /** Three corners each. */
  readonly indices: Uint32Array;
}

/** A colour as a pixel of the band. */
export const packed = (red: number, green: number, blue: number): number =>
  ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** Circles or diamonds of at most three colours, from the middle outward. */
export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
  readonly radius: number;
  readonly isDiamond: boolean;
  /** Packed colours, and from which part of the radius the second and the third begin. */
  readonly colours: readonly [number, number, number];
  readonly from: readonly [number, number];
}

export class Band {
  /** Packed colours [rows, width]; 0 is clear. */
  readonly pixels: Uint32Array;
  private readonly depths: Float64Array;
  /** The first row of the picture that it holds, and the one after the last. */
  private top = 0;
  private bottom = 0;

  constructor(
    readonly width: number,
    readonly rows: number,
  ) {
    this.pixels = new Uint32Array(width * rows);
    this.depths = new Float64Array(width * rows);
  }

  /** Clear, for these rows of the picture. */
  begin(top: number, bottom: number): void {
    this.top = top;
    this.bottom = bottom;
    this.pixels.fill(0);
    this.depths.fill(1);
  }

  triangles({ corners, indices }: ScreenTriangles): void {
    const { top, bottom } = this;
    for (let i = 0; i < indices.length; i += 3) {
      const a = cornerNumbers * indices[i]!;
      const b = cornerNumbers * indices[i + 1]!;
      const c = cornerNumbers * indices[i + 2]!;
      const [ya, yb, yc] = [corners[a + 1]!, corners[b + 1]!, corners[c + 1]!];
      if ((ya < top && yb < top && yc < top) || (ya > bottom && yb > bottom && yc > bottom)) {
        continue;
      }
      this.triangle(corners, a, b, c);
    }
  }

  point({ x, y, depth, radius, isDiamond, colours, from }: ScreenPoint): void {
    const { width, top, pixels, depths } = this;
    const first = Math.max(top, Math.ceil(y - radius - 0.5));
    const last = Math.min(this.bottom - 1, Math.floor(y + radius - 0.5));
    const [inner, middle, outer] = colours;
    // Of circles squares are compared, which need no roots.
    const power = (part: number) => (isDiamond ? part : part * part);
    const [fromMiddle, fromOuter] = [power(from[0]), power(from[1])];
    for (let row = first; row <= last; row++) {
      const down = Math.abs(row + 0.5 - y) / radius;
      const half = radius * (isDiamond ? 1 - down : Math.sqrt(Math.max(0, 1 - down * down)));
      const left = Math.max(0, Math.ceil(x - half - 0.5));
      const right = Math.min(width - 1, Math.floor(x + half - 0.5));
      const line = (row - top) * width;
      for (let col = left; col <= right; col++) {
        if (depth > depths[line + col]!) continue;
        const across = Math.abs(col + 0.5 - x) / radius;
        const part = isDiamond ? across + down : across * across + down * down;
        depths[line + col] = depth;
        pixels[line + col] = part > fromOuter ? outer : part > fromMiddle ? middle : inner;
      }
    }
  }

  /** @param a where the numbers of the corner begin */
  private triangle(corners: Float64Array, a: number, b: number, c: number): void {
    const { width, top, pixels, depths } = this;
    const [xa, ya, xb, yb] = [corners[a]!, corners[a + 1]!, corners[b]!, corners[b + 1]!];
    const [xc, yc] = [corners[c]!, corners[c + 1]!];
    const area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya);
    if (area === 0) return;
    const first = Math.max(top, Math.ceil(Math.min(ya, yb, yc) - 0.5));
    const last = Math.min(this.bottom - 1, Math.floor(Math.max(ya, yb, yc) - 0.5));
    if (first > last) return;
    // Each number is a plane over the screen: this much more a pixel rightward, and downward.
    const across = (of: number) =>
      ((corners[b + of]! - corners[a + of]!) * (yc - ya) -
        (corners[c + of]! - corners[a + of]!) * (yb - ya)) /
      area;
    const down = (of: number) =>
      ((corners[c + of]! - corners[a + of]!) * (xb - xa) -
        (corners[b + of]! - corners[a + of]!) * (xc - xa)) /
      area;
    const [depthX, nearX, redX, greenX, blueX] = [
      across(2),
      across(3),
      across(4),
      across(5),
      across(6),
    ];
    const [depthY, nearY, redY, greenY, blueY] = [down(2), down(3), down(4), down(5), down(6)];
    for (let row = first; row <= last; row++) {
      const y = row + 0.5;
      let [left, right] = [Infinity, -Infinity];
      // Where the middle of the row meets the three sides.
      const meet = (x0: number, y0: number, x1: number, y1: number) => {
        if (y0 > y === y1 > y) return;
        const x = x0 + ((y - y0) * (x1 - x0)) / (y1 - y0);
        if (x < left) left = x;
        if (x > right) right = x;
      };
      meet(xa, ya, xb, yb);
      meet(xb, yb, xc, yc);
      meet(xc, yc, xa, ya);
      const from = Math.max(0, Math.ceil(left - 0.5));
      const to = Math.min(width - 1, Math.floor(right - 0.5));
      if (from > to) continue;
      const [dx, dy] = [from + 0.5 - xa, y - ya];
      let depth = corners[a + 2]! + dx * depthX + dy * depthY;
      let near = corners[a + 3]! + dx * nearX + dy * nearY;
      let red = corners[a + 4]! + dx * redX + dy * redY;
      let green = corners[a + 5]! + dx * greenX + dy * greenY;
      let blue = corners[a + 6]! + dx * blueX + dy * blueY;
      const line = (row - top) * width;
      for (let at = line + from; at <= line + to; at++) {
        if (depth <= depths[at]!) {
          const w = 1 / near;
          depths[at] = depth;
          pixels[at] =
            (255 << 24) |
            ((blue * w + 0.5) << 16) |
            ((green * w + 0.5) << 8) |
            ((red * w + 0.5) | 0);
        }
        depth += depthX;
        near += nearX;
        red += redX;
        green += greenX;
        blue += blueX;
      }
    }
  }
}
