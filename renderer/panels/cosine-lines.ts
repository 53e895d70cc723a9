/** Numbers and recipe of a cosine map, in the same shape as the engine's for its probes. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import type { ModelCard } from "../../engine/protocol/messages.ts";
import { formatInputSize } from "../../engine/protocol/view.ts";
import { matchRadius, type CosineMap, type HeldFeatures } from "../store/feature-slice.ts";
import { formatCosine } from "./numbers.ts";

export interface Line {
  readonly label: string;
  readonly text: string;
}

const place = ({ row, col }: PatchPosition) => `${row}, ${col}`;

export function cosineNumbers({ query, main, second }: CosineMap): Line[] {
  const best = (label: string, match: typeof main.best): Line[] =>
    match ? [{ label, text: `${formatCosine(match.value)} at ${place(match.patch)}` }] : [];
  return [
    { label: "query patch", text: place(query) },
    { label: "lowest", text: formatCosine(main.low) },
    { label: "mean", text: formatCosine(main.mean) },
    ...best(`best, ${matchRadius}+ patches off`, main.best),
    ...(second
      ? [
          { label: "second: mean", text: formatCosine(second.mean) },
          ...best("second: best", second.best),
        ]
      : []),
  ];
}

/** Line for line what the engine writes for the same map, so that the two can be compared. */
export function cosineRecipe(
  query: PatchPosition,
  { geometry, block, norm, executor, ref }: HeldFeatures,
  model: ModelCard | undefined,
  photograph: string,
): Line[] {
  const { grid, input, region, image, resample, patch } = geometry;
  const depth = model?.depth ?? block + 1;
  const resized =
    resample === "none" ? "none, the photograph's own pixels" : `${resample}, to ${side(input)} px`;
  const lines = {
    Model: model ? `${model.name} (${model.variant})` : "",
    Weights: model?.trained === false ? "random: a picture of noise" : "trained",
    Image: `${photograph}, ${side(image)} px`,
    Region: `${trim(region.width)}x${trim(region.height)} px at ${trim(region.x)},${trim(region.y)}`,
    Resize: `${resized} (size ${formatInputSize(ref.size)})`,
    Grid: `${grid.rows} rows x ${grid.cols} columns, patch ${patch} px`,
    Layer: `block ${block} of 0 to ${depth - 1}${block === depth - 1 ? ", the last" : ""}`,
    Norm: norm ? "after the final LayerNorm" : "none, as the block leaves them",
    Probe: "cosine to the L2-normalised query patch",
    Query: `row ${query.row}, column ${query.col}`,
    Numbers: `features from ${executor} as float16, cosine in this page as float32`,
  };
  return Object.entries(lines).map(([label, text]) => ({ label, text }));
}

const side = ({ width, height }: { width: number; height: number }) => `${width}x${height}`;
const trim = (value: number) => String(Math.round(value * 1000) / 1000);
