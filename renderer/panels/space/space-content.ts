/** From the state to what is drawn in space: points, their colours and marks, the surface and its lines. */
import { float32Values, int32Values } from "../../../engine/protocol/tensor.ts";
import { GramOrder } from "../../scene/gram-order.ts";
import type { HeightField } from "../../scene/height-field.ts";
import {
  colourByClass,
  colourByCluster,
  colourByComponents,
  colourByPosition,
  colourByValue,
  colourPlain,
  type Colouring,
  type Rgb,
} from "../../scene/space-colours.ts";
import { pointsOfComponents, pointsOfUmap, type SpacePoints } from "../../scene/space-points.ts";
import { chosenRange, cosineEnds, shownRange, type Ends } from "../../store/colour-scale.ts";
import type { Look } from "../../store/look.ts";
import type { Answer } from "../../store/probe-state.ts";
import { isHovered, photographOf, spacePartner } from "../../store/selectors.ts";
import type { Pane } from "../../store/view-state.ts";
import { classesOf } from "./space-classes.ts";

/** The last value again while what it is made of is the same. */
export function memory<T>() {
  let inputs: readonly unknown[] = [];
  let value: T | undefined;
  return (next: readonly unknown[], build: () => T | undefined): T | undefined => {
    const isSame = next.length === inputs.length && next.every((one, i) => one === inputs[i]);
    if (!isSame) {
      inputs = next;
      value = build();
    }
    return value;
  };
}

export function createPoints(): (state: Look) => SpacePoints | undefined {
  const remember = memory<SpacePoints>();
  return (state) => {
    const { view, umap, spaceAnswers } = state;
    const partner = spacePartner(state);
    const panes: Pane[] = partner ? ["main", partner] : ["main"];
    if (view.space === "umap") {
      return remember([umap, partner], () => umap && pointsOfUmap(umap, panes));
    }
    const main = view.space === "pca" ? spaceAnswers.pca : undefined;
    const second = partner ? spaceAnswers["pca second"] : undefined;
    return remember([main, second, partner, view.signs], () => {
      const answers = [main, second].filter((one) => one?.result.coordinates !== undefined);
      return main && answers.length > 0
        ? pointsOfComponents(answers as Answer[], view.signs, panes)
        : undefined;
    });
  };
}

/** The scale of similarities: the one of the cosine maps where they are shown. */
export function similarityRange(state: Look): Ends | undefined {
  if (isHovered(state)) return shownRange(state);
  const partner = spacePartner(state);
  const { main, ...others } = state.cosine?.over ?? {};
  const second = partner && partner !== "main" ? others[partner] : undefined;
  return main && chosenRange(state, cosineEnds(Math.min(main.low, second?.low ?? 1)));
}

/** What the colours are made of; other inputs ask for other colours. */
export function colourInputs(state: Look, points: SpacePoints): readonly unknown[] {
  const { view, spaceAnswers, cosine } = state;
  switch (view.spaceColour) {
    case "position":
      return [points, view.spaceColour];
    case "cluster":
      return [points, spaceAnswers.clusters];
    case "class":
      return [points, ...points.panes.map((pane) => photographOf(state, pane)?.labels)];
    case "pca":
      return [points, spaceAnswers.pca, spaceAnswers["pca second"], view.signs, view.order];
    case "similarity":
      return [
        points,
        ...points.panes.map((pane) => cosine?.over[pane]),
        view.colormap,
        ...(similarityRange(state) ?? []),
      ];
  }
}

/** @param plain of points that have no colour of their own */
export function colouringOf(state: Look, points: SpacePoints, plain: Rgb): Colouring {
  const split = 4 * points.mainCount;
  const parts = points.geometries.map(({ grid }, i) => {
    const count = grid.rows * grid.cols;
    const own = colouringOfPane(state, points, i, plain);
    return (
      own ??
      (state.view.spaceColour === "position" ? colourByPosition(grid) : colourPlain(count, plain))
    );
  });
  return (out) => {
    parts[0]?.(out.subarray(0, split));
    parts[1]?.(out.subarray(split));
  };
}

/** @returns undefined while it is not there, or is of another grid */
function colouringOfPane(
  state: Look,
  points: SpacePoints,
  index: number,
  plain: Rgb,
): Colouring | undefined {
  const { view, spaceAnswers, cosine } = state;
  const geometry = points.geometries[index]!;
  const pane = points.panes[index] ?? "main";
  const count = geometry.grid.rows * geometry.grid.cols;
  const fits = ({ geometry: { grid } }: Answer) => grid.rows * grid.cols === count;
  switch (view.spaceColour) {
    case "position":
      return undefined;
    case "cluster": {
      // Groups of another photograph would be other groups with the same colours.
      const answer = pane === "main" ? spaceAnswers.clusters : undefined;
      return answer && fits(answer) ? colourByCluster(answer) : undefined;
    }
    case "class": {
      const classes = classesOf(state, pane, geometry);
      return classes && colourByClass(classes, plain);
    }
    case "pca": {
      const answer = spaceAnswers[pane === "main" ? "pca" : "pca second"];
      const { signs, order } = view;
      return answer && fits(answer)
        ? colourByComponents(answer, { signs, order }, plain)
        : undefined;
    }
    case "similarity": {
      const values = cosine?.over[pane]?.values;
      const range = similarityRange(state);
      return values?.length === count && range
        ? colourByValue(values, range, view.colormap)
        : undefined;
    }
  }
}

export interface Surface {
  readonly field: HeightField;
  readonly order: GramOrder;
  readonly axes: readonly string[];
  /** Rows and columns before they were averaged. */
  readonly patches: number;
}

export function createSurface(): (state: Look) => Surface | undefined {
  const remember = memory<Surface>();
  return ({ view, spaceAnswers: { gram } }) =>
    remember([view.space === "surface" ? gram : undefined], () => {
      const map = view.space === "surface" ? gram?.result.maps[0] : undefined;
      if (!gram || !map) return undefined;
      const { result, geometry } = gram;
      const isGrouped = gram.call.probe === "gram" && gram.call.options.order === "cluster";
      const patches = isGrouped ? "patches by cluster" : "patches in raster order";
      return {
        field: {
          values: float32Values(map.values),
          side: map.values.shape[0] ?? 1,
          range: map.range,
        },
        order: new GramOrder(geometry.grid, result.order && int32Values(result.order)),
        axes: [patches, "cosine", patches],
        patches: geometry.grid.rows * geometry.grid.cols,
      };
    });
}
