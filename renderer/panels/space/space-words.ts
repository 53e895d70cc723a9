/** The sentences of the pane of points: what is shown, and what is under the pointer. */
import { int32Values } from "../../../engine/protocol/tensor.ts";
import type { PatchPosition } from "../../../engine/protocol/geometry.ts";
import type { Look } from "../../store/look.ts";
import { photographOf, spacePartner } from "../../store/selectors.ts";
import { classesOf, nameOfClass } from "./space-classes.ts";
import { surfaceSide } from "../../store/space-wishes.ts";
import { formatCosine, formatCount } from "../numbers.ts";

const place = ({ row, col }: PatchPosition) => `${row}, ${col}`;

/** The line at the top: how many, and what was left out or averaged. */
export function spaceSummary(state: Look): string {
  const { view, umap, spaceAnswers } = state;
  if (view.space === "surface") {
    const grid = spaceAnswers.gram?.geometry.grid;
    if (!grid) return "";
    const count = grid.rows * grid.cols;
    const isPooled = count > surfaceSide;
    return `${formatCount(count)} patches${isPooled ? `, averaged to ${surfaceSide}×${surfaceSide}` : ""}`;
  }
  if (view.space === "umap") {
    if (!umap) return "";
    const count = umap.coordinates.length / 3;
    if (umap.fitted === count) return `${formatCount(count)} patches, UMAP`;
    return `${formatCount(count)} patches, fitted on ${formatCount(umap.fitted)}, the rest between their nearest`;
  }
  const answers = [spaceAnswers.pca, spacePartner(state) ? spaceAnswers["pca second"] : undefined];
  const count = answers.reduce((sum, answer) => {
    const { rows = 0, cols = 0 } = answer?.geometry.grid ?? {};
    return sum + rows * cols;
  }, 0);
  return count > 0 ? `${formatCount(count)} patches, three components` : "";
}

/** Two lines: where the pointer is, and what is there. */
export function spaceReadout(state: Look): string {
  const { view, cursor, cosine, spaceAnswers } = state;
  if (view.space === "surface") {
    const row = state.query[0];
    const col = cursor?.pane === "main" ? cursor.patch : undefined;
    if (!row || !col) return "\n";
    const over = cosine?.query.length === 1 ? cosine.over.main : undefined;
    const value = over?.values[col.row * over.geometry.grid.cols + col.col];
    return `⟨${place(row)}⟩ · ⟨${place(col)}⟩\n${value === undefined ? "" : `= ${formatCosine(value)}`}`;
  }
  const held = view.patch.length;
  const heldText = held > 0 ? `${formatCount(held)} held` : "";
  if (!cursor) return `${heldText}\n`;
  const { pane, patch } = cursor;
  const whose = pane === spacePartner(state) ? "second photograph, " : "";
  const over = cosine?.over[pane];
  const value = over?.values[patch.row * over.geometry.grid.cols + patch.col];
  const clusters = pane === "main" && view.spaceColour === "cluster" && spaceAnswers.clusters;
  const labels = view.spaceColour === "class" ? photographOf(state, pane)?.labels : undefined;
  const geometry = state.features[pane]?.geometry;
  const classes = labels && geometry && classesOf(state, pane, geometry);
  const label =
    clusters &&
    int32Values(clusters.result.maps[0]!.values)[
      patch.row * clusters.geometry.grid.cols + patch.col
    ];
  const parts = [
    ...(typeof label === "number" ? [`cluster ${label}`] : []),
    ...(classes ? [nameOfClass(classes[patch.row * geometry.grid.cols + patch.col]!, labels)] : []),
    ...(value === undefined ? [] : [`cos ${formatCosine(value)}`]),
    ...(heldText === "" ? [] : [heldText]),
  ];
  return `${whose}patch ${place(patch)}\n${parts.join(" · ")}`;
}
