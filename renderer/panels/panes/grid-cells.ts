/** A grid of panes from two axes: what each row and each column shows of its own. */
import type { OwnParts } from "../../store/panes-state.ts";

/** One row or column. */
export interface AxisValue {
  readonly label: string;
  readonly parts: OwnParts;
}

/** @returns row by row; a column's part stands where both say something */
export function cellsOf(rows: readonly AxisValue[], columns: readonly AxisValue[]): OwnParts[] {
  return rows.flatMap((row) =>
    columns.map((column) => ({
      ...row.parts,
      ...column.parts,
      view: { ...row.parts.view, ...column.parts.view },
    })),
  );
}

/** Some of many, evenly spread, with the first and the last. @param count from 1 */
export function spread<T>(all: readonly T[], count: number): T[] {
  if (count >= all.length) return [...all];
  if (count <= 1) return all.slice(-1);
  const step = (all.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => all[Math.round(index * step)]!);
}
