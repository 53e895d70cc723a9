/** Numbers and recipe of a cosine map, in the same shape as the engine's for its probes. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import type { ModelCard } from "../../engine/protocol/messages.ts";
import { formatInputSize } from "../../engine/protocol/view.ts";
import type { CosineMap, CosineOver, HeldFeatures } from "../store/feature-state.ts";
import type { PatchSet } from "../store/patch-set.ts";
import { formatCosine, formatCount, tokenLabel } from "./numbers.ts";

export interface Line {
  readonly label: string;
  readonly text: string;
}

const place = ({ row, col }: PatchPosition) => `${row}, ${col}`;

/** @param others titles of the panes whose maps are of the same query, with them */
export function cosineNumbers(
  { query, token, over: { main } }: CosineMap,
  exclude: number,
  others: readonly { readonly title: string; readonly over: CosineOver }[],
): Line[] {
  if (!main) return [];
  const best = (label: string, [match]: CosineOver["matches"]): Line[] =>
    match ? [{ label, text: `${formatCosine(match.value)} at ${place(match.patch)}` }] : [];
  const [first] = query;
  const asked = query.length === 1 && first ? place(first) : formatCount(query.length);
  return [
    token === "patch"
      ? { label: query.length === 1 ? "query patch" : "query patches", text: asked }
      : { label: "query token", text: tokenLabel(token) },
    { label: "lowest", text: formatCosine(main.low) },
    { label: "mean", text: formatCosine(main.mean) },
    ...best(token === "patch" ? `best, ${exclude}+ patches off` : "best", main.matches),
    ...others.flatMap(({ title, over }) => [
      { label: `${title}: mean`, text: formatCosine(over.mean) },
      ...best(`${title}: best`, over.matches),
    ]),
  ];
}

/** Line for line what the engine writes for the same features, so that the two can be compared. */
export function featureRecipe(
  { geometry, block, norm, ref }: HeldFeatures,
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
    Layer: `${model?.stages ? "stage" : "block"} ${block + 1} of ${depth} (--layer ${block})`,
    Norm: norm
      ? "after the final LayerNorm"
      : `none, as the ${model?.stages ? "stage" : "block"} leaves them`,
  };
  return linesOf(lines);
}

/** The same of a cosine map that the page computed. */
export function cosineRecipe(
  { query, token }: CosineMap,
  held: HeldFeatures,
  model: ModelCard | undefined,
  photograph: string,
): Line[] {
  const lines = {
    Probe:
      token === "patch"
        ? "cosine to the mean of the L2-normalised query patches"
        : `cosine to the L2-normalised ${tokenLabel(token)} token`,
    ...(token === "patch" ? { Query: describeQuery(query) } : {}),
    Numbers: `features from ${held.executor} as float16, cosine in this page as float32`,
  };
  return [...featureRecipe(held, model, photograph), ...linesOf(lines)];
}

const linesOf = (lines: Readonly<Record<string, string>>): Line[] =>
  Object.entries(lines).map(([label, text]) => ({ label, text }));

function describeQuery(query: PatchSet): string {
  const shown = query.slice(0, 8).map(({ row, col }) => `(${row}, ${col})`);
  const rest = query.length > shown.length ? ", ..." : "";
  const count = `${query.length} patch${query.length === 1 ? "" : "es"}`;
  return `${count} at (row, column) ${shown.join(", ")}${rest}`;
}

const side = ({ width, height }: { width: number; height: number }) => `${width}x${height}`;
const trim = (value: number) => String(Math.round(value * 1000) / 1000);
