/** A map's values as colours, one a cell, with what lies under the map showing through: on screen and in figures. */
import { colormapTable, tableIndex, type ColormapName } from "./colormap.ts";
import { labelColour } from "./distinct-colours.ts";
import { applyPcaVariant, type PcaVariant } from "./pca-variant.ts";
import type { ProbeMap } from "./probes.ts";
import { float32Values, int32Values } from "./tensor.ts";

export interface CellLook {
  readonly colormap: ColormapName;
  readonly variant: PcaVariant;
  /** Ends of the colour scale; the map's own when left out. */
  readonly range?: readonly [number, number] | undefined;
}

/** @returns uint8 [rows * cols, 4] */
export function cellColours(map: ProbeMap, { colormap, variant, range }: CellLook): Uint8Array {
  switch (map.kind) {
    case "scalar":
    case "matrix": {
      const values = float32Values(map.values);
      const rgba = new Uint8Array(values.length * 4);
      paintScalars(rgba, values, range ?? map.range, colormapTable(colormap));
      return rgba;
    }
    case "rgb":
      return rgbCells(applyPcaVariant(float32Values(map.values), variant));
    case "labels":
      return labelCells(int32Values(map.values));
    case "mask":
      return maskCells(map.values.data);
  }
}

/**
 * NaN stays as it was, which is clear.
 *
 * @param rgba  uint8 [n, 4], all zero
 * @param table uint8 [256, 3]
 */
export function paintScalars(
  rgba: Uint8Array | Uint8ClampedArray,
  values: Float32Array,
  range: readonly [number, number],
  table: Uint8Array,
): void {
  for (let p = 0; p < values.length; p++) {
    const value = values[p]!;
    if (Number.isNaN(value)) continue;
    const colour = 3 * tableIndex(value, range);
    rgba[4 * p] = table[colour]!;
    rgba[4 * p + 1] = table[colour + 1]!;
    rgba[4 * p + 2] = table[colour + 2]!;
    rgba[4 * p + 3] = 255;
  }
}

/** @param rgb float32 [n, 3] in 0..1; NaN becomes 0: what was left out is black */
export function rgbCells(rgb: Float32Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let p = 0; p < rgb.length / 3; p++) {
    for (let c = 0; c < 3; c++) rgba[4 * p + c] = Math.round(255 * (rgb[3 * p + c] ?? 0));
    rgba[4 * p + 3] = 255;
  }
  return rgba;
}

export function labelCells(labels: Int32Array): Uint8Array {
  const rgba = new Uint8Array(labels.length * 4);
  labels.forEach((label, p) => rgba.set([...labelColour(label), 255], 4 * p));
  return rgba;
}

/** What is in the mask shows the photograph, the rest is darkened. */
export function maskCells(mask: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(mask.length * 4);
  mask.forEach((inside, p) => {
    rgba[4 * p + 3] = inside ? 0 : 255;
  });
  return rgba;
}
