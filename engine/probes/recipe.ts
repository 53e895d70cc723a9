/** The lines that travel with every picture: enough to repeat it elsewhere. */
import type { ProbeResult } from "../protocol/probes.ts";
import { formatInputSize, type FeatureRef } from "../protocol/view.ts";
import type { FeatureMap } from "./probe.ts";

export type Recipe = ProbeResult["recipe"];
export type NumberLine = ProbeResult["numbers"][number];

/**
 * What every probe shares, then what is particular to one.
 *
 * @param settings label and text of each line of the probe's own
 */
export function recipeOf(
  features: FeatureMap,
  ref: FeatureRef,
  settings: readonly (readonly [label: string, text: string])[],
): Recipe {
  const { model, geometry } = features;
  const { input, image, region, grid, patch, resample } = geometry;
  const weights = model.trained ? "trained" : "random: a picture of noise";
  const resized =
    resample === "none" ? "none, the photograph's own pixels" : `${resample}, to ${side(input)} px`;
  const lines: (readonly [string, string])[] = [
    ["Model", `${model.name} (${model.variant})`],
    ["Weights", weights],
    ["Image", `${features.image}, ${side(image)} px`],
    [
      "Region",
      `${trim(region.width)}x${trim(region.height)} px at ${trim(region.x)},${trim(region.y)}`,
    ],
    ["Resize", `${resized} (size ${formatInputSize(ref.size)})`],
    ["Grid", `${grid.rows} rows x ${grid.cols} columns, patch ${patch} px`],
    ["Layer", layerText(features)],
    [
      "Norm",
      features.norm
        ? "after the final LayerNorm"
        : `none, as the ${layerWord(features)} leaves them`,
    ],
    ...settings,
  ];
  return lines.map(([label, text]) => ({ label, text }));
}

/** A feature map in a few words, for the recipes of others. */
export function describe(features: FeatureMap): string {
  const { grid } = features.geometry;
  const norm = features.norm ? "final norm" : "no norm";
  const at = `${features.model.name}, ${layerText(features)}, ${norm}`;
  return `${features.image} (${at}, ${grid.rows}x${grid.cols} patches)`;
}

/** A line of `numbers`. */
export function figure(label: string, value: number, unit = ""): NumberLine {
  return { label, value, unit };
}

function layerText({ block, model }: FeatureMap): string {
  return `${layerWord({ model })} ${block + 1} of ${model.depth} (--layer ${block})`;
}

function layerWord({ model }: Pick<FeatureMap, "model">): string {
  return model.stages ? "stage" : "block";
}

function side({ width, height }: { width: number; height: number }): string {
  return `${width}x${height}`;
}

function trim(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
