/** A chart as part of a figure: curves over steps, or measured numbers as dots with their intervals. */
import { z } from "zod";
import { wireTensor } from "./tensor.ts";

const value = z.number();
const words = z.string().max(256);
const ends = z.tuple([value, value]).refine(([low, high]) => low < high, {
  message: "expected the lower end first",
});
/** Of a curve: its colour and dashes are those of curve-colours.ts. */
const colourIndex = z.int().nonnegative().max(10_000);
const named = z.object({ at: value, text: words });

/** float32 [n]; NaN where there is no value. */
const column = wireTensor.refine(({ dtype, shape }) => dtype === "float32" && shape.length === 1, {
  message: "expected float32 [n]",
});

const curve = z
  .object({
    /** Empty: not in the legend. */
    label: words,
    colourIndex,
    /** 0..1; what is smoothed lies over itself, faint. */
    opacity: z.number().min(0).max(1).default(1),
    /** Ascending steps, and a value for each. */
    steps: column,
    values: column,
    /** Ends of an interval around each value. */
    band: z.object({ low: column, high: column }).optional(),
    /** Every point is marked. */
    hasPoints: z.boolean().default(false),
  })
  .refine(
    ({ steps, values, band }) =>
      [values, band?.low, band?.high].every((one) => !one || one.shape[0] === steps.shape[0]),
    { message: "expected a value for each step" },
  );

const curvesPlot = z.object({
  kind: z.literal("curves"),
  /** What is in sight. `names` in place of numbers, where the axis counts something else than steps. */
  x: z.object({ title: words, range: ends, names: z.array(named).max(4096).optional() }),
  /** `range` as it is on the screen; fitted to what is in sight when left out. */
  y: z.object({ title: words, isLog: z.boolean().default(false), range: ends.optional() }),
  curves: z.array(curve).max(256),
  /** A line across, as ln K. */
  reference: z.object({ value, label: words }).optional(),
  /** Lines down; what is recommended stands out. */
  marks: z
    .array(z.object({ step: value, label: words, isGood: z.boolean().default(false) }))
    .max(4096)
    .default([]),
  /** A stretch that gets worse. */
  shade: z.object({ from: value, to: value, label: words }).optional(),
});
export type CurvesPlot = z.infer<typeof curvesPlot>;
export type CurvesPlotInput = z.input<typeof curvesPlot>;

const dotsPlot = z.object({
  kind: z.literal("dots"),
  x: z.object({ title: words, range: ends, ticks: z.array(named).max(64) }),
  rows: z
    .array(
      z.object({
        label: words,
        colourIndex,
        value,
        low: value.optional(),
        high: value.optional(),
        /** The number and its interval, in words. */
        text: words,
      }),
    )
    .min(1)
    .max(256),
});
export type DotsPlot = z.infer<typeof dotsPlot>;

export const figurePlot = z.discriminatedUnion("kind", [curvesPlot, dotsPlot]);
export type FigurePlot = z.infer<typeof figurePlot>;
export type FigurePlotInput = z.input<typeof figurePlot>;
