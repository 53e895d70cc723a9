/** Measured numbers as dots with their intervals: a row each, its name on the left, its number on the right. */
import { curveColourOn } from "../protocol/curve-colours.ts";
import type { DotsPlot } from "../protocol/figure-plot.ts";
import type { Box, Part } from "./drawing.ts";
import { textWidth } from "./fonts.ts";
import { partOf } from "./plot-axis.ts";
import { discAt, plotText, type PlotPage } from "./plot-look.ts";
import { fitted } from "./text-lines.ts";

/** Of the width, what names may take. */
const mostForNames = 0.34;

export function dotParts({ x, rows }: DotsPlot, box: Box, { ground, ink, line }: PlotPage): Part[] {
  const widest = (texts: readonly string[]) =>
    Math.max(...texts.map((text) => textWidth(text, plotText)));
  const left = Math.min(mostForNames * box.width, widest(rows.map(({ label }) => label))) + 8;
  const right = Math.min(mostForNames * box.width, widest(rows.map(({ text }) => text))) + 8;
  const below = x.title === "" ? 11 : 20;
  const inner: Box = {
    x: box.x + left,
    y: box.y,
    width: Math.max(1, box.width - left - right),
    height: Math.max(1, box.height - below),
  };
  const at = (value: number) =>
    inner.x + Math.max(0, Math.min(1, partOf(value, x.range))) * inner.width;
  const words = (text: string, place: number, y: number, anchor: "start" | "middle" | "end") =>
    ({ kind: "text", text, x: place, y, style: plotText, anchor, colour: ink }) as const;
  const bottom = inner.y + inner.height;
  const ticks = x.ticks.flatMap((tick): Part[] => [
    {
      kind: "line",
      from: [at(tick.at), inner.y],
      to: [at(tick.at), bottom],
      stroke: { colour: line, opacity: 1, width: 0.5 },
    },
    words(tick.text, at(tick.at), bottom + 8.5, "middle"),
  ]);
  const title = words(x.title, inner.x + inner.width / 2, box.y + box.height - 1.5, "middle");
  const high = inner.height / rows.length;
  const dots = rows.flatMap(({ label, colourIndex, value, low, high: most, text }, i): Part[] => {
    const y = inner.y + (i + 0.5) * high;
    const colour = curveColourOn(ground, colourIndex);
    const whisker: Part[] =
      low === undefined || most === undefined
        ? []
        : [
            {
              kind: "line",
              from: [at(low), y],
              to: [at(most), y],
              stroke: { colour, opacity: 1, width: 1.4 },
            },
          ];
    return [
      words(fitted(label, plotText, left - 8), box.x, y + 2.4, "start"),
      ...whisker,
      { kind: "path", points: discAt(at(value), y, 2.6), fill: { colour, opacity: 1 } },
      words(fitted(text, plotText, right - 8), box.x + box.width, y + 2.4, "end"),
    ];
  });
  return [...ticks, ...(x.title === "" ? [] : [title]), ...dots];
}
