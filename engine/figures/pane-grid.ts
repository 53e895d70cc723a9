/** Where the panes of a figure lie: columns of one width, or in a single row pictures of one height. */
import type { FigureBox, FigureLook, FigurePane } from "../protocol/figure.ts";
import { pixelsOf } from "./drawing.ts";

/** Points. */
export const gap = 8;
export const margin = 4;
const rowTitleRoom = 12;

export interface PaneGrid {
  readonly columns: number;
  /** Left edge and width of each column. */
  readonly lefts: readonly number[];
  readonly widths: readonly number[];
  /** Of the picture of each pane. */
  readonly heights: readonly number[];
}

/** @returns the value as a whole number of pixels of the page, in points */
export const snapTo =
  (dpi: number) =>
  (value: number): number =>
    (Math.round((value * dpi) / 72) * 72) / dpi;

/** Of the page, points. */
export const pageWidth = ({ widthMm, dpi }: Pick<FigureLook, "widthMm" | "dpi">): number =>
  snapTo(dpi)((widthMm * 72) / 25.4);

/** Where the panes of a figure lie across its page, and how much room they have together. */
export function gridOf(
  panes: readonly Pick<FigurePane, "view">[],
  look: FigureLook,
): PaneGrid & { readonly left: number; readonly room: number } {
  const columns = Math.min(look.columns ?? usualColumns(panes.length), panes.length);
  const hasRowTitles = look.parts.includes("names") && look.rowTitles !== undefined;
  const left = margin + (hasRowTitles ? rowTitleRoom : 0);
  const room = pageWidth(look) - left - margin;
  return { left, room, ...paneGrid(panes, columns, left, room, snapTo(look.dpi)) };
}

/** Pixels of each picture at the figure's resolution. */
export function pictureSizes(
  views: readonly FigureBox[],
  look: FigureLook,
): { width: number; height: number }[] {
  const { columns, widths, heights } = gridOf(
    views.map((view) => ({ view })),
    look,
  );
  return heights.map((height, i) => ({
    width: pixelsOf(widths[i % columns]!, look.dpi),
    height: pixelsOf(height, look.dpi),
  }));
}

/** As a person would put them: one row of up to four, then as square as it gets. */
const usualColumns = (count: number): number => (count <= 4 ? count : Math.ceil(Math.sqrt(count)));

/**
 * @param left of the first column, points
 * @param room for all columns and the gaps between them
 * @param snap to whole pixels of the page
 */
export function paneGrid(
  panes: readonly Pick<FigurePane, "view">[],
  columns: number,
  left: number,
  room: number,
  snap: (value: number) => number,
): PaneGrid {
  const aspects = panes.map(({ view }) => view.width / view.height);
  const free = room - gap * (columns - 1);
  const isOneRow = panes.length <= columns;
  const total = aspects.reduce((sum, aspect) => sum + aspect, 0);
  // One strip beside wide pictures would be too thin to read anything at.
  const shares = Array.from({ length: columns }, (_, i) =>
    isOneRow && panes.length === columns ? aspects[i]! / total : 1 / columns,
  );
  const even = shares.some((share) => free * share < leastWidth);
  const widths = shares.map((share) => snap(free * (even ? 1 / columns : share)));
  const lefts: number[] = [];
  let x = left;
  for (const width of widths) {
    lefts.push(snap(x));
    x += width + gap;
  }
  const heights = aspects.map((aspect, i) => snap(widths[i % columns]! / aspect));
  return { columns, lefts, widths, heights };
}

const leastWidth = 36;
