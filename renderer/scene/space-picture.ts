/**
 * Points or the surface in space as pixels of any size, drawn by the processor: for figures, of the page
 * and of the command line. It looks as what space-scene.ts draws with WebGL, by the same camera, box and
 * rules; edges are smoothed by drawing finer and averaging.
 */
import { throwIfAborted } from "../../engine/protocol/errors.ts";
import type { SpaceSight, SpaceSize } from "../store/space-sight.ts";
import {
  crossLines,
  fieldColours,
  fieldLight,
  fieldPositions,
  fieldTriangles,
  lineLift,
  type HeightField,
} from "./height-field.ts";
import { Band, type ScreenPoint, type ScreenTriangles } from "./raster.ts";
import { linesOnScreen, meshOnScreen, type Screen, type SpaceLine } from "./screen-mesh.ts";
import { pointsOnScreen } from "./screen-points.ts";
import { boxOfPoints, boxOfSurface, type AxisName, type SpaceBox } from "./space-box.ts";
import { cameraAt, matrixOf } from "./space-camera.ts";
import type { Colouring, Rgb } from "./space-colours.ts";
import type { SpacePoints } from "./space-points.ts";

export interface PointsContent {
  readonly kind: "points";
  readonly points: SpacePoints;
  readonly colouring: Colouring;
  /** uint8 [count], as markPoints gives them. */
  readonly marks: Uint8Array;
}

export interface SurfaceContent {
  readonly kind: "surface";
  readonly field: HeightField;
  readonly axes: readonly string[];
  /** uint8 [256, 3] */
  readonly table: Uint8Array;
  /** Marked with a line each. */
  readonly row: number | undefined;
  readonly col: number | undefined;
}

/** What is drawn, from where, and in a pane of which size. */
export interface SpaceView<Content = PointsContent | SurfaceContent> {
  readonly content: Content;
  readonly sight: SpaceSight | undefined;
  readonly size: SpaceSize;
}

export interface PictureTheme {
  readonly ink: Rgb;
  readonly line: Rgb;
  readonly paper: Rgb;
}

/** What is seen, at a size of its own. */
export interface SpacePicture extends SpaceSize {
  /** uint8 [height, width, 4], sRGB, alpha not premultiplied. */
  readonly pixels: Uint8Array;
  /** Where the names of the axes stand, 0..1 rightward and downward. */
  readonly names: readonly AxisName[];
}

/** Of a picture in pixels, as far as figures take cells. */
const mostSide = 4096;
/** CSS pixels around what is drawn: for the names of the axes. */
const around = 24;
/** How much finer than the picture it is drawn. */
const fineness = 2;
/** Pixels that are drawn at once. */
const bandPixels = 1_000_000;
/** After so long others have their turn: a page goes on, and a cancel is heard. */
const patienceMs = 25;

export type SeenContent =
  Pick<PointsContent, "kind" | "points"> | Pick<SurfaceContent, "kind" | "axes">;

const boxOf = (content: SeenContent): SpaceBox =>
  content.kind === "points" ? boxOfPoints(content.points) : boxOfSurface(content.axes);

const cameraOf = ({ content, sight, size }: SpaceView<SeenContent>) =>
  cameraAt(sight, size.width / size.height, content.kind === "surface");

/** What of the pane is not empty, with some room around it, in its CSS pixels. */
export function seenPart(view: SpaceView<SeenContent>): SpaceSize & { x: number; y: number } {
  const { width, height } = view.size;
  const { left, right, top, bottom } = boxOf(view.content).bounds(matrixOf(cameraOf(view)));
  const x = Math.max(0, left * width - around);
  const y = Math.max(0, top * height - around);
  return {
    x,
    y,
    width: Math.max(1, Math.min(width, right * width + around) - x),
    height: Math.max(1, Math.min(height, bottom * height + around) - y),
  };
}

/**
 * Of what is seen, points and lines as large beside it as on the screen.
 *
 * @throws EngineError "cancelled"
 */
export async function drawSpacePicture(
  view: SpaceView,
  wish: SpaceSize,
  theme: PictureTheme,
  signal?: AbortSignal,
): Promise<SpacePicture> {
  const fit = Math.min(1, mostSide / Math.max(wish.width, wish.height));
  const width = Math.max(1, Math.floor(wish.width * fit));
  const height = Math.max(1, Math.floor(wish.height * fit));
  const seen = seenPart(view);
  const camera = cameraOf(view);
  const { size } = view;
  camera.setViewOffset(size.width, size.height, seen.x, seen.y, seen.width, seen.height);
  const matrix = matrixOf(camera);
  const names = boxOf(view.content).names(matrix);
  const screen = { width: width * fineness, height: height * fineness, matrix: matrix.elements };
  const shapes = shapesOf(view.content, screen, theme, screen.width / seen.width);
  const pixels = await drawn(shapes, { width, height }, signal);
  return { width, height, pixels, names };
}

interface Shapes {
  readonly triangles: readonly ScreenTriangles[];
  readonly points: readonly ScreenPoint[];
}

/** @param ratio pixels of the screen for a CSS pixel of the pane */
function shapesOf(
  content: PointsContent | SurfaceContent,
  screen: Screen,
  { ink, line, paper }: PictureTheme,
  ratio: number,
): Shapes {
  const width = Math.max(1, ratio);
  const edges = boxOf(content).lines.map((path): SpaceLine => ({
    path,
    colour: line,
    width,
    lift: 0,
  }));
  const frame = linesOnScreen(screen, edges);
  if (content.kind === "points") {
    const { points, colouring, marks } = content;
    const colours = new Uint8Array(4 * points.count).fill(128);
    colouring(colours);
    const looks = { colours, marks, ink, paper };
    return { triangles: [frame], points: pointsOnScreen(screen, points, looks, ratio) };
  }
  const { field, table, row, col } = content;
  const colours = new Uint8Array(4 * field.side * field.side);
  fieldColours(field, fieldLight(field), table, colours);
  const surface = meshOnScreen(screen, fieldPositions(field), colours, fieldTriangles(field.side));
  const [rowLine, colLine] = crossLines(field, row ?? 0, col ?? 0);
  const crossed = [
    ...(row === undefined ? [] : [rowLine]),
    ...(col === undefined ? [] : [colLine]),
  ].map((flat): SpaceLine => ({ path: placesOf(flat), colour: ink, width, lift: lineLift }));
  return { triangles: [frame, surface, linesOnScreen(screen, crossed)], points: [] };
}

const placesOf = (flat: Float32Array) =>
  Array.from(
    { length: flat.length / 3 },
    (_, i) => [flat[3 * i]!, flat[3 * i + 1]!, flat[3 * i + 2]!] as const,
  );

async function drawn(
  { triangles, points }: Shapes,
  { width, height }: SpaceSize,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const out = new Uint8Array(4 * width * height);
  const rows = Math.min(height, Math.max(1, Math.floor(bandPixels / (width * fineness ** 2))));
  const band = new Band(width * fineness, rows * fineness);
  let since = performance.now();
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(height, top + rows);
    band.begin(top * fineness, bottom * fineness);
    for (const part of triangles) band.triangles(part);
    for (const point of points) band.point(point);
    average(band, out.subarray(4 * width * top, 4 * width * bottom), width);
    if (performance.now() - since < patienceMs) continue;
    await othersTurn();
    throwIfAborted(signal, "The figure");
    since = performance.now();
  }
  return out;
}

/** By a message: timers of a page that nobody looks at wait for a second. */
function othersTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Each pixel of the picture is the mean of those that are finer. @param out uint8 [rows, width, 4] */
function average({ pixels, width: wide }: Band, out: Uint8Array, width: number): void {
  const all = fineness * fineness;
  for (let to = 0; to < out.length / 4; to++) {
    const row = Math.floor(to / width);
    const from = row * fineness * wide + (to - row * width) * fineness;
    let [red, green, blue, count] = [0, 0, 0, 0];
    for (let i = 0; i < all; i++) {
      const pixel = pixels[from + (i >> 1) * wide + (i & 1)]!;
      // What is drawn is opaque, and the rest is clear.
      if (pixel === 0) continue;
      red += pixel & 255;
      green += (pixel >> 8) & 255;
      blue += (pixel >> 16) & 255;
      count++;
    }
    if (count === 0) continue;
    out[4 * to] = Math.round(red / count);
    out[4 * to + 1] = Math.round(green / count);
    out[4 * to + 2] = Math.round(blue / count);
    out[4 * to + 3] = Math.round((255 * count) / all);
  }
}
