/** All that the pane of space shows of a state, at once: for a picture of it. */
import { colormapTable } from "../../../engine/protocol/colormap.ts";
import type { PatchPosition } from "../../../engine/protocol/geometry.ts";
import type { Rgb } from "../../scene/space-colours.ts";
import type { PointsContent, SurfaceContent } from "../../scene/space-picture.ts";
import { markPoints } from "../../scene/space-points.ts";
import type { Look } from "../../store/look.ts";
import { askedToken } from "../../store/selectors.ts";
import { colouringOf, createPoints, createSurface, type Surface } from "./space-content.ts";

/**
 * @param plain of points that have no colour of their own
 * @returns undefined while nothing is there
 */
export function shownInSpace(state: Look, plain: Rgb): PointsContent | SurfaceContent | undefined {
  const { view } = state;
  if (view.space === "surface") {
    const surface = createSurface()(state);
    if (!surface) return undefined;
    const { field, axes } = surface;
    const table = colormapTable(view.colormap);
    return { kind: "surface", field, axes, table, ...crossOf(state, surface) };
  }
  const points = view.space === "off" ? undefined : createPoints()(state);
  if (!points) return undefined;
  return {
    kind: "points",
    points,
    colouring: colouringOf(state, points, plain),
    marks: markPoints(points, view.patch, askedPatches(state), state.cursor),
  };
}

/** The patches whose points are ringed because they are asked about. */
export const askedPatches = (state: Look): Look["query"] =>
  askedToken(state) === "patch" ? state.query : none;

const none: Look["query"] = [];

/** The row of the surface that is asked about, and the column under the pointer. */
export function crossOf(
  { query, cursor }: Pick<Look, "query" | "cursor">,
  { order, field }: Surface,
): Pick<SurfaceContent, "row" | "col"> {
  const place = (patch: PatchPosition | undefined) =>
    patch && Math.floor(order.placeOf(patch) * field.side);
  return {
    row: place(query[0]),
    col: place(cursor?.pane === "main" ? cursor.patch : undefined),
  };
}
