/** A drawing as pixels, at the resolution it was laid out for. */
import { pixelsOf, type Box, type Drawing, type Part, type PicturePart } from "./drawing.ts";
import { textContours, textWidth, type Contour } from "./fonts.ts";
import { strokeContours } from "./paint-path.ts";
import { fillContours, type Canvas } from "./raster.ts";

/** @returns uint8 [height, width, 3], sRGB */
export function paint(drawing: Drawing): Canvas {
  const { dpi, ground } = drawing;
  const width = pixelsOf(drawing.width, dpi);
  const height = pixelsOf(drawing.height, dpi);
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < pixels.length; i += 3) pixels.set(ground, i);
  const canvas = { width, height, pixels };
  for (const part of drawing.parts) paintPart(canvas, part, dpi);
  return canvas;
}

function paintPart(canvas: Canvas, part: Part, dpi: number): void {
  const scale = dpi / 72;
  const fill = (contours: readonly Contour[], ...look: Look) =>
    fillContours(
      canvas,
      contours.map((contour) => contour.map((value) => value * scale)),
      ...look,
    );
  switch (part.kind) {
    case "picture":
      placePicture(canvas, part, dpi);
      break;
    case "text": {
      const { text, style, anchor, x, y, isUpright, colour } = part;
      const before = { start: 0, middle: 0.5, end: 1 }[anchor] * textWidth(text, style);
      const placed = textContours(text, style).map((contour) =>
        isUpright ? turned(contour, x, y, before) : moved(contour, x - before, y),
      );
      fill(placed, colour, 1);
      break;
    }
    case "rectangle": {
      const { box, fill: inside, stroke } = part;
      if (inside) fill([corners(box, 0)], inside.colour, inside.opacity);
      if (stroke) {
        const half = stroke.width / 2;
        const hole = corners(box, -Math.min(half, box.width / 2, box.height / 2));
        fill([corners(box, half), reversed(hole)], stroke.colour, stroke.opacity);
      }
      break;
    }
    case "line": {
      const { from, to, stroke } = part;
      const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
      const dx = ((to[1] - from[1]) / length) * (stroke.width / 2);
      const dy = ((to[0] - from[0]) / length) * (stroke.width / 2);
      const outline = [
        ...[from[0] + dx, from[1] - dy, to[0] + dx, to[1] - dy],
        ...[to[0] - dx, to[1] + dy, from[0] - dx, from[1] + dy],
      ];
      fill([outline], stroke.colour, stroke.opacity);
      break;
    }
    case "path": {
      const { points, fill: inside, stroke } = part;
      if (inside) fill([points], inside.colour, inside.opacity);
      if (stroke) {
        const outlines = strokeContours(points, stroke.width, stroke.dash);
        fill(outlines, stroke.colour, stroke.opacity);
      }
      break;
    }
    case "ring": {
      const { box, stroke } = part;
      const half = stroke.width / 2;
      fill([ellipse(box, half), reversed(ellipse(box, -half))], stroke.colour, stroke.opacity);
      break;
    }
  }
}

type Look = [colour: Parameters<typeof fillContours>[2], opacity: number];

const moved = (contour: Contour, x: number, y: number): Contour =>
  contour.map((value, i) => value + (i % 2 === 0 ? x : y));

/** Read from the bottom up: right becomes up, down becomes right. */
function turned(contour: Contour, x: number, y: number, before: number): Contour {
  return contour.map((_, i) =>
    i % 2 === 0 ? x + contour[i + 1]! : y - (contour[i - 1]! - before),
  );
}

const corners = ({ x, y, width, height }: Box, more: number): Contour => {
  const [left, top, right, bottom] = [x - more, y - more, x + width + more, y + height + more];
  return [left, top, right, top, right, bottom, left, bottom];
};

function ellipse({ x, y, width, height }: Box, more: number): Contour {
  const count = 64;
  return Array.from({ length: count * 2 }, (_, i) => {
    const turn = (2 * Math.PI * Math.floor(i / 2)) / count;
    return i % 2 === 0
      ? x + width / 2 + Math.max(0, width / 2 + more) * Math.cos(turn)
      : y + height / 2 + Math.max(0, height / 2 + more) * Math.sin(turn);
  });
}

function reversed(contour: Contour): Contour {
  const out: number[] = [];
  for (let i = contour.length - 2; i >= 0; i -= 2) out.push(contour[i]!, contour[i + 1]!);
  return out;
}

/** Its pixels are the page's own: nothing is resampled. */
function placePicture(canvas: Canvas, picture: PicturePart, dpi: number): void {
  const { box, width, height, pixels, channels, opacity } = picture;
  const left = pixelsOf(box.x, dpi);
  const top = pixelsOf(box.y, dpi);
  const wide = Math.min(width, canvas.width - left);
  for (let y = 0; y < height && top + y < canvas.height; y++) {
    for (let x = 0; x < wide; x++) {
      const from = channels * (y * width + x);
      const to = 3 * ((top + y) * canvas.width + left + x);
      const part = channels === 4 ? (opacity * pixels[from + 3]!) / 255 : opacity;
      for (let c = 0; c < 3; c++) {
        const before = canvas.pixels[to + c]!;
        canvas.pixels[to + c] = Math.round(before + (pixels[from + c]! - before) * part);
      }
    }
  }
}
