/** Lines, discs, boxes, pictures and letters put onto pixels, with smooth edges. */
import { fillContours } from "../figures/raster.ts";
import type { Colour } from "../protocol/class-colours.ts";
import type { Lettering } from "./words.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Area extends Place {
  readonly width: number;
  readonly height: number;
}

export interface Stroke {
  readonly colour: Colour;
  /** In pixels. */
  readonly width: number;
  /** Pixels that are drawn and pixels that are left out, in turns. */
  readonly dash?: readonly [on: number, off: number] | undefined;
  readonly opacity?: number | undefined;
}

/** sRGB on white. Everything outside the clip stays as it is; x and y count from its corner. */
export class Canvas {
  readonly pixels: Uint8Array;
  private clip: Area;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8Array(3 * width * height).fill(255);
    this.clip = { x: 0, y: 0, width, height };
  }

  /** Draw within an area, in its own coordinates. */
  within(area: Area, draw: () => void): void {
    const { clip } = this;
    this.clip = area;
    draw();
    this.clip = clip;
  }

  /** @param picture whole pixels, uint8 [height, width, 3] */
  place(
    { width, height, pixels }: { width: number; height: number; pixels: Uint8Array },
    { x, y }: Place,
  ): void {
    for (let row = 0; row < height; row++) {
      const from = pixels.subarray(3 * row * width, 3 * (row + 1) * width);
      this.pixels.set(from, 3 * ((y + row) * this.width + x));
    }
  }

  fill({ x, y, width, height }: Area, colour: Colour): void {
    const bounds = [x, y, x + width, y + height] as const;
    this.cover(bounds, colour, (u, v) => {
      const across = Math.min(u - x, x + width - u) + 0.5;
      const down = Math.min(v - y, y + height - v) + 0.5;
      return Math.min(1, across) * Math.min(1, down);
    });
  }

  line(from: Place, to: Place, { colour, width, dash, opacity = 1 }: Stroke): void {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = Math.hypot(dx, dy);
    const reach = width / 2 + 1;
    const bounds = [
      Math.min(from.x, to.x) - reach,
      Math.min(from.y, to.y) - reach,
      Math.max(from.x, to.x) + reach,
      Math.max(from.y, to.y) + reach,
    ] as const;
    this.cover(bounds, colour, (u, v) => {
      const [px, py] = [u - from.x, v - from.y];
      const along = length === 0 ? 0 : (px * dx + py * dy) / length;
      const at = Math.min(length, Math.max(0, along));
      const far =
        length === 0
          ? Math.hypot(px, py)
          : Math.hypot(px - (at * dx) / length, py - (at * dy) / length);
      if (dash && at % (dash[0] + dash[1]) > dash[0]) return 0;
      return opacity * (width / 2 + 0.5 - far);
    });
  }

  disc({ x, y }: Place, radius: number, colour: Colour): void {
    const bounds = [x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1] as const;
    this.cover(bounds, colour, (u, v) => radius + 0.5 - Math.hypot(u - x, v - y));
  }

  ring({ x, y }: Place, radius: number, { colour, width }: Stroke): void {
    const reach = radius + width;
    this.cover([x - reach, y - reach, x + reach, y + reach], colour, (u, v) => {
      return width / 2 + 0.5 - Math.abs(Math.hypot(u - x, v - y) - radius);
    });
  }

  /** The outline of an area. */
  frame({ x, y, width, height }: Area, stroke: Stroke): void {
    const [right, bottom] = [x + width, y + height];
    this.line({ x, y }, { x: right, y }, stroke);
    this.line({ x: right, y }, { x: right, y: bottom }, stroke);
    this.line({ x: right, y: bottom }, { x, y: bottom }, stroke);
    this.line({ x, y: bottom }, { x, y }, stroke);
  }

  /** No clip holds for words. @param at the upper left corner */
  write({ contours }: Lettering, at: Place, colour: Colour): void {
    const [right, down] = [this.clip.x + at.x, this.clip.y + at.y];
    const placed = contours.map((contour) =>
      contour.map((value, i) => value + (i % 2 === 0 ? right : down)),
    );
    fillContours(this, placed, colour, 1);
  }

  /** @param coverage at the centre of a pixel; below 0 is 0, above 1 is 1 */
  private cover(
    [left, top, right, bottom]: readonly [number, number, number, number],
    colour: Colour,
    coverage: (u: number, v: number) => number,
  ): void {
    const { x, y, width, height } = this.clip;
    const [firstX, lastX] = [Math.max(0, Math.floor(left)), Math.min(width, Math.ceil(right))];
    const [firstY, lastY] = [Math.max(0, Math.floor(top)), Math.min(height, Math.ceil(bottom))];
    for (let v = firstY; v < lastY; v++) {
      for (let u = firstX; u < lastX; u++) {
        const part = Math.min(1, coverage(u + 0.5, v + 0.5));
        if (!(part > 0)) continue;
        const at = 3 * ((y + v) * this.width + x + u);
        for (let c = 0; c < 3; c++) {
          this.pixels[at + c] = Math.round(part * colour[c]! + (1 - part) * this.pixels[at + c]!);
        }
      }
    }
  }
}
