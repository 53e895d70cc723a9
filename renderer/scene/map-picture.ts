/** What is drawn over a photograph: one value or one colour for each patch, and where it lies. */
import { labelColour } from "../../engine/protocol/colormap.ts";
import type { Geometry } from "../../engine/protocol/geometry.ts";
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
        rgba: rgbBytes(applyPcaVariant(float32Values(map.values), variant)),
        ...placed,
      };
    case "labels":
      return { kind: "colour", rgba: labelBytes(int32Values(map.values)), ...placed };
    case "mask":
      return { kind: "colour", rgba: maskBytes(map.values.data), ...placed };
    case "matrix":
      return undefined;
  }
}

function rgbBytes(rgb: Float32Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let p = 0; p < rgb.length / 3; p++) {
    // NaN becomes 0: what was left out is black.
    for (let c = 0; c < 3; c++) rgba[4 * p + c] = Math.round(255 * (rgb[3 * p + c] ?? 0));
    rgba[4 * p + 3] = 255;
  }
  return rgba;
}

function labelBytes(labels: Int32Array): Uint8Array {
  const rgba = new Uint8Array(labels.length * 4);
  labels.forEach((label, p) => rgba.set([...labelColour(label), 255], 4 * p));
  return rgba;
}

/** What is in the mask shows the photograph, the rest is darkened. */
function maskBytes(mask: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(mask.length * 4);
  mask.forEach((inside, p) => {
    rgba[4 * p + 3] = inside ? 0 : 255;
  });
  return rgba;
}
