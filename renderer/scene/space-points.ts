/** The points of the pane: whose patches they are, where they lie and how that is made to fit. */
import type { Geometry, PatchPosition } from "../../engine/protocol/geometry.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import type { Answer } from "../store/probe-state.ts";
import type { UmapPoints } from "../store/space-state.ts";
import type { Cursor, Pane } from "../store/view-state.ts";

/** Patches of the first photograph in raster order, then those of the second. */
export interface SpacePoints {
  /** In which panes the photographs lie, the main one first. */
  readonly panes: readonly Pane[];
  readonly geometries: readonly Geometry[];
  /** How many are of the first photograph. */
  readonly mainCount: number;
  readonly count: number;
  /** float32 [count, 3], centred, the longest side from -1 to 1; one scale for all three. */
  readonly positions: Float32Array;
  /** Half the length of each side of the box around them. */
  readonly extent: readonly [number, number, number];
  /** What the three axes are; empty where they have no meaning of their own. */
  readonly axes: readonly string[];
}

const ordinals = ["1st", "2nd", "3rd"];

/**
 * @param signs bit i flips component i, as in the picture of the PCA
 * @param panes in which the photographs lie
 */
export function pointsOfComponents(
  answers: readonly Answer[],
  signs: number,
  panes: readonly Pane[],
): SpacePoints {
  const parts = answers.map(({ result }) => float32Values(result.coordinates!));
  const axes = ordinals.map((ordinal, k) => {
    const label = `component ${k + 1}`;
    const share = answers[0]?.result.numbers.find((line) => line.label === label)?.value;
    const percent = share === undefined ? "" : ` (${share.toFixed(1)} % of variance)`;
    return `${ordinal} component${percent}`;
  });
  const flips = [0, 1, 2].map((k) => ((signs >> k) & 1 ? -1 : 1));
  const coordinates = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) for (const value of part) coordinates[at] = value * flips[at++ % 3]!;
  return placed(
    answers.map(({ geometry }) => geometry),
    coordinates,
    axes,
    panes,
  );
}

export const pointsOfUmap = (
  { geometries, coordinates }: UmapPoints,
  panes: readonly Pane[],
): SpacePoints => placed(geometries, coordinates, [], panes);

function placed(
  geometries: readonly Geometry[],
  coordinates: Float32Array,
  axes: readonly string[],
  panes: readonly Pane[],
): SpacePoints {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  coordinates.forEach((value, i) => {
    low[i % 3] = Math.min(low[i % 3]!, value);
    high[i % 3] = Math.max(high[i % 3]!, value);
  });
  const halves = low.map((value, k) => (high[k]! - value) / 2);
  const scale = Math.max(...halves) || 1;
  const positions = coordinates.map((value, i) => (value - (low[i % 3]! + halves[i % 3]!)) / scale);
  const half = (k: number) => (halves[k]! || 0) / scale;
  const first = geometries[0]?.grid;
  return {
    panes,
    geometries,
    mainCount: first ? first.rows * first.cols : 0,
    count: coordinates.length / 3,
    positions,
    extent: [half(0), half(1), half(2)],
    axes,
  };
}

/** The patch behind a point. */
export function patchOfPoint({ panes, geometries, mainCount }: SpacePoints, index: number): Cursor {
  const pane = index < mainCount ? "main" : (panes[1] ?? "main");
  const cols = geometries[pane === "main" ? 0 : 1]?.grid.cols ?? 1;
  const place = pane === "main" ? index : index - mainCount;
  return { pane, patch: { row: Math.floor(place / cols), col: place % cols } };
}

/** @returns undefined for a patch that has no point */
export function pointOfPatch(
  { panes, geometries, mainCount }: SpacePoints,
  { pane, patch: { row, col } }: Cursor,
): number | undefined {
  const grid = geometries[panes.indexOf(pane)]?.grid;
  if (!grid || row >= grid.rows || col >= grid.cols) return undefined;
  return (pane === "main" ? 0 : mainCount) + row * grid.cols + col;
}

/** What a point looks like beside its colour. */
export const marks = { plain: 0, held: 1, asked: 2, pointed: 3 } as const;

/** @returns uint8 [count]; the patch under the pointer over the one that is asked about over held ones */
export function markPoints(
  points: SpacePoints,
  held: readonly PatchPosition[],
  query: readonly PatchPosition[],
  cursor: Cursor | undefined,
): Uint8Array {
  const out = new Uint8Array(points.count);
  const put = (one: Cursor, mark: number) => {
    const index = pointOfPatch(points, one);
    if (index !== undefined) out[index] = mark;
  };
  for (const patch of query) put({ pane: "main", patch }, marks.asked);
  for (const patch of held) put({ pane: "main", patch }, marks.held);
  if (cursor) put(cursor, marks.pointed);
  return out;
}
