/** Cases of segmentation, depth and few-shot foreground: photograph, truth and prediction side by side. */
import type { DepthDrawing } from "../evaluation/depth.ts";
import type { ForegroundMap } from "../evaluation/foreground-patches.ts";
import type { SegmentationDrawing } from "../evaluation/segmentation.ts";
import { ignored, type LabelledSet } from "../labels/labelled.ts";
import { classColour, type Colour } from "../protocol/class-colours.ts";
import { heatMap, photograph, sizeWithin, tinted } from "./panel.ts";
import { panelBox, type Shown } from "./shown-case.ts";

export async function segmentationCase(
  { classes, splits }: LabelledSet<"segmentation">,
  index: number,
  { prediction }: SegmentationDrawing,
): Promise<Shown> {
  const { picture, mask } = await splits.test.load(index);
  const { width: cols, height: rows } = picture;
  const panel = await photograph(picture, sizeWithin(picture, panelBox), "Photograph");
  const colourOf = (value: number) => (value === ignored ? undefined : classColour(value));
  const truth = tinted(panel, { values: mask, rows, cols }, colourOf, "Truth");
  const found = tinted(panel, { values: prediction, rows, cols }, colourOf, "Prediction");
  const present = byArea(mask, prediction);
  const names = (values: ArrayLike<number>) =>
    present.filter((c) => Array.prototype.includes.call(values, c)).map((c) => classes[c]!);
  return {
    rows: [[panel, truth, found]],
    legend: present.map((c) => ({ name: classes[c]!, colour: classColour(c) })),
    words: `Photograph, truth, prediction. Truth: ${listed(names(mask))}. Prediction: ${listed(names(prediction))}. Colours in the legend's order: ${listed(present.map((c) => classes[c]!))}.`,
  };
}

/** Classes of either mask, those of most pixels first. */
function byArea(mask: Uint8Array, prediction: Uint8Array): number[] {
  const area = new Map<number, number>();
  for (const values of [mask, prediction]) {
    for (const value of values) area.set(value, (area.get(value) ?? 0) + 1);
  }
  area.delete(ignored);
  return [...area].sort(([c, a], [d, b]) => b - a || c - d).map(([c]) => c);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}

/** Far is dark, as it is for eyes in a fog of dusk; one range for both, that of the truth. */
const depthColours = "magma";

export async function depthCase(
  { splits }: LabelledSet<"depth">,
  index: number,
  { prediction }: DepthDrawing,
): Promise<Shown> {
  const { picture, depth } = await splits.test.load(index);
  const { width: cols, height: rows } = picture;
  const size = sizeWithin(picture, panelBox);
  const panel = await photograph(picture, size, "Photograph");
  const [near, far] = rangeOf(depth);
  // Near is bright: the colour map runs from far to near.
  const nearness = (metres: number) => -metres;
  const truth = Float32Array.from(depth, (metres) => (metres === 0 ? NaN : nearness(metres)));
  const range = [nearness(far), nearness(near)] as const;
  const found = prediction.map(nearness);
  const map = (values: Float32Array, title: string) =>
    heatMap({ values, rows, cols }, range, depthColours, size, title);
  const metres = (value: number) => `${value.toFixed(1)} m`;
  return {
    rows: [[panel, map(truth, "Truth (grey: not known)"), map(found, "Prediction")]],
    bar: { colormap: depthColours, ends: [`far, ${metres(far)}`, `near, ${metres(near)}`] },
    words: `Photograph, truth, prediction: near is bright, far is dark, from ${metres(near)} to ${metres(far)}; depths that are not known are grey.`,
  };
}

/** All but the nearest and farthest hundredth of what is known. */
function rangeOf(depth: Float32Array): [near: number, far: number] {
  const known = depth.filter((metres) => metres > 0).sort();
  if (known.length === 0) return [0, 1];
  const at = (part: number) => known[Math.round(part * (known.length - 1))]!;
  const [near, far] = [at(0.01), at(0.99)];
  return far > near ? [near, far] : [near, near + 1];
}

const foreground: Colour = [242, 163, 27];

export async function fewShotCase(
  { splits }: LabelledSet<"segmentation">,
  index: number,
  { mask, truth, scores, rows: gridRows, cols: gridCols }: ForegroundMap,
): Promise<Shown> {
  const { picture } = await splits.test.load(index);
  const { width: cols, height: rows } = picture;
  const size = sizeWithin(picture, { ...panelBox, width: 320 });
  const panel = await photograph(picture, size, "Photograph");
  const colourOf = (value: number) => (value === 1 ? foreground : undefined);
  const over = (values: Uint8Array, title: string) =>
    tinted(panel, { values, rows, cols }, colourOf, title);
  const map = heatMap(
    { values: scores, rows: gridRows, cols: gridCols },
    [0, 1],
    "viridis",
    size,
    "Probability of foreground",
  );
  return {
    rows: [[panel, over(truth, "Truth"), over(mask, "Prediction"), map]],
    legend: [{ name: "foreground", colour: foreground }],
    words:
      "Photograph, true foreground, predicted foreground, and its probability by patch from dark (0) to bright (1).",
  };
}
