/** Where each patch lies on the photograph: the mapping that travels with every feature map. */
import { z } from "zod";

const size = z.object({ width: z.int().positive(), height: z.int().positive() });

export const geometry = z.object({
  /** Side of a patch in pixels of the model's input. */
  patch: z.int().positive(),
  /** Patches down and across. */
  grid: z.object({ rows: z.int().positive(), cols: z.int().positive() }),
  /** What the model saw, in pixels: `cols * patch` by `rows * patch`. */
  input: size,
  /** The upright photograph, in its own pixels. */
  image: size,
  /** The rectangle of the photograph that the grid covers, in the photograph's pixels. */
  region: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
  /** How the photograph became the input; "none" where its pixels were kept. */
  resample: z.enum(["none", "nearest", "bilinear", "bicubic", "lanczos"]),
});

/** See {@link geometry} for units. Row 0 is the top, column 0 the left. */
export type Geometry = z.infer<typeof geometry>;

/** A patch by its place in the grid. */
export interface PatchPosition {
  readonly row: number;
  readonly col: number;
}

/** Rectangle of one patch in the photograph's pixels. */
export function patchRectangle(
  { grid, region }: Geometry,
  { row, col }: PatchPosition,
): { x: number; y: number; width: number; height: number } {
  const width = region.width / grid.cols;
  const height = region.height / grid.rows;
  return { x: region.x + col * width, y: region.y + row * height, width, height };
}

/** The patch under a point of the photograph, or undefined outside the grid. */
export function patchAt(
  { grid, region }: Geometry,
  point: { x: number; y: number },
): PatchPosition | undefined {
  const col = Math.floor(((point.x - region.x) / region.width) * grid.cols);
  const row = Math.floor(((point.y - region.y) / region.height) * grid.rows);
  return row >= 0 && col >= 0 && row < grid.rows && col < grid.cols ? { row, col } : undefined;
}
