/** What is drawn over a photograph: one value or one colour for each patch, and where it lies. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import { labelCells, maskCells, rgbCells } from "../../engine/protocol/map-cells.ts";
import { applyPcaVariant, type PcaVariant } from "../../engine/protocol/pca-variant.ts";
import type { ProbeMap } from "../../engine/protocol/probes.ts";
import { float32Values, int32Values } from "../../engine/protocol/tensor.ts";

interface Placed {
  readonly rows: number;
  readonly cols: number;
  /** The part of the photograph under the grid: x, y, width, height in 0..1. */
  readonly region: readonly [number, number, number, number];
}

/** `values` [rows * cols], NaN lets the photograph through. `rgba` uint8 [rows * cols, 4]. */
export type MapPicture =
  | ({ readonly kind: "scalar"; values: Float32Array; range: readonly [number, number] } & Placed)
  | ({ readonly kind: "colour"; rgba: Uint8Array } & Placed);

export function placedOn({ grid, image, region }: Geometry): Placed {
  return {
    rows: grid.rows,
    cols: grid.cols,
    region: [
      region.x / image.width,
      region.y / image.height,
      region.width / image.width,
      region.height / image.height,
    ],
  };
}

/** @returns undefined for a matrix, which does not lie over a photograph */
export function pictureOfMap(
  map: ProbeMap,
  geometry: Geometry,
  variant: PcaVariant,
): MapPicture | undefined {
  const placed = placedOn(geometry);
  switch (map.kind) {
    case "scalar":
      return { kind: "scalar", values: float32Values(map.values), range: map.range, ...placed };
    case "rgb":
      return {
        kind: "colour",
        rgba: rgbCells(applyPcaVariant(float32Values(map.values), variant)),
        ...placed,
      };
    case "labels":
      return { kind: "colour", rgba: labelCells(int32Values(map.values)), ...placed };
    case "mask":
      return { kind: "colour", rgba: maskCells(map.values.data), ...placed };
    case "matrix":
      return undefined;
  }
}
