/** Sets of patches as a query: boxes, single patches added and taken away, and their written form. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";

export type PatchSet = readonly PatchPosition[];

export interface Grid {
  readonly rows: number;
  readonly cols: number;
}

export const isSamePatch = (a: PatchPosition | undefined, b: PatchPosition | undefined): boolean =>
  a?.row === b?.row && a?.col === b?.col;

/** Every patch between two corners; the first corner comes first, the second last. */
export function boxOf(from: PatchPosition, to: PatchPosition): PatchPosition[] {
  const rows = between(from.row, to.row);
  const cols = between(from.col, to.col);
  return rows.flatMap((row) => cols.map((col) => ({ row, col })));
}

function between(from: number, to: number): number[] {
  const step = to < from ? -1 : 1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => from + i * step);
}

/** The set without the patch where it was in it, else with the patch at its end. */
export function toggled(set: PatchSet, patch: PatchPosition): PatchSet {
  const others = set.filter((one) => !isSamePatch(one, patch));
  return others.length < set.length ? others : [...set, patch];
}

/** Both sets, each patch once; those of the second that are new come last. */
export function united(held: PatchSet, more: PatchSet): PatchSet {
  const keyOf = ({ row, col }: PatchPosition) => `${row} ${col}`;
  return [...new Map([...held, ...more].map((patch) => [keyOf(patch), patch])).values()];
}

export const isInside = ({ row, col }: PatchPosition, { rows, cols }: Grid): boolean =>
  row < rows && col < cols;

/** The same part of the photograph on a grid of another size. */
export function rescaled(set: PatchSet, from: Grid, to: Grid): PatchSet {
  if (from.rows === to.rows && from.cols === to.cols) return set;
  const moved = set.map((patch) => placed(patch, from, to));
  if (set.length < 2) return moved;
  const wanted = new Set(set.map(({ row, col }) => row * from.cols + col));
  const covered: PatchPosition[] = [];
  for (let row = 0; row < to.rows; row++) {
    for (let col = 0; col < to.cols; col++) {
      const before = placed({ row, col }, to, from);
      if (wanted.has(before.row * from.cols + before.col)) covered.push({ row, col });
    }
  }
  // On a coarser grid no centre may fall into a small set; then its own centres say where it is.
  return covered.length > 0 ? covered : distinct(moved, to);
}

function placed({ row, col }: PatchPosition, from: Grid, to: Grid): PatchPosition {
  const scale = (at: number, before: number, after: number) =>
    Math.min(after - 1, Math.floor(((at + 0.5) / before) * after));
  return { row: scale(row, from.rows, to.rows), col: scale(col, from.cols, to.cols) };
}

function distinct(set: PatchSet, { cols }: Grid): PatchPosition[] {
  return [...new Map(set.map((patch) => [patch.row * cols + patch.col, patch])).values()];
}

/** First and last row and column, all of them inside. */
export interface PatchBox {
  readonly rows: readonly [number, number];
  readonly cols: readonly [number, number];
}

/** The set as few boxes, each as wide and then as high as it gets. */
export function boxesOf(set: PatchSet): PatchBox[] {
  const byRow = new Map<number, number[]>();
  for (const { row, col } of set) {
    const cols = byRow.get(row);
    if (cols) cols.push(col);
    else byRow.set(row, [col]);
  }
  const boxes: { rows: [number, number]; cols: [number, number] }[] = [];
  for (const [row, cols] of [...byRow].sort(([a], [b]) => a - b)) {
    for (const run of runsOf(cols)) {
      const above = boxes.find(
        (box) => box.cols[0] === run[0] && box.cols[1] === run[1] && box.rows[1] === row - 1,
      );
      if (above) above.rows[1] = row;
      else boxes.push({ rows: [row, row], cols: run });
    }
  }
  return boxes;
}

/** The line around the set as an SVG path, one unit a patch: every side that parts one of it from the rest. */
export function outlineOf(set: PatchSet): string {
  const inside = new Set(set.map(({ row, col }) => `${row} ${col}`));
  const isIn = (row: number, col: number) => inside.has(`${row} ${col}`);
  const sides = set.flatMap(({ row, col }) => [
    ...(isIn(row - 1, col) ? [] : [`M${col} ${row}h1`]),
    ...(isIn(row + 1, col) ? [] : [`M${col} ${row + 1}h1`]),
    ...(isIn(row, col - 1) ? [] : [`M${col} ${row}v1`]),
    ...(isIn(row, col + 1) ? [] : [`M${col + 1} ${row}v1`]),
  ]);
  return sides.join("");
}

/** `15,25` for one patch, `3-9,4-8` for a box, parts joined by `;`. */
export function formatPatches(set: PatchSet): string {
  return boxesOf(set)
    .map(({ rows, cols }) => `${span(...rows)},${span(...cols)}`)
    .join(";");
}

const span = (low: number, high: number) => (low === high ? String(low) : `${low}-${high}`);

function runsOf(cols: readonly number[]): [number, number][] {
  const ascending = [...new Set(cols)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const col of ascending) {
    const last = runs.at(-1);
    if (last?.[1] === col - 1) last[1] = col;
    else runs.push([col, col]);
  }
  return runs;
}

const mostPatches = 65_536;

/** The other direction of {@link formatPatches}; undefined for what it would not have written. */
export function parsePatches(text: string): PatchSet | undefined {
  if (text === "") return [];
  const set: PatchPosition[] = [];
  for (const part of text.split(";")) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?,(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    if (!match) return undefined;
    const [row = 0, rowEnd = row, col = 0, colEnd = col] = [1, 2, 3, 4].map((group) =>
      match[group] === undefined ? undefined : Number(match[group]),
    );
    if (rowEnd < row || colEnd < col) return undefined;
    if (set.length + (rowEnd - row + 1) * (colEnd - col + 1) > mostPatches) return undefined;
    set.push(...boxOf({ row, col }, { row: rowEnd, col: colEnd }));
  }
  return set;
}
