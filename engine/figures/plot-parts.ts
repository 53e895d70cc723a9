/** A chart as parts of a drawing: axes, what helps to read it, and its curves, all of it as shapes and text. */
import { curveColourOn, curveDash } from "../protocol/curve-colours.ts";
import type { FigureKey, Ground } from "../protocol/figure.ts";
import type { CurvesPlot, FigurePlot } from "../protocol/figure-plot.ts";
import { float32Values } from "../protocol/tensor.ts";
import { dotParts } from "./plot-dots.ts";
import type { Box, Colour, Part } from "./drawing.ts";
import { textWidth } from "./fonts.ts";
import { discAt, plotText, type PlotPage } from "./plot-look.ts";
import { fittedEnds, partOf, stepTicks, valueTicks, type Ends, type Tick } from "./plot-axis.ts";
import { curveStretches, inSight, type Scales } from "./plot-curve.ts";
import { labelStarts } from "../protocol/mark-labels.ts";
import { fitted } from "./text-lines.ts";

/** Points. */
const widths = { curve: 1.1, raw: 0.7, line: 0.5 } as const;
const dash = [4, 2] as const;
/** A curve of the page is 2 pixels wide. */
const pointsOf = (pixels: number) => (pixels * widths.curve) / 2;
const good: Readonly<Record<Ground, Colour>> = { light: [26, 127, 55], dark: [87, 197, 118] };
const warn: Readonly<Record<Ground, Colour>> = { light: [181, 98, 0], dark: [240, 167, 66] };

export function plotParts(plot: FigurePlot, box: Box, page: PlotPage): Part[] {
  return plot.kind === "dots" ? dotParts(plot, box, page) : curveParts(plot, box, page);
}

/** The names of the curves; none where there is none. */
export function plotKey(plot: FigurePlot, ground: Ground): FigureKey | undefined {
  if (plot.kind === "dots") return undefined;
  const named = plot.curves.filter(({ label }) => label !== "");
  if (named.length === 0) return undefined;
  const entries = named.slice(0, 64).map(({ label, colourIndex }) => ({
    colour: [...curveColourOn(ground, colourIndex)] as [number, number, number],
    text: fitted(label, plotText, 160),
  }));
  const rest = named.length - entries.length;
  return { kind: "swatches", entries, ...(rest > 0 && { note: `and ${rest} more` }) };
}

function curveParts(plot: CurvesPlot, box: Box, page: PlotPage): Part[] {
  const { x, y, marks } = plot;
  const yEnds = y.range ?? endsInSight(plot);
  const rows = valueTicks(yEnds, y.isLog, Math.max(2, Math.floor(box.height / 26)));
  const side = Math.max(0, ...rows.map(({ text }) => textWidth(text, plotText))) + 4;
  const top = marks.some(({ label }) => label !== "") ? 10 : 4;
  const inner: Box = {
    x: box.x + side + (y.title === "" ? 0 : 9),
    y: box.y + top,
    width: Math.max(1, box.width - side - (y.title === "" ? 0 : 9) - 10),
    height: Math.max(1, box.height - top - 10 - (x.title === "" ? 0 : 9)),
  };
  const scales: Scales = {
    x: (step) => inner.x + partOf(step, x.range) * inner.width,
    y: (value) => inner.y + (1 - partOf(value, yEnds, y.isLog)) * inner.height,
  };
  const columns = x.names
    ? x.names.map(({ at, text }): Tick => ({ at, text }))
    : stepTicks(x.range, Math.max(2, Math.floor(inner.width / 38)));
  return [
    ...shadeParts(plot, inner, scales, page),
    ...rows.flatMap(({ at, text }) => gridLine(scales.y(at), text, inner, page)),
    ...stepLabels(columns, inner, scales, page),
    ...titles(plot, box, inner, page),
    ...referenceParts(plot, inner, scales, page),
    ...markLines(plot, inner, scales, page),
    ...plot.curves.flatMap((curve) => bandParts(curve, inner, scales, page)),
    ...plot.curves.flatMap((curve) => lineParts(curve, inner, scales, page)),
  ];
}

function endsInSight({ curves, x, y, reference }: CurvesPlot): Ends {
  const whole: Box = { x: x.range[0], y: 0, width: x.range[1] - x.range[0], height: 0 };
  const values = curves.flatMap(({ steps, values: own, band }) => {
    const [from, to] = inSight(float32Values(steps), (step) => step, whole);
    return [own, band?.low, band?.high].flatMap((one) =>
      one ? Array.from(float32Values(one).subarray(from, to)) : [],
    );
  });
  return fittedEnds(reference ? [...values, reference.value] : values, y.isLog);
}

const isWithin = (value: number, from: number, length: number) =>
  value >= from - 0.01 && value <= from + length + 0.01;

const label = (
  text: string,
  x: number,
  y: number,
  anchor: "start" | "middle" | "end",
  colour: Colour,
): Part => ({ kind: "text", text, x, y, style: plotText, anchor, colour });

function gridLine(y: number, text: string, inner: Box, { ink, line }: PlotPage): Part[] {
  if (!isWithin(y, inner.y, inner.height)) return [];
  const stroke = { colour: line, opacity: 1, width: widths.line };
  return [
    { kind: "line", from: [inner.x, y], to: [inner.x + inner.width, y], stroke },
    label(text, inner.x - 3, y + 2.4, "end", ink),
  ];
}

/** Those that have room beside each other. */
function stepLabels(ticks: readonly Tick[], inner: Box, { x }: Scales, { ink }: PlotPage): Part[] {
  let free = -Infinity;
  return ticks.flatMap(({ at, text }) => {
    const place = x(at);
    const half = textWidth(text, plotText) / 2;
    if (!isWithin(place, inner.x, inner.width) || place - half < free) return [];
    free = place + half + 6;
    return [label(text, place, inner.y + inner.height + 8.5, "middle", ink)];
  });
}

function titles({ x, y }: CurvesPlot, box: Box, inner: Box, { ink }: PlotPage): Part[] {
  const middle = inner.x + inner.width / 2;
  const upright = label(y.title, box.x + 6.5, inner.y + inner.height / 2, "middle", ink);
  return [
    ...(x.title === "" ? [] : [label(x.title, middle, box.y + box.height - 1.5, "middle", ink)]),
    ...(y.title === "" || upright.kind !== "text"
      ? []
      : [{ ...upright, text: fitted(y.title, plotText, inner.height), isUpright: true }]),
  ];
}

function shadeParts({ shade }: CurvesPlot, inner: Box, { x }: Scales, page: PlotPage): Part[] {
  if (!shade) return [];
  const from = Math.max(inner.x, x(shade.from));
  const to = Math.min(inner.x + inner.width, x(shade.to));
  if (!(to > from)) return [];
  const box = { ...inner, x: from, width: to - from };
  const colour = warn[page.ground];
  return [
    { kind: "rectangle", box, fill: { colour, opacity: 0.13 } },
    label(shade.label, to - 3, inner.y + inner.height - 3, "end", colour),
  ];
}

function referenceParts(
  { reference }: CurvesPlot,
  inner: Box,
  { y }: Scales,
  { ink }: PlotPage,
): Part[] {
  const at = reference && y(reference.value);
  if (at === undefined || !isWithin(at, inner.y, inner.height)) return [];
  const end = inner.x + inner.width;
  const stroke = { colour: ink, opacity: 1, width: widths.line, dash };
  const beside = at - inner.y < 9 ? 8 : -2;
  return [
    { kind: "path", points: [inner.x, at, end, at], stroke },
    label(reference!.label, end - 1, at + beside, "end", ink),
  ];
}

function markLines({ marks }: CurvesPlot, inner: Box, { x }: Scales, page: PlotPage): Part[] {
  const lines = marks
    .map(({ step, label: text, isGood }) => {
      return { at: x(step), text, width: textWidth(text, plotText), isGood };
    })
    .filter(({ at }) => isWithin(at, inner.x, inner.width));
  const starts = labelStarts(lines, { gap: 2, end: inner.x + inner.width + 8 });
  return lines.flatMap(({ at, text, isGood }, i): Part[] => {
    const colour = isGood ? good[page.ground] : page.ink;
    const stroke = {
      colour,
      opacity: 1,
      width: isGood ? 1.2 : widths.line,
      ...(isGood ? {} : { dash: [1, 2] }),
    };
    const line: Part = { kind: "path", points: [at, inner.y, at, inner.y + inner.height], stroke };
    const from = starts[i];
    return from === undefined ? [line] : [line, label(text, from, inner.y - 2.5, "start", colour)];
  });
}

type Curve = CurvesPlot["curves"][number];

function bandParts(
  { steps, band, colourIndex }: Curve,
  inner: Box,
  { x, y }: Scales,
  page: PlotPage,
): Part[] {
  if (!band) return [];
  const at = float32Values(steps);
  const [low, high] = [float32Values(band.low), float32Values(band.high)];
  const within = (value: number) =>
    Math.max(inner.y, Math.min(inner.y + inner.height, Number.isNaN(value) ? Infinity : value));
  const [from, to] = inSight(at, x, inner);
  const edge = (values: Float32Array) =>
    Array.from({ length: to - from }, (_, i): [number, number] => [
      Math.max(inner.x, Math.min(inner.x + inner.width, x(at[from + i]!))),
      within(y(values[from + i]!)),
    ]);
  if (to - from < 2) return [];
  const points = [...edge(high), ...edge(low).reverse()].flat();
  const colour = curveColourOn(page.ground, colourIndex);
  return [{ kind: "path", points, fill: { colour, opacity: 0.16 } }];
}

function lineParts(curve: Curve, inner: Box, scales: Scales, page: PlotPage): Part[] {
  const { steps, values, colourIndex, opacity, hasPoints } = curve;
  const colour = curveColourOn(page.ground, colourIndex);
  const stretches = curveStretches(
    float32Values(steps),
    float32Values(values),
    scales,
    inner,
    72 / page.dpi,
  );
  const dashes = curveDash(colourIndex);
  const stroke = {
    colour,
    opacity,
    width: opacity < 1 ? widths.raw : widths.curve,
    ...(dashes.length > 0 && { dash: dashes.map((length) => pointsOf(length)) }),
  };
  const point = (x: number, y: number): Part => ({
    kind: "path",
    points: discAt(x, y),
    fill: { colour, opacity },
  });
  return stretches.flatMap((points): Part[] => {
    // A single point makes no line.
    if (points.length === 2) return [point(points[0]!, points[1]!)];
    const line: Part = { kind: "path", points, stroke };
    if (!hasPoints) return [line];
    const dots = Array.from({ length: points.length / 2 }, (_, i) =>
      point(points[2 * i]!, points[2 * i + 1]!),
    );
    return [line, ...dots];
  });
}
