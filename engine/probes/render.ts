/** A probe's map as pixels: one pixel a cell, or each cell enlarged, or over the photograph. */
import { colormapTable, tableIndex, type ColormapName } from "../protocol/colormap.ts";
import { labelColour } from "../protocol/distinct-colours.ts";
import { EngineError } from "../protocol/errors.ts";
import { patchAt, type Geometry } from "../protocol/geometry.ts";
import { applyPcaVariant, plainVariant, type PcaVariant } from "../protocol/pca-variant.ts";
import type { ProbeMap } from "../protocol/probes.ts";
import { float32Values, int32Values } from "../protocol/tensor.ts";

/** sRGB, row-major. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** uint8 [height, width, 3] */
  readonly pixels: Uint8Array;
}

export interface Look {
  /** For scalars and matrices. */
  readonly colormap?: ColormapName;
  /** For rgb maps of a PCA. */
  readonly variant?: PcaVariant;
}

/** "No value" of a scalar map: a grey that no map but `greys` and the middle of none but it holds. */
const noValue = [128, 128, 128] as const;

/** One pixel a cell. Left-out rgb is black, "none" is black, a scalar that is NaN is mid grey. */
export function renderMap(map: ProbeMap, look: Look = {}): Picture {
  const [height = 0, width = 0] = map.values.shape;
  const pixels = new Uint8Array(height * width * 3);
  const paint = painter(map, look);
  for (let cell = 0; cell < height * width; cell++) pixels.set(paint(cell), 3 * cell);
  return { width, height, pixels };
}

/** Every cell as a square of `side` pixels. */
export function enlarge({ width, height, pixels }: Picture, side: number): Picture {
  const wide = width * side;
  const out = new Uint8Array(wide * height * side * 3);
  for (let row = 0; row < height; row++) {
    const first = row * side * wide * 3;
    for (let x = 0; x < wide; x++) {
      const cell = 3 * (row * width + Math.floor(x / side));
      for (let c = 0; c < 3; c++) out[first + 3 * x + c] = pixels[cell + c]!;
    }
    for (let y = 1; y < side; y++) out.copyWithin(first + y * wide * 3, first, first + wide * 3);
  }
  return { width: wide, height: height * side, pixels: out };
}

/**
 * The map over the photograph, nearest cell at each pixel's centre. Outside the region that the grid
 * covers, the photograph stays as it is.
 *
 * @param opacity 0 shows the photograph alone, 1 the map alone
 * @throws EngineError "option.invalid" for a matrix, which has no place on a photograph
 */
export function overlay(
  map: ProbeMap,
  geometry: Geometry,
  photograph: Picture,
  opacity: number,
  look: Look = {},
): Picture {
  if (map.kind === "matrix") {
    throw new EngineError("option.invalid", "photograph: a matrix cannot be laid over it", {
      hint: "Save the matrix by itself.",
    });
  }
  const { width, height } = photograph;
  if (width !== geometry.image.width || height !== geometry.image.height) {
    const { image } = geometry;
    throw new Error(
      `internal: photograph ${width}x${height}, geometry ${image.width}x${image.height}`,
    );
  }
  const cells = renderMap(map, look);
  const pixels = photograph.pixels.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const patch = patchAt(geometry, { x: x + 0.5, y: y + 0.5 });
      if (!patch) continue;
      const cell = 3 * (patch.row * cells.width + patch.col);
      const place = 3 * (y * width + x);
      for (let c = 0; c < 3; c++) {
        const mixed = (1 - opacity) * pixels[place + c]! + opacity * cells.pixels[cell + c]!;
        pixels[place + c] = Math.round(mixed);
      }
    }
  }
  return { width, height, pixels };
}

function painter(map: ProbeMap, look: Look): (cell: number) => readonly number[] {
  switch (map.kind) {
    case "scalar":
    case "matrix": {
      const values = float32Values(map.values);
      const table = colormapTable(look.colormap ?? "viridis");
      return (cell) => {
        const value = values[cell]!;
        if (Number.isNaN(value)) return noValue;
        const entry = 3 * tableIndex(value, map.range);
        return [table[entry]!, table[entry + 1]!, table[entry + 2]!];
      };
    }
    case "rgb": {
      const rgb = applyPcaVariant(float32Values(map.values), look.variant ?? plainVariant);
      return (cell) => [
        toByte(rgb[3 * cell]!),
        toByte(rgb[3 * cell + 1]!),
        toByte(rgb[3 * cell + 2]!),
      ];
    }
    case "labels": {
      const labels = int32Values(map.values);
      return (cell) => labelColour(labels[cell]!);
    }
    case "mask":
      return (cell) => (map.values.data[cell] === 0 ? [0, 0, 0] : [255, 255, 255]);
    default:
      throw new Error(`internal: map kind ${String(map.kind satisfies never)}`);
  }
}

/** 0..1 to 0..255; NaN, which is left out, to 0. */
function toByte(value: number): number {
  return Number.isNaN(value) ? 0 : Math.round(255 * Math.min(1, Math.max(0, value)));
}
