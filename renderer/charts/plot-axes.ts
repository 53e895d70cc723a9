/** The axes of a plot: steps below, values on the left, with as much room as their labels need. */
import type uPlot from "uplot";
import type { ChartColours } from "./chart-colours.ts";
import { formatTick } from "../../engine/protocol/chart-numbers.ts";
import { decades, widthOfValues } from "./value-axis.ts";

/** A step in words: short on the axis, whole at the cursor. */
export interface StepNames {
  /** Pixels, at text of 100 %, that the last label on the axis needs to the right of its point. */
  readonly room: number;
  /** The same for values on the left and steps below, where plots share one axis; 0 for no steps. */
  readonly axisRooms?: { readonly values: number; readonly steps: number };
  onAxis(step: number): string;
  atCursor(step: number): string;
}

/** @param colours of now; the size of text is that of when the axes are made */
export function axesOf(
  names: StepNames,
  isLog: boolean,
  colours: () => ChartColours,
): uPlot.Axis[] {
  const { axisRooms } = names;
  const { textScale, font } = colours();
  const axis = { stroke: () => colours().faintInk, font, ticks: { show: false } };
  return [
    {
      ...axis,
      size: (axisRooms?.steps ?? 22) * textScale,
      gap: 4,
      space: 70 * textScale,
      grid: { show: false },
      show: axisRooms?.steps !== 0,
      values: (_, steps) => steps.map((step) => (Number.isInteger(step) ? names.onAxis(step) : "")),
    },
    {
      ...axis,
      size: (_, values) =>
        axisRooms ? axisRooms.values * textScale : widthOfValues(values, textScale),
      gap: 6,
      // Less where the chart is low, or there would be one label.
      space: (_plot, _axis, _min, _max, pixels) => (pixels < 100 ? 18 : 28) * textScale,
      grid: { stroke: () => colours().line, width: 1, ...(isLog && { filter: decades }) },
      values: (_, values) =>
        values.map((value: number | null) => (value === null ? "" : formatTick(value))),
    },
  ];
}
