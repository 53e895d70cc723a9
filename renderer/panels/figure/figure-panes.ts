/** What the panes show now, as panes of a figure: the same cells, marks, scale and recipe. */
import {
  colormapTable,
  signedColormap,
  type ColormapName,
} from "../../../engine/protocol/colormap.ts";
import type { FigureBox, FigureMark, FigurePaneInput } from "../../../engine/protocol/figure.ts";
import { barKey, formatEnd, keyOfMap } from "../../../engine/protocol/figure-keys.ts";
import { patchRectangle, type Geometry } from "../../../engine/protocol/geometry.ts";
import { cellColours, paintScalars } from "../../../engine/protocol/map-cells.ts";
import { int32Values, toWireTensor } from "../../../engine/protocol/tensor.ts";
import { GramOrder } from "../../scene/gram-order.ts";
import type { MapPicture } from "../../scene/map-picture.ts";
import { shownRange } from "../../store/colour-scale.ts";
import type { Look } from "../../store/look.ts";
import { boxesOf } from "../../store/patch-set.ts";
import { againstIn, panesInSight, seenIn } from "../../store/seen.ts";
import { probeLabels } from "../../store/probe-slice.ts";
import {
  answerOf,
  askedToken,
  geometryOf,
  isGramShown,
  isHovered,
  isNormed,
  isSpaceShown,
  photographOf,
  queryOn,
  shownMapOf,
} from "../../store/selectors.ts";
import { drawnModel, stepOfModel } from "../../store/timeline-view.ts";
import type { Pane, View } from "../../store/view-state.ts";
import { isFitted } from "../../store/zoom.ts";
import { cosineRecipe, type Line } from "../cosine-lines.ts";
import { formatCount } from "../numbers.ts";
import { createPicture, pairUnit, variantIn } from "../pane-picture.ts";
import { paneTitle } from "../panes/pane-title.ts";

export type ShownPane = Pane | "gram" | "space";

/** In the order they lie on the stage; panes out of sight have nothing to show. */
export function shownPanes(state: Look): ShownPane[] {
  const panes: ShownPane[] = [
    ...panesInSight(state),
    ...(isGramShown(state) ? (["gram"] as const) : []),
    ...(isSpaceShown(state) ? (["space"] as const) : []),
  ];
  return state.layout.isSwapped ? panes.reverse() : panes;
}

/** @returns undefined while the pane has neither photograph nor matrix */
export function figurePaneOf(state: Look, pane: Pane | "gram"): FigurePaneInput | undefined {
  return pane === "gram" ? matrixPane(state) : photoPane(state, pane);
}

function photoPane(state: Look, pane: Pane): FigurePaneInput | undefined {
  const photograph = photographOf(state, pane);
  const size = photograph?.size;
  if (!photograph?.info || !size) return undefined;
  const { opacity, colormap } = coloursIn(state, pane);
  const picture = createPicture(pane)(state);
  const geometry = geometryOf(state, pane);
  const recipe = recipeOf(state, pane, photograph.name);
  const key = keyOf(state, pane);
  const title = titleOf(state, pane, photograph.name);
  const common = {
    title,
    photograph: photograph.info.id,
    view: seenPart(seenIn(state, pane), size),
  };
  if (!picture || !geometry) return { ...common, recipe: [] };
  const [x, y, width, height] = picture.region;
  return {
    ...common,
    note: noteOf(state, pane, geometry),
    map: {
      cells: toWireTensor(cellsOf(picture, colormap), [picture.rows, picture.cols, 4]),
      box: {
        x: x * size.width,
        y: y * size.height,
        width: width * size.width,
        height: height * size.height,
      },
      opacity,
    },
    marks: marksOf(state, pane, geometry),
    ...(key && { key }),
    scale: scaleOf(geometry),
    recipe: [...recipe, shownLine(state, pane, colormap, opacity)],
  };
}

/** With a difference its own scale. */
function coloursIn(state: Look, pane: Pane): Pick<View, "opacity" | "colormap"> {
  const { opacity, colormap } = seenIn(state, pane).view;
  const isSigned = (differenceIn(state, pane)?.range[0] ?? 0) < 0;
  return { opacity, colormap: isSigned ? signedColormap(colormap) : colormap };
}

function differenceIn(state: Look, pane: Pane) {
  const picture =
    againstIn(state, pane)?.how === "difference" ? createPicture(pane)(state) : undefined;
  return picture?.kind === "scalar" ? picture : undefined;
}

/** As the pane's head says it. */
function titleOf(state: Look, pane: Pane, photograph: string): string {
  if (pane !== "main") return paneTitle(state, pane);
  const step = stepOfModel(state.timeline, drawnModel(state, pane));
  return step === undefined ? photograph : `step ${formatCount(step)}, ${photograph}`;
}

function cellsOf(picture: MapPicture, colormap: ColormapName): Uint8Array {
  if (picture.kind === "colour") return picture.rgba;
  const rgba = new Uint8Array(picture.values.length * 4);
  paintScalars(rgba, picture.values, picture.range, colormapTable(colormap));
  return rgba;
}

/** All of the photograph; enlarged, the part in the middle of the pane, in the photograph's shape. */
function seenPart({ zoom }: Look, { width, height }: { width: number; height: number }): FigureBox {
  if (isFitted(zoom)) return { x: 0, y: 0, width, height };
  const part = 1 / zoom.scale;
  const from = (middle: number) => Math.min(1 - part, Math.max(0, middle - part / 2));
  return {
    x: from(zoom.x) * width,
    y: from(zoom.y) * height,
    width: part * width,
    height: part * height,
  };
}

/** As the line over the pane: what is drawn, not what was asked for. */
function noteOf(state: Look, pane: Pane, { input, grid }: Geometry): string {
  const answer = answerOf(state, pane);
  const seen = seenIn(state, pane);
  const held = state.features[pane];
  const depth = seen.model?.depth ?? 0;
  const hovered = isHovered(seen);
  const layer = answer?.ref.layer === "last" ? depth - 1 : answer?.ref.layer;
  const block = hovered ? held?.block : layer;
  const norm = hovered ? held?.norm : answer && isNormed(seen, answer.ref);
  // Attention is made inside the block, before any final norm.
  const isNormSaid = answer?.call.probe !== "attention";
  return [
    answer && !hovered ? probeLabels[answer.call.probe] : "cosine",
    block === undefined ? "" : `${seen.model?.stages ? "stage" : "block"} ${block + 1}`,
    isNormSaid ? (norm ? "after norm" : "before norm") : "",
    `${input.width}×${input.height} px`,
    `${grid.rows}×${grid.cols} patches`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function recipeOf(state: Look, pane: Pane, photograph: string): Line[] {
  const seen = seenIn(state, pane);
  if (!isHovered(seen)) return [...(answerOf(state, pane)?.result.recipe ?? [])];
  const { cosine } = state;
  const over = cosine?.over[pane];
  const held = state.features[pane];
  if (!over || !held) return [];
  // Over another photograph the query is the main one's.
  const query = over.query.length > 0 ? over.query : cosine.query;
  return cosineRecipe({ ...cosine, query }, held, seen.model, photograph);
}

function shownLine(state: Look, pane: Pane, colormap: string, opacity: number): Line {
  const range = differenceIn(state, pane)?.range ?? shownRange(state, pane);
  const colours = range
    ? `${colormap} from ${formatEnd(range[0])} to ${formatEnd(range[1])}, `
    : "";
  return { label: "Shown", text: `${colours}${Math.round(100 * opacity)} % over the photograph` };
}

function keyOf(state: Look, pane: Pane): FigurePaneInput["key"] {
  const { colormap } = coloursIn(state, pane);
  const difference = differenceIn(state, pane);
  if (difference) return barKey(colormap, difference.range, pairUnit(state, pane));
  const range = shownRange(state, pane);
  if (isHovered(seenIn(state, pane))) return range && barKey(colormap, range, "cosine");
  const map = shownMapOf(state, pane);
  return map && keyOfMap(map, { colormap, variant: variantIn(state, pane), range });
}

function scaleOf({ grid, region, patch }: Geometry): FigurePaneInput["scale"] {
  const patches = Math.max(1, Math.round(grid.cols / 8));
  return {
    length: (patches * region.width) / grid.cols,
    text: `${patches} patch${patches === 1 ? "" : "es"}, ${patches * patch} px`,
  };
}

function marksOf(state: Look, pane: Pane, geometry: Geometry): FigureMark[] {
  const found = (answerOf(state, pane)?.result.marks ?? []).map(({ patch, kind }): FigureMark => {
    const box = patchRectangle(geometry, patch);
    return kind === "outlier" ? { kind: "ring", box } : { kind: "box", box };
  });
  const seen = seenIn(state, pane);
  const over = isHovered(seen) ? state.cosine?.over[pane] : undefined;
  const matches = (over?.matches ?? [])
    .slice(0, seen.view.matches)
    .map(({ patch }, index): FigureMark => {
      const box = patchRectangle(over!.geometry, patch);
      return { kind: "box", box, text: String(index + 1) };
    });
  return [...found, ...matches, ...queryMarks(state, pane, geometry)];
}

/** A cross in one patch, or the outline of several. */
function queryMarks(state: Look, pane: Pane, geometry: Geometry): FigureMark[] {
  const { view } = seenIn(state, pane);
  const patches = queryOn(state, pane);
  const [first] = patches;
  if (!first) return [];
  if (patches.length > 1) {
    return boxesOf(patches).map(({ rows, cols }) => {
      const one = patchRectangle(geometry, { row: rows[0], col: cols[0] });
      const width = one.width * (cols[1] - cols[0] + 1);
      const height = one.height * (rows[1] - rows[0] + 1);
      return { kind: "box", box: { ...one, width, height } };
    });
  }
  const { x, y, width, height } = patchRectangle(geometry, first);
  const isHeld = view.patch.length > 0;
  return [{ kind: "cross", x: x + width / 2, y: y + height / 2, isHeld }];
}

/** A box has too many rows for a line each. */
const mostLines = 16;

function matrixPane(state: Look): FigurePaneInput | undefined {
  const answer = state.answers.gram;
  const map = answer?.result.maps[0];
  if (!answer || !map) return undefined;
  const { colormap, signs, order } = state.view;
  const [rows = 1, cols = 1] = map.values.shape;
  const { result, geometry } = answer;
  const places = new GramOrder(geometry.grid, result.order && int32Values(result.order));
  const isAsked = isHovered(state) && askedToken(state) === "patch";
  const query = isAsked && state.query.length <= mostLines ? state.query : [];
  const look = { colormap, variant: { signs, order } };
  const all = { x: 0, y: 0, width: cols, height: rows };
  return {
    title: "Gram matrix",
    note: `${formatCount(geometry.grid.rows * geometry.grid.cols)} patches, ${rows}×${cols}`,
    view: all,
    map: { cells: toWireTensor(cellColours(map, look), [rows, cols, 4]), box: all, opacity: 1 },
    marks: query.map((patch) => ({ kind: "row" as const, y: places.placeOf(patch) * rows })),
    key: keyOfMap(map, look),
    recipe: [...result.recipe],
  };
}
