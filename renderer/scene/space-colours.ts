/** The colours of points: by where the patch lies, its cluster, its components or its cosine. */
import { classColour } from "../../engine/protocol/class-colours.ts";
import { colormapTable, tableIndex, type ColormapName } from "../../engine/protocol/colormap.ts";
import { labelColour } from "../../engine/protocol/distinct-colours.ts";
import { applyPcaVariant, type PcaVariant } from "../../engine/protocol/pca-variant.ts";
import { float32Values, int32Values } from "../../engine/protocol/tensor.ts";
import { noClass } from "./patch-classes.ts";
import type { Answer } from "../store/probe-state.ts";
import type { Grid } from "../store/patch-set.ts";

export type Rgb = readonly [number, number, number];

/**
 * Of the corners of a photograph: upper left, upper right, lower left, lower right. Rightward adds
 * blue, downward adds orange, which colour-blind eyes tell apart; both read on light and on dark.
 */
export const cornerColours: readonly [Rgb, Rgb, Rgb, Rgb] = [
  [122, 132, 143],
  [32, 129, 240],
  [226, 138, 16],
  [176, 44, 98],
];

/** Writes the colours of one photograph's points. `out` is uint8 [patches, 4], sRGB. */
export type Colouring = (out: Uint8Array) => void;

export function colourByPosition({ rows, cols }: Grid): Colouring {
  return (out) => {
    for (let i = 0; i < rows * cols; i++) {
      const down = rows > 1 ? Math.floor(i / cols) / (rows - 1) : 0;
      const across = cols > 1 ? (i % cols) / (cols - 1) : 0;
      put(out, i, positionColour(across, down));
    }
  };
}

/** @param across 0..1 @param down 0..1 */
export function positionColour(across: number, down: number): Rgb {
  const mix = (c: 0 | 1 | 2) => {
    const [a, b, d, e] = cornerColours.map((corner) => corner[c]) as [
      number,
      number,
      number,
      number,
    ];
    const upper = a + (b - a) * across;
    const lower = d + (e - d) * across;
    return Math.round(upper + (lower - upper) * down);
  };
  return [mix(0), mix(1), mix(2)];
}

export function colourByCluster({ result }: Answer): Colouring {
  const labels = int32Values(result.maps[0]!.values);
  return (out) => labels.forEach((label, i) => put(out, i, labelColour(label)));
}

/** As on the pages and files of scenes. @param left of patches without a class */
export function colourByClass(classes: Int32Array, left: Rgb): Colouring {
  return (out) =>
    classes.forEach((label, i) => put(out, i, label === noClass ? left : classColour(label)));
}

/** As the picture of the PCA. @param left of patches that the picture leaves out */
export function colourByComponents({ result }: Answer, variant: PcaVariant, left: Rgb): Colouring {
  const rgb = applyPcaVariant(float32Values(result.maps[0]!.values), variant);
  return (out) => {
    for (let i = 0; 3 * i < rgb.length; i++) {
      const [r, g, b] = [rgb[3 * i]!, rgb[3 * i + 1]!, rgb[3 * i + 2]!];
      const isLeftOut = Number.isNaN(r);
      put(
        out,
        i,
        isLeftOut ? left : [Math.round(255 * r), Math.round(255 * g), Math.round(255 * b)],
      );
    }
  };
}

export function colourByValue(
  values: Float32Array,
  range: readonly [number, number],
  colormap: ColormapName,
): Colouring {
  const table = colormapTable(colormap);
  return (out) => {
    for (let i = 0; i < values.length; i++) {
      const entry = 3 * tableIndex(values[i]!, range);
      put(out, i, [table[entry]!, table[entry + 1]!, table[entry + 2]!]);
    }
  };
}

/** Of points that have no value yet, or none at all. */
export function colourPlain(count: number, colour: Rgb): Colouring {
  return (out) => {
    for (let i = 0; i < count; i++) put(out, i, colour);
  };
}

function put(out: Uint8Array, index: number, [r, g, b]: Rgb): void {
  out[4 * index] = r;
  out[4 * index + 1] = g;
  out[4 * index + 2] = b;
  out[4 * index + 3] = 255;
}
