/** A chart as it is drawn in a figure: the span in sight, the axis of values, all curves, smoothed or not. */
import type { CurvesPlotInput } from "./figure-plot.ts";
import { toWireTensor } from "./tensor.ts";

type Span = readonly [low: number, high: number];
type Column = ArrayLike<number>;

export interface ChartPicture {
  readonly title: string;
  readonly plot: CurvesPlotInput;
  /** Width over height of the chart on the screen. */
  readonly aspect: number;
  /** How the curves were smoothed; 0 where they were not. */
  readonly smoothing: number;
}

export interface DrawnCurve {
  /** Ascending, and one value for each. */
  readonly steps: Column;
  readonly values: Column;
  readonly label: string;
  readonly colourIndex: number;
  readonly faint?: boolean;
  readonly hasPoints?: boolean;
  readonly band?: { readonly low: Column; readonly high: Column } | undefined;
}

export interface DrawnChart {
  readonly unit: string;
  /** As they are drawn, smoothed or not. */
  readonly curves: readonly DrawnCurve[];
  /** Those that lie faintly behind. */
  readonly raw: readonly DrawnCurve[];
  readonly span: Span;
  readonly values: Span | undefined;
  readonly isLog: boolean;
  readonly reference?: { readonly value: number; readonly label: string } | undefined;
  readonly marks: readonly NonNullable<CurvesPlotInput["marks"]>[number][];
  readonly shade?: CurvesPlotInput["shade"];
  /** Where the axis counts something else than steps. */
  readonly nameOfStep?: ((step: number) => string) | undefined;
}

export function plotOf(drawn: DrawnChart): CurvesPlotInput {
  const { unit, curves, raw, span, values, isLog, reference, marks, shade, nameOfStep } = drawn;
  const [low, high] = span;
  const named = (step: number) => ({ at: step, text: nameOfStep?.(step) ?? "" });
  const steps = nameOfStep && [...new Set(curves.flatMap((curve) => Array.from(curve.steps)))];
  return {
    kind: "curves",
    x: {
      title: nameOfStep ? "" : "step",
      range: low < high ? [low, high] : [low - 1, high + 1],
      ...(steps && { names: steps.map(named) }),
    },
    y: { title: unit, isLog, ...(values && { range: [...values] }) },
    curves: [
      ...raw.map((curve) => ({ ...curveOf(curve, span), label: "", opacity: 0.28 })),
      ...curves.map((curve) => ({ ...curveOf(curve, span), opacity: curve.faint ? 0.45 : 1 })),
    ],
    ...(reference && { reference }),
    marks: marks.map((mark) => ({ ...mark })),
    ...(shade && { shade }),
  };
}

/** What is in sight, and a point on either side. */
function curveOf(curve: DrawnCurve, [low, high]: Span) {
  const { steps, values, label, colourIndex, band, hasPoints = false } = curve;
  let from = 0;
  let to = steps.length;
  while (from + 1 < to && steps[from + 1]! <= low) from++;
  while (to - 1 > from && steps[to - 2]! >= high) to--;
  const column = (list: Column) =>
    toWireTensor(
      Float32Array.from({ length: to - from }, (_, i) => list[from + i] ?? NaN),
      [to - from],
    );
  return {
    label,
    colourIndex,
    hasPoints,
    steps: column(steps),
    values: column(values),
    ...(band && { band: { low: column(band.low), high: column(band.high) } }),
  };
}
