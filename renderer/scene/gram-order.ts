/** Which patch stands behind which row of a Gram matrix, whatever its order and size. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";

export class GramOrder {
  private readonly places: Int32Array;

  /** @param order patch (row-major index) behind each row before pooling; raster when left out */
  constructor(
    private readonly grid: { readonly rows: number; readonly cols: number },
    private readonly order: Int32Array = Int32Array.from(
      { length: grid.rows * grid.cols },
      (_, i) => i,
    ),
  ) {
    this.places = new Int32Array(grid.rows * grid.cols);
    order.forEach((patch, place) => (this.places[patch] = place));
  }

  /** The middle of the patch's row (or column), 0..1 along the matrix. */
  placeOf({ row, col }: PatchPosition): number {
    return ((this.places[row * this.grid.cols + col] ?? 0) + 0.5) / this.order.length;
  }

  /** The patch at 0..1 along the matrix. */
  patchAt(place: number): PatchPosition {
    const last = this.order.length - 1;
    const index = Math.min(last, Math.max(0, Math.floor(place * this.order.length)));
    const patch = this.order[index] ?? 0;
    return { row: Math.floor(patch / this.grid.cols), col: patch % this.grid.cols };
  }
}
