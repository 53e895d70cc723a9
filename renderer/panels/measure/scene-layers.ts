/** Layers of a scene as pixels over its picture, and what a pixel of them says. */
import { classColour, type Colour } from "../../../engine/protocol/class-colours.ts";
import { colormapTable, type ColormapName } from "../../../engine/protocol/colormap.ts";
import type { RenderedScene, ScenePart } from "../../../engine/protocol/scenes.ts";
import { float32Values } from "../../../engine/protocol/tensor.ts";
import { pixelsOf } from "../../scene/canvas2d-painter.ts";
import type { MapPicture } from "../../scene/map-picture.ts";

export const cssColour = ([red, green, blue]: Colour): string => `rgb(${red} ${green} ${blue})`;

/** The ground goes on to the horizon: this part of the pixels is nearer than the end of the scale. */
const nearPart = 0.95;

/**
 * Ends of a scale for depth, in metres: the nearest surface, and one that few lie behind. undefined
 * where there is only sky.
 */
export function depthRange(depth: Float32Array): readonly [number, number] | undefined {
  const known = depth.filter((value) => value > 0).sort();
  const [low, high] = [known[0], known[Math.floor(nearPart * (known.length - 1))]];
  return low === undefined || high === undefined ? undefined : [low, high];
}

/** What is true of every pixel of a scene: [side, side] each, where it was drawn. */
export interface SceneTruth {
  readonly side: number;
  readonly semantic: Uint8Array | undefined;
  readonly instances: Uint8Array | undefined;
  /** Metres; 0 for sky. */
  readonly depth: Float32Array | undefined;
}

export function truthOf({ semantic, instances, depth }: RenderedScene): SceneTruth {
  return {
    side: (semantic ?? instances ?? depth)?.shape[0] ?? 0,
    semantic: semantic?.data,
    instances: instances?.data,
    depth: depth && float32Values(depth),
  };
}

/** @returns undefined for the picture itself, and for what was not drawn */
export function layerPixels(
  { side, semantic, instances, depth }: SceneTruth,
  layer: ScenePart,
  colormap: ColormapName,
): ImageData | undefined {
  switch (layer) {
    case "picture":
      return undefined;
    case "semantic":
      return semantic && labelPixels(semantic, side, true);
    case "instances":
      return instances && labelPixels(instances, side, false);
    case "depth": {
      const range = depth && depthRange(depth);
      if (!range) return undefined;
      const [low, high] = range;
      const picture: MapPicture = {
        kind: "scalar",
        // The sky has no depth: it lets the picture through. As much colour for what is near.
        values: depth.map((value) => (value > 0 ? Math.log(value) : NaN)),
        range: [Math.log(low), Math.log(high)],
        rows: side,
        cols: side,
        region: [0, 0, 1, 1],
      };
      return pixelsOf(picture, colormapTable(colormap));
    }
  }
}

/** @param hasZero whether 0 is a class like others, or nothing */
export function labelPixels(labels: Uint8Array, side: number, hasZero: boolean): ImageData {
  const rgba = new Uint8ClampedArray(labels.length * 4);
  labels.forEach((label, i) => {
    if (label === 0 && !hasZero) return;
    rgba.set([...classColour(label), 255], 4 * i);
  });
  return new ImageData(rgba, side, Math.max(1, labels.length / side));
}

export interface PixelTruth {
  readonly className: string | undefined;
  /** Undefined where no object is. */
  readonly instance: number | undefined;
  /** Undefined in the sky. */
  readonly metres: number | undefined;
}

/** @param x, y of a pixel; undefined outside */
export function truthAt(
  { side, semantic, instances, depth }: SceneTruth,
  classes: readonly string[],
  x: number,
  y: number,
): PixelTruth | undefined {
  if (x < 0 || y < 0 || x >= side || y >= side) return undefined;
  const at = y * side + x;
  const [label, instance, metres] = [semantic?.[at], instances?.[at], depth?.[at]];
  return {
    className: label === undefined ? undefined : classes[label],
    instance: instance === 0 ? undefined : instance,
    metres: metres !== undefined && metres > 0 ? metres : undefined,
  };
}
